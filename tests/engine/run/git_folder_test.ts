// What is put back in the git folder by the engine, and when what was noted before goes: on real repositories, in which the
// commands of a project change hooks.

import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import type { EventData } from "../../../core/domain/event.ts";
import { closeLostRun } from "../../../core/engine/dispatch/close_lost_run.ts";
import { Recovery } from "../../../core/engine/dispatch/recover.ts";
import { landTask } from "../../../core/engine/land/land_task.ts";
import { runTask } from "../../../core/engine/run/run_task.ts";
import { gitWorktrees } from "../../../core/process/git/git_worktrees.ts";
import { gitLandings } from "../../../core/process/git/landing/git_landings.ts";
import { Sites } from "../../../core/process/git/sites.ts";
import { noSettings, type ProjectSettings } from "../../../core/process/project/project_settings.ts";
import { spawnInSession } from "../../../core/process/subprocess.ts";
import { stepRunner } from "../../../core/process/project/step_process.ts";
import { tempDir } from "../../support/temp.ts";
import { runEnd } from "../../domain/world.ts";
import { runWorld } from "../run_world.ts";
import { exists, upkeepWorld } from "../upkeep_world.ts";

/** In the worktree; a worktree's `.git` says where the git folder is. */
const addHook = 'echo "exit 0" > "$(git rev-parse --git-common-dir)/hooks/pre-push"';
const survivors = { endSurvivors: () => Promise.resolve(0) };

async function guardedWorld(project: Partial<ProjectSettings> = {}) {
  const w = await upkeepWorld();
  const guards = join(w.repository.path, "..", "guards");
  await Deno.mkdir(guards);
  const sites = new Sites({
    repos: new Map([["app", w.repository.path]]),
    root: () => `${w.repository.path}-worktrees`,
    store: w.context.store.id,
  });
  Object.assign(w.context, {
    worktrees: gitWorktrees(sites),
    landings: gitLandings(sites),
    steps: stepRunner(),
    settings: { ...w.context.settings, guards },
    projects: { settings: () => Promise.resolve({ settings: { ...noSettings, ...project }, sources: {} }) },
  });
  return {
    ...w,
    guards,
    hook: join(w.repository.path, ".git/hooks/pre-push"),
    /** A worktree with a run that is open, whose service is gone. */
    async lost() {
      const id = await w.create();
      const place = await w.begin(id);
      await w.context.worktrees.guardFolder(place, { file: join(guards, `task-${id}-run-1.json`) });
      return { id, place };
    },
    noted: async () => (await Array.fromAsync(Deno.readDir(guards))).map(({ name }) => name).sort(),
    async restored(id: number): Promise<EventData["git_folder.restored"][]> {
      return (await w.events(id)).flatMap((event) => event.type === "git_folder.restored" ? [event.data] : []);
    },
    [Symbol.asyncDispose]: () => w[Symbol.asyncDispose](),
  };
}

Deno.test("what a cleanup changes in the git folder is put back, kept under a ref of its own, and told", async () => {
  await using w = await guardedWorld({ cleanup: addHook });
  const id = await w.create();
  await w.begin(id);
  assertEquals((await w.finish(id, "failed")).status, "failed");
  const types = (await w.events(id)).map(({ type }) => type);
  assertEquals(types.slice(types.indexOf("cleanup.started")).slice(0, 3), [
    "cleanup.started",
    "git_folder.restored",
    "cleanup.finished",
  ]);
  const [{ changes, ref, of }] = await w.restored(id) as [EventData["git_folder.restored"]];
  const { seq } = (await w.events(id)).find(({ type }) => type === "cleanup.started")!;
  assertEquals([changes.map(({ path }) => path), ref, of], [
    ["hooks/pre-push"],
    `refs/coder/task-${id}/git-folder-1-cleanup-${seq}`,
    undefined,
  ]);
  assertEquals([await exists(w.hook), await w.noted()], [false, []]);
});

Deno.test("what the check of a landing changes in the git folder is put back and told, also when the landing was cancelled", async () => {
  for (const isCancelled of [false, true]) {
    await using w = await guardedWorld({ check: addHook });
    const { id } = await w.done();
    await w.repository.git("commit", "--quiet", "--allow-empty", "--message=Others");
    await w.give(id, { type: "land", request: { target: "main", method: "merge", message: null } });
    const stop = new AbortController();
    if (isCancelled) {
      const { steps } = w.context;
      w.context.steps = async (start) => {
        const step = await steps(start);
        await step.exited;
        await w.give(id, { type: "cancel" });
        stop.abort();
        return step;
      };
    }
    await landTask(w.context, id, { signal: stop.signal, mayWait: false });
    const { review } = (await w.context.store.log.head(id))!;
    const told = (await w.restored(id)).map(({ changes, of }) => [changes.map(({ path }) => path), of]);
    assertEquals([review === "landed", told], [!isCancelled, [[["hooks/pre-push"], "landing"]]]);
    assertEquals([await exists(w.hook), await w.noted()], [false, []]);
  }
});

