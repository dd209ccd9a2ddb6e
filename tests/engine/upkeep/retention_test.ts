import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { Retention } from "../../../core/engine/upkeep/retention.ts";
import { verify } from "../../../core/kv/verify.ts";
import { noSettings } from "../../../core/process/project/project_settings.ts";
import { stepRunner } from "../../../core/process/project/step_process.ts";
import type { Place } from "../../../core/process/git/worktrees.ts";
import { logTimesPath } from "../../../core/process/log_times.ts";
import { git } from "../../support/temp.ts";
import { exists, type UpkeepWorld, upkeepWorld } from "../upkeep_world.ts";

const never = new AbortController().signal;

function sweep({ context, upkeep }: UpkeepWorld, days = 30): Promise<void> {
  return new Retention(context, { upkeep, days, signal: never }).sweep();
}

async function typesAfter(w: UpkeepWorld, id: number, last: string): Promise<string[]> {
  const types: string[] = (await w.events(id)).map(({ type }) => type);
  return types.slice(types.lastIndexOf(last) + 1);
}

/** A completed task whose branch a person merged. */
async function merged(w: UpkeepWorld, title?: string): Promise<{ id: number; place: Place }> {
  const done = await w.done(title);
  await w.repository.git("merge", "--quiet", done.place.branch);
  return done;
}

Deno.test("sweep() removes a merged worktree, its branch and its raw log when the time has come, and says so", async () => {
  await using w = await upkeepWorld();
  const { id, place } = await merged(w);
  w.pass(29.9);
  await sweep(w);
  assertEquals(await typesAfter(w, id, "task.completed"), []);

  w.pass(0.2);
  await sweep(w);
  assertEquals(await typesAfter(w, id, "task.completed"), ["worktree.removed", "raw_log.removed"]);
  assertEquals(await exists(place.path), false);
  assertEquals(await w.repository.git("branch", "--list", "task-*"), "");
  assertEquals(await w.repository.git("for-each-ref", "refs/coder"), "");
  assertEquals((await Array.fromAsync(Deno.readDir(w.context.settings.logs))).map(({ name }) => name), []);
  const head = (await w.context.store.log.head(id))!;
  assertEquals([head.status, head.place?.present], ["completed", false]);
  // What it did can still be read from what it was merged into.
  const { stream } = await w.upkeep.diff(place, { to: head.snapshot!.commit });
  assert((await new Response(stream).text()).includes(`+++ b/task-${id}.txt`));

  await sweep(w);
  assertEquals((await typesAfter(w, id, "task.completed")).length, 2);
  assertEquals((await verify(w.context.store.kv)).differences, []);
});

Deno.test("sweep() keeps what nobody merged, and what is uncommitted, until that changes", async () => {
  await using w = await upkeepWorld();
  const { id: unmerged, place: first } = await w.done("Unmerged");
  const { place: second } = await merged(w, "Dirty");
  await Deno.writeTextFile(join(second.path, "new.txt"), "not committed\n");
  w.pass(31);
  await sweep(w);
  await sweep(w);
  assert(await exists(first.path) && await exists(second.path));
  // Their raw logs are not their work.
  assertEquals(await typesAfter(w, unmerged, "task.completed"), ["raw_log.removed"]);

  await git(w.repository.path, "merge", "--quiet", "--no-edit", first.branch);
  await Deno.remove(join(second.path, "new.txt"));
  await sweep(w);
  assertEquals([await exists(first.path), await exists(second.path)], [false, false]);
  assertEquals(await w.repository.git("branch", "--list", "task-*"), "");
});

Deno.test("sweep() keeps a branch that only its own remote-less self holds, and one that a person looks at elsewhere", async () => {
  await using w = await upkeepWorld();
  const { place } = await merged(w);
  // The task's worktree lets go of the branch, and a person checks it out.
  await git(place.path, "checkout", "--quiet", "--detach");
  await w.repository.git("worktree", "add", "--quiet", join(w.repository.path, "..", "mine"), place.branch);
  w.pass(31);
  await sweep(w);
  assert(await exists(place.path));
  assertEquals(await w.repository.git("branch", "--list", "--format=%(refname:short)", "task-*"), place.branch);
});

Deno.test("sweep() deletes the snapshots of failed runs by the log, and no other ref", async () => {
  await using w = await upkeepWorld();
  const id = await w.create();
  await w.begin(id);
  await w.finish(id, "failed");
  await w.give(id, { type: "retry" });
  await w.begin(id);
  const head = await w.finish(id, "cancelled");
  assertEquals(head.snapshot?.ref, `refs/coder/task-${id}/run-2`);
  await w.repository.git("update-ref", `refs/coder/task-${id}/run-9`, "HEAD");
  await w.repository.git("update-ref", "refs/coder/kept/task-1-1", "HEAD");
  w.pass(31);
  await sweep(w);
  assertEquals(
    await w.repository.git("for-each-ref", "--format=%(refname)", "refs/coder"),
    [
      "refs/coder/kept/task-1-1",
      `refs/coder/task-${id}/run-9`,
    ].join("\n"),
  );
  assertEquals(await typesAfter(w, id, "task.cancelled"), ["snapshot.removed", "snapshot.removed", "raw_log.removed"]);
  assertEquals((await w.context.store.log.head(id))!.snapshot, null);
  assertEquals((await verify(w.context.store.kv)).differences, []);
});

