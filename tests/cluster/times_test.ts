// Workers whose clocks are far apart, and a store that is away for longer than a worker may be silent.

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async";
import { leaseTimes } from "../../core/engine/dispatch/worker_watch.ts";
import { brokenInLog } from "../chaos/invariants.ts";
import { signal } from "../chaos/processes.ts";
import type { TestService } from "../support/service.ts";
import { agentsOf, allOver, fake, processesWith, ready, startCluster } from "./cluster.ts";
import { denokv, skipped } from "./denokv_program.ts";

const faketime = await hasFaketime();
const noFaketime = " (skipped: Debian's faketime is not there)";

Deno.test({
  name: `a store that is away for 20 s makes nobody take anything over${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using cluster = await startCluster();
    const workers = await Promise.all(["one", "two"].map((name) => cluster.start(name, { cap: 1 })));
    const titles = ["first", "second"];
    const tasks = await Promise.all(
      titles.map((title, at) => workers[at]!.createTask({ ...fake("work 300"), title })),
    );
    await Promise.all(tasks.map(({ id }) => workers[0]!.waitFor(id, (_, { type }) => type === "output.tool_use")));
    await cluster.server.kill();
    await delay(leaseTimes.deadMs + 5_000);
    for (const worker of workers) {
      assertEquals(await agentsOf(worker), [], "nobody knows whether it still holds its runs");
    }
    await cluster.server.restart();
    await Promise.all(workers.map(ready));
    await allOver(workers[0]!);
    const snapshot = await cluster.snapshot();
    const acknowledged = new Map(tasks.map(({ id }, at) => [titles[at]!, id]));
    assertEquals(brokenInLog(snapshot, { acknowledged, cap: 1 }), []);
    for (const { id } of tasks) {
      const events = snapshot.histories.get(id)!;
      const claims = events.flatMap((event) => event.type === "run.claimed" ? [event.data.worker] : []);
      assertEquals(new Set(claims).size, 1, "it stays with its worker");
      assertEquals(snapshot.tasks.find((task) => task.id === id)!.status, "completed");
    }
  },
});

Deno.test({
  name: `with clocks 20 minutes apart retries wait their time, and times do not fall${faketime ? skipped : noFaketime}`,
  ignore: denokv === null || !faketime,
  async fn() {
    await using cluster = await startCluster();
    const ahead = await cluster.start("ahead", { under: ["faketime", "-f", "+20m"], repos: ["one", "two"] });
    // What the first has begun goes on at the other one: by its clock, all of that comes later than now.
    const crashing = { ...fake("crash 4"), repo: "one", title: "crash", max_attempts: 3 };
    const { id } = await ahead.createTask(crashing);
    await ahead.waitFor(id, (_, { type }) => type === "task.retry_scheduled");
    const scheduledAt = performance.now();
    const { id: long } = await ahead.createTask({ ...fake("work 200"), repo: "two", title: "long" });
    await ahead.waitFor(long, (_, { type }) => type === "output.tool_use");
    const behind = await cluster.start("behind", { repos: ["one", "two"] });
    await killUnder(ahead);
    await behind.waitFor(id, (_, { type, run }) => type === "run.claimed" && run === 2);
    const waitedMs = performance.now() - scheduledAt;
    // A busy machine may take longer than that, and takes no 20 minutes.
    assert(waitedMs > 9_500 && waitedMs < 300_000, `${waitedMs} ms`);
    await behind.waitForStatus(long, "completed");
    await behind.waitForStatus(id, "failed");
    const { histories } = await cluster.snapshot();
    for (const task of [id, long]) {
      const times = histories.get(task)!.map(({ at }) => Date.parse(at));
      assertEquals(times, times.toSorted((a, b) => a - b));
    }
    const second = histories.get(long)!.filter(({ run }) => run === 2);
    assert(new Set(second.map(({ at }) => at)).size > second.length / 4, "the second run has times of its own");
    const events = histories.get(id)!;
    const scheduled = events.findLast(({ type }) => type === "task.retry_scheduled")!;
    const claimed = events.findLast(({ type }) => type === "run.claimed")!;
    const secondMs = Date.parse(claimed.at) - Date.parse(scheduled.at);
    assert(secondMs >= 19_500 && secondMs < 25_000, `${secondMs} ms`);
  },
});

async function hasFaketime(): Promise<boolean> {
  try {
    return (await new Deno.Command("faketime", { args: ["-f", "+1m", "true"], stdin: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** faketime stays beside the program that it starts. */
async function killUnder(service: TestService): Promise<void> {
  for (const pid of await processesWith(service, "main.ts")) signal(pid, "SIGKILL");
  await service.kill();
}