Deno.test("what was noted before a run goes after it, also when the folder cannot be compared or the run was taken over", async () => {
  for (const code of ["unavailable", "fenced"] as const) {
    await using guards = await tempDir();
    const warned: string[] = [];
    await using w = await runWorld({
      worktrees: {
        async guardFolder(_place, { file } = {}) {
          await Deno.writeTextFile(file!, "{}");
          return { worktree: "", [Symbol.dispose]() {} };
        },
        restoreFolder: () => Promise.reject(new DomainError(code, "git was killed")),
      },
    });
    w.context.settings.guards = guards.path;
    w.context.warn = (message) => void warned.push(message);
    const agent = () => Promise.reject(new DomainError("invalid", "No agent"));
    const run = runTask(w.context, await w.claimed(), { agent, room: () => Promise.resolve(), isSure: () => true });
    assertEquals((await run.done).end?.outcome, "failed");
    assertEquals(await Array.fromAsync(Deno.readDir(guards.path)), []);
    assertEquals(warned, code === "fenced" ? [] : ["Cannot compare the git folder of task 1 with how it was"]);
  }
});

Deno.test("a cleanup whose sandbox cannot be ended ends all the same, and so does its task", async () => {
  await using w = await guardedWorld({ cleanup: "true" });
  const warned: string[] = [];
  w.context.warn = (message) => void warned.push(message);
  w.context.sandboxes = {
    tried: Promise.resolve(),
    ...{ level: "files", reason: null, begin: null },
    open: () =>
      Promise.resolve({
        applied: { writable: [], unreadable: [], network: "public", domains: [], processes: null },
        ...{ folder: "/nowhere", gone: Promise.resolve() },
        spawn: (program, start) => spawnInSession(program, { ...start, stdout: "piped", stderr: "piped" }),
        end: () => Promise.reject(new Error("Its folder is busy")),
      }),
  };
  const id = await w.create();
  await w.begin(id);
  assertEquals((await w.finish(id, "failed")).status, "failed");
  const ends = (await w.events(id)).flatMap((event) => event.type === "cleanup.finished" ? [event.data.outcome] : []);
  assertEquals([ends, warned], [["passed"], [`Cannot end the sandbox of the cleanup of task ${id}`]]);
  assertEquals(await w.noted(), []);
});

Deno.test("closeLostRun() forgets what was noted once the log has what was found, not before", async () => {
  await using w = await guardedWorld();
  const { id } = await w.lost();
  await Deno.writeTextFile(w.hook, "exit 0\n");
  const options = { id, runner: "worker-1", ...survivors, why: "It is gone." };
  const writer = { append: () => Promise.reject(new DomainError("conflict", "The service is killed here")) };
  const killed = { ...w.context, store: { ...w.context.store, writer: writer as never } };
  await assertRejects(() => closeLostRun(killed, options), DomainError, "killed here");
  assertEquals([await exists(w.hook), await w.noted()], [false, [`task-${id}-run-1.json`]]);
  assertEquals(await closeLostRun(w.context, options), true);
  assertEquals((await w.restored(id)).map(({ changes }) => changes.map(({ path }) => path)), [["hooks/pre-push"]]);
  assertEquals(await w.noted(), []);
});

Deno.test("closeLostRun() forgets what was noted of a run that somebody else closed meanwhile", async () => {
  await using w = await guardedWorld();
  const { id } = await w.lost();
  await Deno.writeTextFile(w.hook, "exit 0\n");
  let closed: Promise<unknown> | undefined;
  const endSurvivors = async () => {
    await (closed ??= w.give(id, { type: "finish_run", run: 1, end: runEnd("lost") }));
    return 0;
  };
  assertEquals(await closeLostRun(w.context, { id, runner: "worker-1", endSurvivors, why: "It is gone." }), false);
  assertEquals(await w.noted(), []);
});

Deno.test("Recovery puts back what a cleanup had changed that was killed, and removes what was noted of runs that are over", async () => {
  await using w = await guardedWorld();
  const { id, place } = await w.lost();
  await w.give(id, { type: "finish_run", run: 1, end: runEnd("succeeded") });
  const other = await w.lost();
  const names = [`task-${id}-run-1-cleanup-7.json`, `task-${id}-run-2.json.new`, "notes.txt"];
  await w.context.worktrees.guardFolder(place, { file: join(w.guards, names[0]!) });
  for (const name of names.slice(1)) await Deno.writeTextFile(join(w.guards, name), "{}");
  await Deno.writeTextFile(w.hook, "exit 0\n");
  const board = { ...w.board, entries: [] };
  await new Recovery(w.context, { board, ...survivors }).start();
  assertEquals((await w.restored(id)).map(({ ref }) => ref), [`refs/coder/task-${id}/git-folder-1-cleanup-7`]);
  assertEquals(await exists(w.hook), false);
  // Of a run that is open and somebody else's to close.
  assertEquals(await w.noted(), ["notes.txt", `task-${other.id}-run-1.json`]);
});

Deno.test("Recovery undoes nothing by what was noted of a run that is over: a person may have changed it since", async () => {
  await using w = await guardedWorld();
  const { id } = await w.lost();
  await w.give(id, { type: "finish_run", run: 1, end: runEnd("succeeded") });
  await Deno.writeTextFile(w.hook, "exit 0\n");
  await new Recovery(w.context, { board: { ...w.board, entries: [] }, ...survivors }).start();
  assertEquals([await exists(w.hook), await w.noted(), await w.restored(id)], [true, [], []]);
});
