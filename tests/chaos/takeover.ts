// Two services on one database file. The first is stopped (SIGSTOP) in the middle of its work until its lease is over; the
// second takes its task over. Awake again, the first writes nothing for the run it lost, and goes on with new work.
//
// Where namespaces are allowed the second is on a machine of its own: it has its own clone and sees none of the first one's
// processes, so that nobody but the first one's watcher can end the agent of the lost run before the second begins.
//
// SQLite's own lock may be held by the one that is stopped: then nobody can write before it is woken, so all waits here are
// bounded by time, and a takeover that could not take place is an answer too.

import { deadline, delay } from "@std/async";
import { join } from "@std/path";
import { leaseTimes } from "../../core/engine/dispatch/worker_watch.ts";
import { seededRandom } from "../simulation/seeded_random.ts";
import type { TestService } from "../support/service.ts";
import { eventually, git } from "../support/temp.ts";
import { brokenInLog, brokenInRepository, readStore } from "./invariants.ts";
import { liveRuns, markedProcesses, signal } from "./processes.ts";
import { type ChaosWorld, chaosWorld } from "./world.ts";

export interface TakeoverReport {
  violations: string[];
  /** From the stop to the second worker's claim, in ms; null when the stopped one held SQLite's lock. */
  tookOverMs: number | null;
  /** Whether the second one was on a machine of its own. */
  apart: boolean;
  /** What both wrote to their terminals. */
  output: string;
}

const namespace = ["unshare", "--pid", "--fork", "--mount-proc"] as const;

async function canBeApart(): Promise<boolean> {
  try {
    const [program, ...args] = [...namespace, "true"] as const;
    return (await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

async function startSecond(world: ChaosWorld, { apart }: { apart: boolean }): Promise<TestService> {
  const data = join(world.folder, "second");
  const env = { CODER_WORKER: "second", CODER_KV: world.database };
  if (!apart) return await world.start({ data, env });
  const repo = join(data, "repo");
  await git(world.folder, "clone", "--quiet", world.repository.path, repo);
  return await world.start({ data, env, repo, under: [...namespace] });
}

/** `unshare` passes no signal on: the service in its namespace gets it, and its end is the end of both. */
async function stop(world: ChaosWorld, service: TestService): Promise<number> {
  const inner = markedProcesses(world).find(({ parent }) => parent === service.pid);
  if (inner) {
    signal(inner.pid, "SIGTERM");
    await eventually(() => !markedProcesses(world).some(({ pid }) => pid === inner.pid), { timeoutMs: 20_000 });
  }
  return await service.stop();
}

/** Stops a service; with `insist` not in the middle of a commit. */
async function freeze(world: ChaosWorld, { pid }: TestService, { insist }: { insist: boolean }): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  for (;;) {
    signal(pid, "SIGSTOP");
    const database = new DatabaseSync(world.database);
    try {
      database.exec("PRAGMA busy_timeout = 200; BEGIN IMMEDIATE; ROLLBACK");
      return;
    } catch (error) {
      if (!insist) return;
      if (!String(error).includes("locked")) throw error;
    } finally {
      database.close();
    }
    signal(pid, "SIGCONT");
    await delay(7);
  }
}

export interface TakeoverOptions {
  seed: number;
  /** Whether the second is on a machine of its own, where that can be. */
  apart?: boolean;
  /** Whether the first is stopped again until it does not hold SQLite's lock. */
  insist?: boolean;
}

export async function takeover({ seed, apart = true, insist = true }: TakeoverOptions): Promise<TakeoverReport> {
  const random = seededRandom(seed);
  const isApart = apart && await canBeApart();
  await using world = await chaosWorld({
    env: { CODER_MAX_CONCURRENT: "1", PERSONAL_CODER_TEST_SHARE: "1", CODER_STALL_SECONDS: "60" },
  });
  const violations: string[] = [];
  const say = (text: string) => void violations.push(text);
  const first = await world.start({ env: { CODER_WORKER: "first" } });
  // Long enough to be still at work when the first one wakes.
  const { id } = await first.createTask({ prompt: "[[fake:tree 900]]", model: "fake", title: "taken" });
  await first.waitFor(id, (_, __, events) => events.filter(({ type }) => type === "output.tool_use").length > 3);
  const second = await startSecond(world, { apart: isApart });
  const [lost] = liveRuns(world);
  await delay(random.between(0, 200));

  await freeze(world, first, { insist });
  const stoppedAt = performance.now();
  const claimed = deadline(
    second.waitFor(id, (_, { type, run }) => type === "run.claimed" && run === 2),
    leaseTimes.deadMs + 15_000,
  );
  const tookOverMs = await claimed.then(() => Math.round(performance.now() - stoppedAt), () => null);
  if (tookOverMs !== null) {
    if (tookOverMs < leaseTimes.deadMs - 1_000) say(`taken over after only ${tookOverMs} ms`);
    if (liveRuns(world).has(lost!)) say("the agent of the lost run lives on beside the new one");
  }
  signal(first.pid, "SIGCONT");
  await second.command(id, "cancel");
  await second.waitForStatus(id, "cancelled");
  // The first is at work again, and what it does is seen by both.
  const next = await first.createTask({ prompt: "[[fake:work 3]]", model: "fake", title: "next" });
  await second.waitForStatus(next.id, "completed");
  await eventually(() => liveRuns(world).size === 0, { timeoutMs: 20_000, what: "no agent is left" });

  const store = await readStore(world);
  violations.push(...brokenInLog(store, { acknowledged: new Map([["taken", id], ["next", next.id]]), cap: 1 }));
  if (!isApart) violations.push(...await brokenInRepository(world, store));
  const events = store.histories.get(id)!;
  if (tookOverMs !== null) {
    const closing = events.find(({ type, run }) => type === "run.finished" && run === 1);
    if (closing?.type !== "run.finished" || closing.data.outcome !== "lost") say("run 1 was not closed as lost");
    const late = events.filter(({ seq, run }) => run === 1 && seq > (closing?.seq ?? 0));
    if (late.length > 0) say(`${late.length} events of run 1 after its end`);
    // What the lost run did is on the first one's disk only, and it is not the first one's task any more.
    const branch = await world.repository.git("rev-parse", "--verify", "task-1-taken").catch(() => null);
    if (isApart && !branch) say("the branch of the lost run is gone");
  }
  if (await first.stop() !== 0 || await stop(world, second) !== 0) say("a stop did not end with 0");
  const left = markedProcesses(world);
  if (left.length > 0) say(`left running: ${left.map(({ pid }) => pid).join(", ")}`);
  return { violations, tookOverMs, apart: isApart, output: `${first.output}\n--- second\n${second.output}` };
}
