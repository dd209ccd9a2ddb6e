// Two services on one database file. The first is stopped (SIGSTOP) in the middle of its work until its lease is over; the
// second takes its task over and completes it. Awake again, the first writes nothing for the run it lost, ends its agent, and
// goes on with new work.
//
// SQLite's own lock may be held by the one that is stopped: then nobody can write before it is woken, so all waits here are
// bounded by time, and a takeover that could not take place is an answer too.

import { deadline } from "@std/async";
import { join } from "@std/path";
import { leaseTimes } from "../../core/engine/leases.ts";
import { seededRandom } from "../simulation/seeded_random.ts";
import { eventually } from "../support/temp.ts";
import { brokenInLog, brokenInRepository, readStore } from "./invariants.ts";
import { liveRuns, markedProcesses, signal } from "./processes.ts";
import { chaosWorld } from "./world.ts";

export interface TakeoverReport {
  violations: string[];
  /** From the stop to the second worker's claim, in ms; null when the stopped one held SQLite's lock. */
  tookOverMs: number | null;
  /** Refused appends that the first one noticed, by its own words. */
  output: string;
}

export async function takeover({ seed }: { seed: number }): Promise<TakeoverReport> {
  const random = seededRandom(seed);
  await using world = await chaosWorld({
    env: { CODER_MAX_CONCURRENT: "1", PERSONAL_CODER_TEST_SHARE: "1", CODER_STALL_SECONDS: "60" },
  });
  const violations: string[] = [];
  const say = (text: string) => void violations.push(text);
  const first = await world.start({ env: { CODER_WORKER: "first" } });
  // Long enough to be still at work when the first one wakes.
  const { id } = await first.createTask({ prompt: "[[fake:tree 900]]", model: "fake", title: "taken" });
  await first.waitFor(id, (_, __, events) => events.filter(({ type }) => type === "output.tool_use").length > 3);
  const second = await world.start({
    data: join(world.folder, "second"),
    env: { CODER_WORKER: "second", CODER_KV: world.database },
  });
  const [lost] = liveRuns(world);
  await new Promise((resolve) => setTimeout(resolve, random.between(0, 200)));

  signal(first.pid, "SIGSTOP");
  const stoppedAt = performance.now();
  const claimed = deadline(
    second.waitFor(id, (_, { type, run }) => type === "run.claimed" && run === 2),
    leaseTimes.deadMs + 15_000,
  );
  const tookOverMs = await claimed.then(() => Math.round(performance.now() - stoppedAt), () => null);
  if (tookOverMs !== null && tookOverMs < leaseTimes.deadMs - 1_000) say(`taken over after only ${tookOverMs} ms`);
  if (tookOverMs !== null && liveRuns(world).has(lost!)) say("the agent of the lost run lives on beside the new one");
  signal(first.pid, "SIGCONT");

  if (tookOverMs !== null) {
    await second.command(id, "cancel");
    await second.waitForStatus(id, "cancelled");
  }
  // The first is at work again, and what it does is seen by both.
  const next = await first.createTask({ prompt: "[[fake:work 3]]", model: "fake", title: "next" });
  await eventually(() => !liveRuns(world).has(lost!), { timeoutMs: 20_000, what: "the lost run's agent is gone" });
  if (tookOverMs === null) await first.command(id, "cancel");
  await second.waitForStatus(next.id, "completed");
  await second.waitForStatus(id, "cancelled");

  const store = await readStore(world);
  violations.push(
    ...brokenInLog(store, { acknowledged: new Map([["taken", id], ["next", next.id]]), cap: 1 }),
    ...await brokenInRepository(world, store),
  );
  const events = store.histories.get(id)!;
  if (tookOverMs !== null) {
    const closing = events.find(({ type, run }) => type === "run.finished" && run === 1);
    if (closing?.type !== "run.finished" || closing.data.outcome !== "lost") say("run 1 was not closed as lost");
    const late = events.filter(({ seq, run }) => run === 1 && seq > (closing?.seq ?? 0));
    if (late.length > 0) say(`${late.length} events of run 1 after its end`);
  }
  if (await first.stop() !== 0 || await second.stop() !== 0) say("a stop did not end with 0");
  const left = markedProcesses(world);
  if (left.length > 0) say(`left running: ${left.map(({ pid }) => pid).join(", ")}`);
  return { violations, tookOverMs, output: `${first.output}\n--- second\n${second.output}` };
}
