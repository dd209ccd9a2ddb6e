// What is claimed, when and by whom; who goes first is domain/plan.ts, whose tests say more of it.

import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async";
import { DomainError } from "../../../core/domain/error.ts";
import { retryDelayMs } from "../../../core/domain/retry.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";
import { buildStore } from "../../../core/kv/store.ts";
import { runEnd, why } from "../../domain/world.ts";
import { giveTo, place } from "../run_world.ts";
import { type SchedulerWorld, schedulerWorld } from "../scheduler_world.ts";

/** Runs the scheduler until the test ends. */
function running({ scheduler }: SchedulerWorld): AsyncDisposable {
  const stopped = new AbortController();
  const done = scheduler.run(stopped.signal);
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await deadline(done, 5_000);
    },
  };
}

Deno.test("tick() claims by priority, then age, as many as there are slots, and says why", async () => {
  await using world = await schedulerWorld({ maxConcurrent: 2 });
  for (const priority of [0, 5, 0, 5]) await world.create({ priority });
  await world.scheduler.tick();
  assertEquals(world.scheduler.view().free_slots, 0);
  for (let slot = 0; slot < 2; slot++) await world.nextRun();
  assertEquals(world.claims.map(({ task, worker }) => [task, worker]), [[2, "worker-1"], [4, "worker-1"]]);
  assertEquals(world.claims.map(({ why }) => why), [
    { free_slots: 2, rank: 1, candidates: [4, 1, 3], count: 4 },
    { free_slots: 1, rank: 2, candidates: [1, 3], count: 4 },
  ]);
  await world.scheduler.tick();
  assertEquals(world.claims.length, 2, "what is in hand keeps its slot");
});

Deno.test("run() gives a slot to the next task as soon as it is free", async () => {
  await using world = await schedulerWorld({ maxConcurrent: 1 });
  for (const prompt of ["First", "Second", "Third"]) await world.create({ prompt });
  await using _ = running(world);
  for (const prompt of ["First", "Second", "Third"]) {
    const run = await world.nextRun();
    assertEquals(run.prompt, prompt);
    run.finish();
  }
  await world.until(3, ({ status }) => status === "completed");
});

Deno.test("tick() starts nothing while paused, draining, short of disk or unsure of its lease, and wakes for no due time then", async () => {
  await using world = await schedulerWorld();
  const { scheduler, says } = world;
  await failOnce(world, await world.create({ max_attempts: 2 }));
  await using _ = running(world);
  // The first is cut short by what was committed before.
  for (let rest = 0; rest < 2; rest++) assertEquals(await world.nextRest(), retryDelayMs(1));
  says.pause = "The API refuses";
  await world.create();
  assertEquals(await world.nextRest(), 15_000, "not the due time that nobody may act on");
  assertEquals(scheduler.view().free_slots, 2);
  says.pause = null;
  says.shortage = "The disk is nearly full";
  await scheduler.tick();
  assertEquals([scheduler.view().free_slots, scheduler.obstacle()], [2, says.shortage]);
  says.shortage = null;
  says.draining = true;
  await scheduler.tick();
  assertEquals(scheduler.view().free_slots, 2);
  says.draining = false;
  says.isSure = false;
  await scheduler.tick();
  assertEquals(scheduler.view().free_slots, 2);
  says.isSure = true;
  await scheduler.tick();
  assertEquals(scheduler.view().free_slots, 1);
  await world.nextRun();
});

/** A run of the task fails elsewhere, so that it is to be tried again later. */
async function failOnce({ give, claimedElsewhere }: SchedulerWorld, id: number): Promise<void> {
  await claimedElsewhere(id);
  await give(id, { type: "finish_run", run: 1, end: runEnd("failed") });
  await give(id, { type: "settle" });
}

Deno.test("run() wakes at the moment at which the next task becomes due, and not before", async () => {
  await using world = await schedulerWorld();
  const id = await world.create({ max_attempts: 2 });
  await failOnce(world, id);
  await using _ = running(world);
  assertEquals(await world.nextRest(), retryDelayMs(1));
  world.pass(retryDelayMs(1) - 1);
  await world.scheduler.tick();
  assertEquals(world.scheduler.view().free_slots, 2);
  world.pass(1);
  await world.nextRun();
  assertEquals(world.claims.map(({ worker, attempt }) => [worker, attempt]), [["worker-2", 1], ["worker-1", 2]]);
});

const noAgent = () => Promise.reject(new DomainError("unavailable", "claude not found"));

Deno.test("run() looks again by itself: rarely when alone, soon when others write", async () => {
  for (const { shared, restMs } of [{ shared: false, restMs: 15_000 }, { shared: true, restMs: 500 }]) {
    await using world = await schedulerWorld({ shared });
    await using _ = running(world);
    assertEquals(await world.nextRest(), restMs);
    world.pass(restMs);
    assertEquals(await world.nextRest(), restMs, "it looked once more");
  }
});

