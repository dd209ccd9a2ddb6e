import { assertEquals, assertNotEquals } from "@std/assert";
import type { NewEvent } from "../../../core/domain/event.ts";
import type { Task } from "../../../core/domain/task.ts";
import { both, findingsOf, type Found, straysOf, tasksOf } from "../../../core/engine/upkeep/worktree_findings.ts";
import type { Traces } from "../../../core/process/git/worktrees.ts";
import { begun, completedHistory, events, taskOf } from "../../domain/world.ts";

const branch = "task-12-greet-in-french";
const { created, claimed, finished } = events;

function traces(changes: Partial<Traces>): Traces {
  return { worktrees: [], branches: [], saved: [], ...changes };
}

/** The strays among the traces when the log knows task 12 by these events, or by none. */
function strays(history: NewEvent[], changes: Partial<Traces>) {
  const heads = new Map<number, Task>(history.length > 0 ? [[12, taskOf(...history)]] : []);
  const { strayWorktrees, strayBranches, strayRefs } = straysOf(traces(changes), heads);
  return [...strayWorktrees, ...strayBranches, ...strayRefs];
}

const worktree = (name: string, task: number | null = 12) => ({ path: `/w/${name}`, branch: name, task });

Deno.test("tasksOf() reads the task from the mark, else from the name", () => {
  const found = traces({
    worktrees: [worktree("elsewhere", 7), worktree(`mine/${branch}`, null), worktree("nameless", null)],
    branches: ["task-3-x", "task-x"],
    saved: [
      { name: "refs/coder/task-4/run-2", commit: "c" },
      { name: "refs/coder/kept/task-5-abc", commit: "c" },
      { name: "refs/coder/other", commit: "c" },
    ],
  });
  assertEquals(tasksOf(found), [7, 12, 3, 4, 5]);
});

Deno.test("straysOf() knows the one worktree that the head names, and no other of that task", () => {
  const worktrees = [worktree(branch), worktree(`${branch}-2`)];
  assertEquals(strays(completedHistory(), { worktrees }), [`/w/${branch}-2`]);
  assertEquals(strays([], { worktrees }), [`/w/${branch}`, `/w/${branch}-2`]);
});

Deno.test("straysOf() calls nothing stray of a task that is at work or being put away", () => {
  const worktrees = [worktree("task-12-anything")];
  const cancelled = [created(), events.cancelRequested()];
  for (const history of [[created(), claimed(1)], [...begun(), finished(1, "failed", "settle")], cancelled]) {
    assertEquals(strays(history, { worktrees }), []);
  }
  assertEquals(strays([...cancelled, events.cancelled()], { worktrees }), ["/w/task-12-anything"]);
});

Deno.test("straysOf() knows a name that the next run of a pending task will take", () => {
  const branches = [branch, `${branch}-2`, "task-12-another-title"];
  assertEquals(strays([created()], { branches }), ["task-12-another-title"]);
  const over = [...begun(), finished(1, "failed", "settle"), events.removed(), events.failed()];
  assertEquals(strays(over, { branches }), branches);
});

Deno.test("straysOf() takes saved work of any run up to the last for the task's own", () => {
  const saved = ["task-12/run-1", "task-12/run-2", "kept/task-12-abc", "task-12/target-1", "task-13/run-1", "other"]
    .map((name) => ({ name: `refs/coder/${name}`, commit: "c" }));
  assertEquals(strays(completedHistory(), { saved }), [
    "refs/coder/task-12/run-2",
    "refs/coder/task-13/run-1",
    "refs/coder/other",
  ]);
});

Deno.test("straysOf() takes a point for the task's own when the log has its run or its event", () => {
  const points = ["run-1", "run-1-2", "run-1-nested/lib", "message-3"].map((name) => `task-12/point-${name}`);
  const others = ["run-2", "message-999", "1"].map((name) => `task-12/point-${name}`);
  const saved = [...points, ...others].map((name) => ({ name: `refs/coder/${name}`, commit: "c" }));
  assertEquals(strays(completedHistory(), { saved }), others.map((name) => `refs/coder/${name}`));
  assertEquals(strays([], { saved }).length, saved.length);
});

Deno.test("straysOf() takes what was changed in the git folder for the task's own when the log has its run, and its event", () => {
  const own = ["1", "1-2", "1-cleanup-3", "1-landing-3-2"].map((name) => `task-12/git-folder-${name}`);
  const others = ["2", "1-cleanup-999", "2-landing-3"].map((name) => `task-12/git-folder-${name}`);
  const saved = [...own, ...others].map((name) => ({ name: `refs/coder/${name}`, commit: "c" }));
  assertEquals(strays(completedHistory(), { saved }), others.map((name) => `refs/coder/${name}`));
});

const nothing: Found = { strayWorktrees: [], strayBranches: [], strayRefs: [], lostWorktrees: [] };

Deno.test("findingsOf() has one sentence for each kind, names the first five, and tells findings apart by what was found", () => {
  assertEquals(findingsOf("shop", nothing), []);
  const branches = ["g", "a", "f", "b", "e", "c"];
  const found = findingsOf("shop", { ...nothing, strayBranches: branches, lostWorktrees: ["/w/x"] });
  assertEquals(found.map(({ text }) => text), [
    "Repository shop: branches of this store that its log does not know, left alone (6): a, b, c, e, f, and 1 more",
    "Repository shop: worktrees that the log says are here but are gone (1): /w/x",
  ]);
  const [id] = found.map(({ id }) => id);
  const idOf = (repo: string, strayBranches: string[]) => findingsOf(repo, { ...nothing, strayBranches })[0]!.id;
  assertEquals(idOf("shop", branches.toReversed()), id, "the order says nothing");
  assertNotEquals(idOf("shop", [...branches.slice(1), "h"]), id, "also by those that are not shown");
  assertNotEquals(idOf("other", branches), id);
});

Deno.test("both() keeps what each look found, kind by kind", () => {
  const first = { ...nothing, strayBranches: ["a", "b"], strayRefs: ["c"] };
  const second = { ...nothing, strayBranches: ["b", "c"], lostWorktrees: ["a"] };
  assertEquals(both(first, second), { ...nothing, strayBranches: ["b"] });
});
