// A run and those who may have taken it over.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { DomainError } from "../../../core/domain/error.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { diskWatch } from "../../../core/engine/dispatch/disk_watch.ts";
import { runTask } from "../../../core/engine/run/run_task.ts";
import { alwaysThere, openStore } from "../../../core/kv/store.ts";
import type { AgentStep } from "../../../core/process/agent.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";
import { runEnd, spec } from "../../domain/world.ts";
import { noProject } from "../../support/no_project.ts";
import { eventually } from "../../support/temp.ts";
import { giveTo, runWorld } from "../run_world.ts";

Deno.test("runTask() touches no worktree when its claim was answered after the run had been taken over", async () => {
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom, share: true });
  const give = giveTo(store);
  try {
    const { id } = await give("new", { type: "create", spec: spec() });
    const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
    const claimed = await give(id, { type: "claim", worker: "w", mark: "m", why });
    await give(id, { type: "finish_run", run: 1, end: runEnd("lost") });
    const touched: string[] = [];
    const touch = (what: string) => () => {
      touched.push(what);
      return Promise.reject(new Error(`${what} was not expected`));
    };
    const context = {
      store,
      clock: systemClock,
      random: systemRandom,
      worktrees: { add: touch("add"), isWhole: touch("isWhole"), changes: touch("changes") },
      worker: { id: "w", name: "worker" },
      sandboxes: noProject.sandboxes,
      warn() {},
    } as unknown as EngineContext;
    const run = runTask(context, claimed, { agent: touch("agent"), room: () => Promise.resolve(), isSure: () => true });
    assertEquals(await run.done, { end: null, isEarlyFailure: false, pausedUntil: null, brokenRepository: null });
    assertEquals(touched, []);
    assertEquals((await store.log.head(id))!.seq, 3);
  } finally {
    await store.writer.idle();
    store.close();
  }
});

Deno.test("runTask() begins its sandbox before there is a worktree, and ends one that it has no use for", async () => {
  const said: string[] = [];
  await using world = await runWorld({
    worktrees: {
      add() {
        said.push("worktree");
        return Promise.reject(new DomainError("invalid", "There is no such base"));
      },
    },
  });
  world.context.sandboxes = {
    ...{ ...noProject.sandboxes, level: "files" },
    begin() {
      said.push("begun");
      return {
        open: () => Promise.reject(new Error("There is no worktree to open it for")),
        [Symbol.asyncDispose]() {
          said.push("ended");
          return Promise.resolve();
        },
      };
    },
  };
  const task = await world.claimed();
  const { agent } = world;
  await runTask(world.context, task, { agent, room: () => Promise.resolve(), isSure: () => true }).done;
  assertEquals(said, ["begun", "worktree", "ended"]);
});

function line(text: string): AgentStep {
  return { type: "events", events: [{ type: "output.text", data: { text } }], bytes: text.length };
}

function good(costUsd: number): Extract<AgentStep, { type: "result" }> {
  const usage = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };
  return {
    type: "result",
    result: {
      ...{ ok: true, subtype: "success", text: "Done", plan: "Done", apiErrorStatus: null, limitResetsAt: null },
      ...{ usage, costUsd, sessionTotal: null },
    },
  };
}

Deno.test("runTask() takes the end of its agent for nothing while its lease is in doubt: a watcher may have ended it", async () => {
  await using world = await runWorld();
  let isSure = true;
  const options = { agent: world.agent, room: () => Promise.resolve(), isSure: () => isSure };
  const run = runTask(world.context, await world.claimed(), options);
  await eventually(() => world.start, { what: "the agent is started" });
  isSure = false;
  world.exit({ code: null, signal: "SIGKILL" });
  const { end, isEarlyFailure } = await run.done;
  assertEquals([end?.outcome, end?.signal, isEarlyFailure], ["lost", "SIGKILL", false]);
});

Deno.test("runTask() reads nothing more of its agent while there is no room", async () => {
  await using world = await runWorld();
  const room = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const task = await world.claimed();
  const run = runTask(world.context, task, {
    agent: world.agent,
    isSure: () => true,
    room() {
      asked.resolve();
      return room.promise;
    },
  });
  await eventually(() => world.start, { what: "the agent is started" });
  for (const text of ["one", "two", "three"]) world.say(line(text));
  await deadline(asked.promise, 5_000);
  await world.context.store.writer.idle();
  assertEquals(world.pulled, 1);
  room.resolve();
  world.say(good(0));
  await eventually(() => world.pulled === 4, { what: "it goes on" });
  world.exit({ code: 0, signal: null });
  assertEquals((await run.done).end?.outcome, "succeeded");
});

Deno.test("runTask() ends a run that is held for room when it is stopped; what was said is kept", async () => {
  for (const reason of ["cancelled", "shutdown"] as const) {
    await using world = await runWorld();
    const disk = diskWatch({
      clock: systemClock,
      presence: alwaysThere,
      freeBytes: () => Promise.resolve(1),
      onChange() {},
      onTense: () => Promise.resolve(),
    });
    const watched = new AbortController();
    const watch = disk.run(watched.signal);
    const task = await world.claimed();
    const run = runTask(world.context, task, { agent: world.agent, room: disk.room, isSure: () => true });
    await eventually(() => world.start, { what: "the agent is started" });
    for (const text of ["one", "two", "three"]) world.say(line(text));
    await eventually(() => world.pulled === 1, { what: "it is held back" });
    run.stop(reason);
    assertEquals((await deadline(run.done, 5_000)).end?.outcome, reason);
    const texts = (await world.events(task.id)).flatMap(({ type, data }) => type === "output.text" ? [data] : []);
    assertEquals(texts, [{ text: "one" }, { text: "two" }, { text: "three" }]);
    watched.abort();
    await watch;
  }
});

Deno.test("runTask() gives each run of a task what the earlier ones left of its budget", async () => {
  await using world = await runWorld();
  const budgets: (number | null)[] = [];
  let task = await world.claimed({ max_budget_usd: 2 });
  for (const costUsd of [0.5, 0.25, 2]) {
    const run = runTask(world.context, task, {
      agent: world.agent,
      room: () => Promise.resolve(),
      isSure: () => true,
    });
    await eventually(() => world.start?.mark === task.run!.mark, { what: "the agent is started" });
    budgets.push(world.start!.maxBudgetUsd);
    world.say({ type: "result", result: { ...good(costUsd).result, ok: false } });
    world.exit({ code: 1, signal: null });
    assertEquals((await run.done).end?.outcome, "failed");
    // A session of its own each time, so that its cost is what this run cost.
    await world.give(task.id, { type: "settle" });
    // A budget that is used up is raised to retry at all, and lowered again while it waits.
    await world.give(task.id, { type: "retry", changes: { max_budget_usd: 5 } });
    await world.give(task.id, { type: "edit", changes: { max_budget_usd: 2 }, seq: null });
    task = await world.claim(task.id);
  }
  assertEquals(budgets, [2, 1.5, 1.25]);
  const last = runTask(world.context, task, { agent: world.agent, room: () => Promise.resolve(), isSure: () => true });
  const { end } = await last.done;
  assertEquals([end?.outcome, end?.error], ["over_budget", "The budget of $2 is used up"]);
  assertEquals(world.start!.mark === task.run!.mark, false, "no agent is started for nothing");
});
