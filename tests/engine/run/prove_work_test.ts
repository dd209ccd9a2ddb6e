// What becomes of an agent's word that it is done: the reminder, the check and its rounds, a stop in the middle.

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { TaskSpec } from "../../../core/domain/task_spec.ts";
import { type LiveRun, runTask } from "../../../core/engine/run/run_task.ts";
import type { Worktrees } from "../../../core/process/git/worktrees.ts";
import { noSettings, type ProjectSettings } from "../../../core/process/project/project_settings.ts";
import type { StepStart } from "../../../core/process/project/step_process.ts";
import { eventually } from "../../support/temp.ts";
import { runWorld } from "../run_world.ts";

interface Command {
  start: StepStart;
  exit(code: number | null): void;
}

/** A run on a repository with these settings, whose agent and commands are played by the test. */
async function proveWorld(
  settings: Partial<ProjectSettings>,
  { worktrees, spec }: { worktrees?: Partial<Worktrees>; spec?: Partial<TaskSpec> } = {},
) {
  const world = await runWorld({ worktrees });
  const commands: Command[] = [];
  world.context.projects = {
    settings: () => Promise.resolve({ settings: { ...noSettings, ...settings }, sources: {} }),
  };
  world.context.steps = (start) => {
    const exited = Promise.withResolvers<{ code: number | null; signal: string | null }>();
    const exit = (code: number | null) => exited.resolve({ code, signal: code === null ? "SIGTERM" : null });
    commands.push({ start, exit });
    async function* output() {
      yield { text: `output ${commands.length}\n`, bytes: 9 };
      await exited.promise;
    }
    return Promise.resolve({
      ...{ pid: 1, output: output(), exited: exited.promise },
      living: () => Promise.resolve(0),
      end: () => Promise.resolve(exit(null)),
    });
  };
  const task = await world.claimed(spec);
  const run = runTask(world.context, task, {
    agent: world.agent,
    room: () => Promise.resolve(),
    isSure: () => true,
  });
  let sessions = 0;
  return {
    world,
    run,
    commands,
    /** The next session of the agent: what it was told, and its end. */
    async session(ok = true, { code = ok ? 0 : 1 } = {}) {
      sessions++;
      await eventually(() => started(world, sessions), { what: `session ${sessions}` });
      world.say({ type: "events", events: [{ type: "output.text", data: { text: `Words ${sessions}` } }], bytes: 9 });
      world.say({ type: "result", result: { ...result, ok, text: ok ? `Done ${sessions}` : "Broken" } });
      world.exit({ code, signal: null });
      return world.start!;
    },
    async command(n: number) {
      await eventually(() => commands.length >= n, { what: `command ${n}` });
      return commands[n - 1]!;
    },
    types: async () => (await world.events(task.id)).map(({ type }) => type),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

async function started(world: Awaited<ReturnType<typeof runWorld>>, count: number): Promise<boolean> {
  return (await world.events(1)).filter(({ type }) => type === "run.started").length >= count;
}

const usage = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };
const result = {
  ...{ ok: true, subtype: "success", text: "Done", plan: "", apiErrorStatus: null, limitResetsAt: null },
  ...{ usage, costUsd: 1, sessionTotal: null },
};

const outcomeOf = async (run: LiveRun) => {
  const { end } = await run.done;
  return [end?.outcome, end?.result, end?.cost_usd];
};

Deno.test("a red check goes back with the end of its output, in the session that was, until it is green", async () => {
  await using w = await proveWorld({ check: "npm test" });
  const first = await w.session();
  (await w.command(1)).exit(3);
  const second = await w.session();
  assertStringIncludes(second.prompt, "`npm test`. The check failed with exit code 3: output 1.");
  assertEquals([second.resume, second.sessionId], [true, first.sessionId]);
  (await w.command(2)).exit(0);
  assertEquals(await outcomeOf(w.run), ["succeeded", "Done 2", 2]);
  assertEquals((await w.types()).filter((type) => type.startsWith("check.fin")).length, 2);
});

Deno.test("a check that stays red has its rounds, and then the last word", async () => {
  await using w = await proveWorld({ check: "npm test", checkRounds: 1 });
  for (const n of [1, 2]) {
    await w.session();
    (await w.command(n)).exit(1);
  }
  assertEquals(await outcomeOf(w.run), ["check_failed", "Done 2", 2]);
  assertEquals(w.commands.length, 2);
});

Deno.test("a stop in the middle of a check ends it, and the result that was to be checked is none", async () => {
  await using w = await proveWorld({ check: "npm test" });
  await w.session();
  await w.command(1);
  w.run.stop("cancelled");
  assertEquals((await w.run.done).end?.outcome, "cancelled");
});

Deno.test("a stop that comes when all is over makes no good result of a bad end", async () => {
  const looked = Promise.withResolvers<void>();
  const mayGoOn = Promise.withResolvers<void>();
  const strayed = () => {
    looked.resolve();
    return mayGoOn.promise.then(() => []);
  };
  await using w = await proveWorld({ check: "npm test" }, { worktrees: { strayed } });
  await w.session(true, { code: 1 });
  await looked.promise;
  w.run.stop("shutdown");
  mayGoOn.resolve();
  assertEquals((await w.run.done).end?.outcome, "failed");
});

Deno.test("an agent is reminded once of what it left; a reminder that goes wrong takes nothing from its result", async () => {
  const uncommitted = () => Promise.resolve({ count: 2, files: ["a.txt", "b.txt"] });
  const changes = () => Promise.resolve({ lines_added: 1, lines_removed: 0, uncommitted: 2 });
  await using w = await proveWorld({}, { worktrees: { uncommitted, changes } });
  await w.session();
  const reminded = await w.session(false);
  assertStringIncludes(reminded.prompt, "- a.txt\n- b.txt");
  assertEquals(await outcomeOf(w.run), ["succeeded", "Done 1", 2]);
  assertEquals((await w.types()).filter((type) => type === "followup.sent").length, 1);
});

Deno.test("nobody is reminded where it is not wanted or not paid for, and what is left is not looked for", async () => {
  const uncommitted = () => Promise.reject(new Error("It was not to be asked for"));
  for (const spec of [{ commit_reminder: false }, { max_budget_usd: 0.5 }]) {
    await using w = await proveWorld({}, { worktrees: { uncommitted }, spec });
    await w.session();
    assertEquals(await outcomeOf(w.run), ["succeeded", "Done 1", 1]);
  }
});

Deno.test("commits that are not on the task's branch are not checked, and the agent hears why", async () => {
  const commits = () => Promise.resolve({ head: "d".repeat(40), branch: "c".repeat(40) });
  await using w = await proveWorld({ check: "npm test", checkRounds: 1 }, { worktrees: { commits } });
  await w.session();
  assertStringIncludes((await w.session()).prompt, "Only what is on task-1-work counts");
  assertEquals((await w.run.done).end?.outcome, "check_failed");
  assertEquals(w.commands, []);
});