Deno.test("run() looks for a missing agent every few seconds, and at once when told to retry", async () => {
  await using world = await schedulerWorld();
  world.says.agent = noAgent;
  await using _ = running(world);
  assertEquals(await world.nextRest(), 15_000);
  await world.create();
  assertEquals(await world.nextRest(), 2_500);
  world.says.agent = () => Promise.resolve(world.agent);
  world.scheduler.retry();
  await world.nextRun();
});

Deno.test("tick() learns from a claim that was refused, and leaves the task to who was first", async () => {
  await using world = await schedulerWorld({ shared: true });
  const taken = await world.create();
  const cancelled = await world.create();
  world.hears = false;
  await world.claimedElsewhere(taken);
  await world.give(cancelled, { type: "cancel" });
  assertEquals([...world.board.entries].map(({ status }) => status), ["pending", "pending"], "the board is behind");
  await world.scheduler.tick();
  assertEquals(world.scheduler.view().free_slots, 0);
  await world.scheduler.stop("shutdown");
  assertEquals(world.board.entry(taken)?.runner, "worker-2");
  assertEquals(world.board.entry(cancelled)?.status ?? "over", "over");
  assertEquals(world.claims.map(({ worker }) => worker), ["worker-2"]);
  assertEquals(world.warnings, []);
});

Deno.test("who lost a task to another worker has read what that one wrote before it plans again", async () => {
  await using world = await schedulerWorld({ shared: true });
  const { store } = world.context;
  const id = await world.create();
  await store.tail.look();
  world.hears = false;
  const other = await buildStore(store.kv, { clock: systemClock, random: systemRandom, shared: true });
  await giveTo(other)(id, { type: "claim", worker: "worker-2", mark: "mark", why });
  await world.scheduler.tick();
  await world.scheduler.stop("shutdown");
  assertEquals(world.board.entry(id)?.runner, "worker-2");
  assertEquals(store.tail.cursor, await store.all.last());
});

Deno.test("tick() looks once more for whoever comes while it looks, and makes him wait for that", async () => {
  await using world = await schedulerWorld({ maxConcurrent: 3 });
  const agents = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const asked = Promise.withResolvers<void>();
  let count = 0;
  world.says.agent = async () => {
    const gate = agents[count++]!;
    asked.resolve();
    await gate.promise;
    return world.agent;
  };
  await world.create({ prompt: "First" });
  const first = world.scheduler.tick();
  await deadline(asked.promise, 5_000);
  await world.create({ prompt: "Second" });
  let isOver = false;
  const second = world.scheduler.tick().then(() => isOver = true);
  await Promise.resolve();
  assertEquals(count, 1, "two do not look at once");
  agents[0]!.resolve();
  assertEquals((await world.nextRun()).prompt, "First");
  assertEquals([count, isOver], [2, false]);
  agents[1]!.resolve();
  await Promise.all([first, second]);
  assertEquals(world.scheduler.view().free_slots, 1);
  assertEquals((await world.nextRun()).prompt, "Second");
});

Deno.test("obstacle() says why the agent is missing until it is there, and retry() forgets it", async () => {
  await using world = await schedulerWorld();
  const { scheduler, says } = world;
  says.agent = noAgent;
  await scheduler.tick();
  assertEquals(scheduler.obstacle(), null, "nobody asks for an agent while nothing waits");
  const id = await world.create();
  await scheduler.tick();
  assertEquals([scheduler.obstacle(), scheduler.view().free_slots], ["claude not found", 2]);
  scheduler.retry();
  assertEquals(scheduler.obstacle(), null);
  await scheduler.tick();
  await world.give(id, { type: "cancel" });
  await world.until(id, ({ status }) => status === "cancelled");
  await scheduler.tick();
  assertEquals(scheduler.obstacle(), null, "nothing waits for it any more");
  await world.create();
  await scheduler.tick();
  assertEquals(scheduler.obstacle(), "claude not found");
  says.agent = () => Promise.resolve(world.agent);
  await scheduler.tick();
  assertEquals(scheduler.obstacle(), null, "it is there");
  await world.nextRun();
  says.agent = () => Promise.reject(new TypeError("A fault of ours"));
  await world.create();
  await assertRejects(() => scheduler.tick(), TypeError, "A fault of ours");
});

Deno.test("run() reports a look that failed, rests and looks again", async () => {
  await using world = await schedulerWorld();
  await world.create();
  const { agent } = world.says;
  const failed = Promise.withResolvers<void>();
  world.says.agent = () => {
    failed.resolve();
    return Promise.reject(new TypeError("A fault of ours"));
  };
  const slept = Promise.withResolvers<number>();
  const { clock } = world.context;
  const { sleep } = clock;
  clock.sleep = (ms, options) => {
    slept.resolve(ms);
    return sleep(ms, options);
  };
  await using _ = running(world);
  assertEquals(await deadline(slept.promise, 5_000), 1_000);
  assertEquals(world.warnings, ["The scheduler could not look at the queue: TypeError: A fault of ours"]);
  world.says.agent = agent;
  world.pass(1_000);
  await world.nextRest();
  world.pass(15_000);
  await world.nextRun();
});