Deno.test("sweep() deletes the points of a task with what its runs left, and those of no other log", async () => {
  await using w = await upkeepWorld();
  const { id, place } = await w.done("Unmerged");
  const { ref } = await w.upkeep.savePoint(place, { task: id, name: "run-1" });
  const foreign = `refs/coder/task-${id}/point-run-9`;
  await w.repository.git("update-ref", foreign, "HEAD");
  await sweep(w);
  const refs = () => w.repository.git("for-each-ref", "--format=%(refname)", `refs/coder/task-${id}/`);
  assertEquals(await refs(), `${ref}\n${foreign}`);
  w.pass(31);
  await sweep(w);
  assertEquals(await refs(), foreign);
  const removed = (await w.events(id)).filter(({ type }) => type === "snapshot.removed");
  assertEquals(removed.map(({ data }) => (data as { ref: string }).ref), [ref]);
  assertEquals(await exists(place.path), true);
  assertEquals((await verify(w.context.store.kv)).differences, []);
});

Deno.test("sweep() goes on where a crash left it between the event and the removal", async () => {
  await using w = await upkeepWorld();
  const { id, place } = await merged(w);
  w.pass(31);
  const crashed = Promise.withResolvers<never>();
  const reached = Promise.withResolvers<void>();
  const stuck = {
    ...w.upkeep,
    removeMerged() {
      reached.resolve();
      return crashed.promise;
    },
  };
  void new Retention(w.context, { upkeep: stuck, days: 30, signal: never }).sweep();
  await reached.promise;
  assertEquals(await typesAfter(w, id, "task.completed"), ["worktree.removed"]);
  assertEquals(await exists(place.path), true);
  // Also when the worker id was lost with the crash: a local store has one worker.
  await sweep({ ...w, context: { ...w.context, worker: { id: "worker-2", name: "laptop" } } });
  assertEquals(await exists(place.path), false);
  assertEquals(await typesAfter(w, id, "task.completed"), ["worktree.removed", "raw_log.removed"]);
});

Deno.test("sweep() of the only worker removes what an earlier one left, and of one among others does not", async () => {
  await using w = await upkeepWorld();
  const { place } = await merged(w);
  w.pass(31);
  const context = { ...w.context, worker: { id: "worker-2", name: "laptop" } };
  await sweep({ ...w, context: { ...context, store: { ...context.store, shared: true } } });
  assertEquals(await exists(place.path), true);
  await sweep({ ...w, context });
  assertEquals(await exists(place.path), false);
});

Deno.test("sweep() deletes what a run had changed in the git folder", async () => {
  await using w = await upkeepWorld();
  const id = await w.create();
  await w.begin(id);
  const [ref, commit] = [`refs/coder/task-${id}/git-folder-1`, await w.repository.git("rev-parse", "HEAD")];
  await w.repository.git("update-ref", ref, commit);
  const data = { changes: [{ path: "hooks/pre-commit", change: "added" as const }], count: 1, ref, commit };
  await w.give(id, { type: "record", run: 1, events: [{ type: "git_folder.restored", data }] });
  await w.finish(id, "failed");
  w.pass(31);
  await sweep(w);
  assertEquals(await w.repository.git("for-each-ref", "--format=%(refname)", "refs/coder"), "");
});

Deno.test("sweep() deletes what a cleanup had changed in the git folder, also of work that was merged late", async () => {
  await using w = await upkeepWorld();
  const settings = { ...noSettings, cleanup: "echo exit > $(git rev-parse --git-common-dir)/hooks/pre-push" };
  w.context.steps = stepRunner();
  w.context.projects = { settings: () => Promise.resolve({ settings, sources: {} }) };
  const { id, place } = await w.done();
  w.pass(31);
  await sweep(w);
  await w.repository.git("merge", "--quiet", place.branch);
  await sweep(w);
  assertEquals((await typesAfter(w, id, "raw_log.removed")).filter((type) => !type.startsWith("cleanup.")), [
    "git_folder.restored",
    "worktree.removed",
    "snapshot.removed",
  ]);
  assertEquals(await w.repository.git("for-each-ref", "--format=%(refname)", "refs/coder"), "");
});

Deno.test("sweep() takes a removal back that failed", async () => {
  await using w = await upkeepWorld();
  const { id, place } = await merged(w);
  w.pass(31);
  const broken = { ...w.upkeep, removeMerged: () => Promise.reject(new DomainError("unavailable", "git was killed")) };
  const warned: string[] = [];
  const context = { ...w.context, warn: (message: string) => void warned.push(message) };
  await new Retention(context, { upkeep: broken, days: 30, signal: never }).sweep();
  assertEquals(warned.length, 1);
  // A removal that failed is taken back in the log, so a message reaches the worktree again.
  assertEquals(await typesAfter(w, id, "task.completed"), ["worktree.removed", "worktree.kept", "raw_log.removed"]);
  assertEquals((await w.context.store.log.head(id))!.place!.present, true);
  await sweep(w);
  assertEquals((await typesAfter(w, id, "task.completed")).at(-1), "worktree.removed");
  assertEquals(await exists(place.path), false);
});

Deno.test("sweep() is bounded, and its next one goes on from there", async () => {
  await using w = await upkeepWorld();
  const { context } = w;
  for (let n = 0; n < 45; n++) {
    const id = await w.create();
    const log = join(context.settings.logs, `task-${id}.log`);
    await Deno.writeTextFile(log, "{}\n");
    await Deno.writeTextFile(logTimesPath(log), "");
    await w.give(id, { type: "cancel" });
  }
  w.pass(31);
  const left = () => Array.from(Deno.readDirSync(context.settings.logs)).length / 2;
  const tidying = new Retention(context, { upkeep: w.upkeep, days: 30, signal: never });
  const counts = [];
  for (let n = 0; n < 3; n++) {
    await tidying.sweep();
    counts.push(left());
  }
  assertEquals(counts, [25, 5, 0]);
});
