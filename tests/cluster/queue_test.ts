// One queue and many doors: three workers on one KV Connect server.

import { assert, assertEquals } from "@std/assert";
import type { TaskEvent } from "../../core/domain/event.ts";
import { brokenInLog, type Snapshot } from "../chaos/invariants.ts";
import { eventually, sseReader } from "../support/temp.ts";
import type { TestService } from "../support/service.ts";
import { agentsOf, allOver, type Cluster, fake, startCluster } from "./cluster.ts";
import { denokv, skipped } from "./denokv_program.ts";

const cap = 2;
const count = 60;
const names = ["worker-1", "worker-2", "worker-3"];

Deno.test({
  name: `three workers on one store share a queue, and each door serves every task${skipped}`,
  ignore: denokv === null,
  async fn(t) {
    await using cluster = await startCluster();
    const workers = await Promise.all(names.map((name) => cluster.start(name, { cap })));
    await t.step("each of 60 tasks is claimed once, the urgent first", () => queue(cluster, workers));
    await t.step("a task made at one door is followed, written to and cancelled at others", () => doors(workers));
    await t.step("a worker that is stopped gives its task back", () => softStop(cluster, workers));
    await t.step("a server that is killed under load loses nothing", () => killServer(cluster, workers));
  },
});

async function queue(cluster: Cluster, workers: TestService[]): Promise<void> {
  // All wait for the first, so that all can be claimed in the same moment.
  const first = await workers[0]!.createTask({ ...fake("work 60"), title: "first" });
  const created = await Promise.all(Array.from({ length: count }, async (_, n) => {
    const title = `queue-${n}`;
    const spec = { ...fake("work 2"), title, priority: n % 5, depends_on: [first.id] };
    return [title, (await workers[n % workers.length]!.createTask(spec)).id] as const;
  }));
  await allOver(workers[0]!, { timeoutMs: 90_000 });
  const snapshot = await cluster.snapshot();
  assertEquals(brokenInLog(snapshot, { acknowledged: new Map([["first", first.id], ...created]), cap }), []);
  const claims = snapshot.stream.filter((event) => event.type === "run.claimed" && event.task !== first.id);
  assertEquals(claims.map(({ task }) => task).toSorted(byNumber), created.map(([, id]) => id).toSorted(byNumber));
  const claimers = claims.map((event) => event.type === "run.claimed" && event.data.worker);
  assertEquals(new Set(claimers).size, workers.length);
  assertRoughlyInOrder(claims, snapshot);
  assert(snapshot.tasks.every(({ status }) => status === "completed"));
}

/** Workers claim at the same time, each by what it has heard: one may be as many claims off as there are slots. */
function assertRoughlyInOrder(claims: TaskEvent[], { tasks }: Snapshot): void {
  const priorities = new Map(tasks.map(({ id, priority }) => [id, priority]));
  const order = claims.map(({ task }) => priorities.get(task)!);
  for (const [at, priority] of order.entries()) {
    const better = order.slice(at + 1).filter((later) => later > priority).length;
    assert(better <= cap * names.length, `${better} more urgent tasks were claimed after number ${at}: ${order}`);
  }
}

async function doors([one, two, three]: TestService[]): Promise<void> {
  const { id } = await one!.createTask({ ...fake("work 900"), title: "doors" });
  // As soon as it is acknowledged it is read everywhere.
  assertEquals((await two!.task(id)).title, "doors");
  const following = followed(three!, id);
  await two!.waitFor(id, (_, { type }) => type === "output.tool_use");
  await two!.command(id, "messages", { text: "Mind this" });
  await one!.waitFor(id, (_, { type }) => type === "message.added");
  await three!.command(id, "cancel");
  await one!.waitForStatus(id, "cancelled");
  const events = await one!.events(id);
  assertEquals((await following).map(({ seq }) => seq), events.map((_, at) => at + 1));
  assertEquals(await two!.events(id), events);
}

/** Every event of a stream until it ends. */
async function followed(service: TestService, id: number): Promise<TaskEvent[]> {
  const events: TaskEvent[] = [];
  await using stream = sseReader(await service.call(`/api/tasks/${id}/stream`));
  for await (const { event, data } of stream) {
    if (event === "end") break;
    events.push(JSON.parse(data));
  }
  return events;
}

async function softStop(cluster: Cluster, workers: TestService[]): Promise<void> {
  const { id } = await workers[0]!.createTask({ ...fake("work 150"), title: "soft" });
  await workers[0]!.waitFor(id, (_, { type }) => type === "output.tool_use");
  const at = await runnerOf(id, workers);
  const stopped = workers[at]!;
  assertEquals(await stopped.stop(), 0);
  assertEquals(await agentsOf(stopped), []);
  workers[at] = await cluster.start(names[at]!, { cap });
  await workers[at]!.waitForStatus(id, "completed");
  const ends = (await workers[at]!.events(id)).flatMap((event) =>
    event.type === "run.finished" ? [event.data.outcome] : []
  );
  assertEquals(ends, ["shutdown", "succeeded"]);
}

/** Which of the workers has claimed it last. */
async function runnerOf(id: number, workers: TestService[]): Promise<number> {
  const claim = (await workers[0]!.events(id)).findLast(({ type }) => type === "run.claimed");
  const ids = await Promise.all(workers.map(async (one) => (await one.health()).worker.id));
  return ids.indexOf(claim?.type === "run.claimed" ? claim.data.worker : "");
}

async function killServer(cluster: Cluster, workers: TestService[]): Promise<void> {
  const acknowledged = new Map<string, number>();
  const load = Array.from({ length: 40 }, async (_, n) => {
    const title = `load-${n}`;
    for (;;) {
      const door = workers[(n + acknowledged.size) % workers.length]!;
      const answer = await door.call("/api/tasks", {
        json: { ...fake("work 3"), title },
        headers: { "idempotency-key": title },
      });
      if (answer.ok) return void acknowledged.set(title, (await answer.json()).id);
      assertEquals(answer.status, 503, await answer.text());
    }
  });
  const loading = Promise.all(load);
  for (let kills = 0; kills < 4; kills++) {
    const before = acknowledged.size;
    await cluster.server.restart();
    // Under load: between two kills something was acknowledged.
    await Promise.race([loading, untilMore(acknowledged, before)]);
  }
  await loading;
  await allOver(workers[0]!, { timeoutMs: 90_000 });
  assertEquals(brokenInLog(await cluster.snapshot(), { acknowledged, cap }), []);
}

function untilMore(acknowledged: ReadonlyMap<string, number>, before: number): Promise<unknown> {
  return eventually(() => acknowledged.size > before, { what: "more is acknowledged", timeoutMs: 30_000 });
}

function byNumber(a: number, b: number): number {
  return a - b;
}