Deno.test("tick() puts away what a run of its own or of a dead worker left, and leaves alone what another one holds", async () => {
  await using world = await schedulerWorld({ shared: true });
  const id = await world.create();
  await world.claimedElsewhere(id);
  const added = { type: "worktree.added" as const, data: { ...place, worker: "worker-2" } };
  await world.give(id, { type: "record", run: 1, events: [added] });
  await world.give(id, { type: "finish_run", run: 1, end: runEnd("failed") });
  await world.scheduler.tick();
  assertEquals([world.scheduler.view().free_slots, world.snapshots], [2, []]);
  world.says.dead = new Set(["worker-2"]);
  await world.scheduler.tick();
  await world.scheduler.tick();
  assertEquals(world.scheduler.view().free_slots, 1, "it takes a slot");
  await world.until(id, ({ status }) => status === "failed");
  assertEquals(world.snapshots, [`${id}/1`]);
});

Deno.test("tick() leaves a task alone whose worktree is being put away", async () => {
  await using w = await schedulerWorld();
  const [held, other] = [await w.create({ priority: 5 }), await w.create()];
  w.says.beingPutAway.add(held);
  await w.scheduler.tick();
  await w.nextRun();
  assertEquals(w.claims.map(({ task }) => task), [other]);
  w.says.beingPutAway.clear();
  await w.scheduler.tick();
  await w.nextRun();
  assertEquals(w.claims.map(({ task }) => task), [other, held]);
});

Deno.test("tick() begins no task twice whose claim is still on its way", async () => {
  await using world = await schedulerWorld();
  let asked = 0;
  world.says.agent = () => {
    asked++;
    return Promise.resolve(world.agent);
  };
  await world.create();
  await world.scheduler.tick();
  await world.scheduler.tick();
  assertEquals([world.claims.length, asked, world.scheduler.view().free_slots], [0, 1, 1]);
  await world.nextRun();
});

Deno.test("tick() asks the log about a dependency of which the board never heard", async () => {
  await using world = await schedulerWorld();
  world.hears = false;
  const dependency = await world.create();
  await world.claimedElsewhere(dependency);
  await world.give(dependency, { type: "finish_run", run: 1, end: runEnd("succeeded") });
  world.hears = true;
  await world.create({ depends_on: [dependency], prompt: "What comes then" });
  await world.scheduler.tick();
  assertEquals((await world.nextRun()).prompt, "What comes then");
});

Deno.test("stop() ends every agent, gives their tasks back, and claims nothing more", async () => {
  await using world = await schedulerWorld({ maxConcurrent: 1 });
  const id = await world.create();
  await world.create();
  await world.scheduler.tick();
  await world.nextRun();
  await deadline(world.scheduler.stop("shutdown"), 5_000);
  const head = await world.until(id, ({ run }) => run === null);
  assertEquals([head.status, head.outcome], ["pending", "shutdown"]);
  assertEquals(world.scheduler.view().free_slots, 0);
  await world.scheduler.tick();
  assertEquals(world.claims.length, 1);
});

Deno.test("stop() also ends a run whose claim is still on its way", async () => {
  await using world = await schedulerWorld();
  const id = await world.create();
  await world.scheduler.tick();
  assertEquals(world.claims, [], "nothing is committed yet");
  await deadline(world.scheduler.stop("shutdown"), 5_000);
  assertEquals(world.claims.length, 1);
  const head = await world.until(id, ({ run }) => run === null);
  assertEquals([head.status, head.outcome], ["pending", "shutdown"]);
});

Deno.test("stop() that comes while the agent is looked for leaves the task in the queue", async () => {
  await using world = await schedulerWorld();
  await world.create();
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  world.says.agent = async () => {
    asked.resolve();
    await gate.promise;
    return world.agent;
  };
  const ticked = world.scheduler.tick();
  await deadline(asked.promise, 5_000);
  await world.scheduler.stop("shutdown");
  gate.resolve();
  await ticked;
  await world.context.store.writer.idle();
  assertEquals(world.claims, []);
});

Deno.test("tick() leaves the slot of a run of its own that an earlier life left open until that is closed", async () => {
  await using world = await schedulerWorld({ shared: true });
  const { scheduler, give } = world;
  const left = await world.create();
  await give(left, { type: "claim", worker: world.context.worker.id, mark: "mark", why });
  await world.create();
  await world.create();
  await scheduler.tick();
  await world.nextRun();
  await scheduler.tick();
  assertEquals([world.claims.map(({ task }) => task), scheduler.view().free_slots], [[left, left + 1], 0]);
  await give(left, { type: "finish_run", run: 1, end: runEnd("lost") });
  await scheduler.tick();
  await world.nextRun();
  assertEquals(world.claims.length, 3);
});
