// Workers that are lost in every way there is, all at the same time: killed, stopped, and cut off from the server. What they
// ran is taken over once, when their own agents have ended; those that come back write nothing for it, and work on.

import { assert, assertEquals } from "@std/assert";
import { leaseTimes } from "../../core/engine/dispatch/worker_watch.ts";
import { signal } from "../chaos/processes.ts";
import { brokenInLog } from "../chaos/invariants.ts";
import { eventually } from "../support/temp.ts";
import type { TestService } from "../support/service.ts";
import { agentsOf, type Cluster, fake, ready, startCluster } from "./cluster.ts";
import { denokv, skipped } from "./denokv_program.ts";
import type { Passage, Relay } from "./relay.ts";

/** How a worker is lost, how it comes back, and by when its agents must have ended, in ms after it was lost. */
interface Loss {
  name: string;
  lose(worker: TestService, relay: Relay): Promise<void> | void;
  comeBack(worker: TestService, relay: Relay): void;
  isGone?: true;
}

const losses: Loss[] = [
  { name: "killed", lose: (worker) => worker.kill(), comeBack: () => {}, isGone: true },
  {
    name: "stopped",
    lose: ({ pid }) => void signal(pid, "SIGSTOP"),
    comeBack: ({ pid }) => void signal(pid, "SIGCONT"),
  },
  ...(["refused", "half-open", "black hole"] satisfies Passage[]).map((passage) => ({
    name: passage.replace(" ", "-"),
    lose: (_: TestService, relay: Relay) => relay.set(passage),
    comeBack: (_: TestService, relay: Relay) => relay.set("open"),
  })),
];

Deno.test({
  name: `what a lost worker ran is taken over once, when its agents have ended; one that comes back works on${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using cluster = await startCluster();
    const lost = await Promise.all(losses.map(async (loss) => {
      const relay = cluster.relay();
      // Only it has this repository, so it claims the task; the other one comes later.
      const worker = await cluster.start(loss.name, { repos: [loss.name], url: relay.url });
      const { id } = await worker.createTask({ ...fake("tree 2000"), title: loss.name, repo: loss.name });
      return { loss, relay, worker, id };
    }));
    const repos = losses.map(({ name }) => name);
    const other = await cluster.start("other", { repos, cap: losses.length });
    await Promise.all(lost.map(({ worker, id }) => worker.waitFor(id, (_, { type }) => type === "output.tool_use")));
    await Promise.all(lost.map((one) => takenOver(other, one)));
    for (const { loss, relay, worker } of lost) loss.comeBack(worker, relay);
    await Promise.all(lost.map((one) => goesOn(other, one)));
    await assertSound(cluster, lost.map(({ loss, id }) => [loss.name, id]));
  },
});

type Lost = { loss: Loss; relay: Relay; worker: TestService; id: number };

async function takenOver(other: TestService, { loss, relay, worker, id }: Lost): Promise<void> {
  const lostAt = performance.now();
  await loss.lose(worker, relay);
  const claimed = other.waitFor(id, (_, { type, run }) => type === "run.claimed" && run === 2);
  await eventually(async () => (await agentsOf(worker)).length === 0, {
    what: `the agents of the worker that was ${loss.name} end`,
    timeoutMs: leaseTimes.deadMs - leaseTimes.beatMs,
  });
  const endedMs = performance.now() - lostAt;
  await claimed;
  const tookOverMs = performance.now() - lostAt;
  assert(
    endedMs < tookOverMs,
    `${loss.name}: its agents ended after ${endedMs} ms, it was taken over at ${tookOverMs}`,
  );
  // Its last beat may have been some seconds before.
  assert(tookOverMs > leaseTimes.deadMs - leaseTimes.beatMs - 500, `${loss.name}: ${tookOverMs} ms`);
  assert(tookOverMs < leaseTimes.deadMs + 7_000, `${loss.name}: ${tookOverMs} ms`);
}

async function goesOn(other: TestService, { loss, worker, id }: Lost): Promise<void> {
  if (loss.isGone) return void await other.command(id, "cancel");
  await ready(worker);
  await worker.command(id, "cancel");
  await other.waitForStatus(id, "cancelled");
  // Either of the two may claim it; the one that came back sees it all.
  const next = await worker.createTask({ ...fake("work 2"), title: `after-${loss.name}`, repo: loss.name });
  await worker.waitForStatus(next.id, "completed");
}

async function assertSound(cluster: Cluster, acknowledged: [string, number][]): Promise<void> {
  const snapshot = await cluster.snapshot();
  assertEquals(brokenInLog(snapshot, { acknowledged: new Map(acknowledged), cap: losses.length }), []);
  for (const [name, id] of acknowledged) {
    const events = snapshot.histories.get(id)!;
    const ends = events.flatMap((event) => event.type === "run.finished" ? [event.data.outcome] : []);
    assertEquals(ends, ["lost", "cancelled"], name);
    const closedAt = events.find(({ type }) => type === "run.finished")!.seq;
    assertEquals(events.filter(({ seq, run }) => run === 1 && seq > closedAt).map(({ type }) => type), [], name);
  }
}
