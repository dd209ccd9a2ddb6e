import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { WorktreeReview } from "../../../core/engine/upkeep/worktree_review.ts";
import { gitWorktrees } from "../../../core/process/git/git_worktrees.ts";
import { exists, type UpkeepWorld, upkeepWorld } from "../upkeep_world.ts";

interface Reviewer extends Pick<WorktreeReview, "notices" | "reconcile"> {
  reported: string[];
}

/** As a new process would look: with nothing in memory. */
function reviewer({ context, board, upkeep }: UpkeepWorld): Reviewer {
  const reported: string[] = [];
  const review = new WorktreeReview(context, {
    board,
    upkeep,
    note(_, text) {
      reported.push(text);
      return Promise.resolve();
    },
    signal: new AbortController().signal,
  });
  return {
    reported,
    get notices() {
      return review.notices;
    },
    reconcile: () => review.reconcile(),
  };
}

async function lookOf(w: UpkeepWorld): Promise<Reviewer> {
  const review = reviewer(w);
  await review.reconcile();
  return review;
}

Deno.test("reconcile() finds nothing where the log explains all: running, completed, failed, put back, half-made", async () => {
  await using w = await upkeepWorld();
  const add = (task: number, branch: string) =>
    w.upkeep.add({ repo: "app", task, branch, base: "HEAD", baseCommit: null });
  await w.done();
  const failed = await w.create();
  await w.begin(failed);
  await w.finish(failed, "failed");
  const again = await w.create();
  await w.begin(again);
  await w.finish(again, "shutdown");
  const running = await w.create();
  await w.begin(running);
  await w.repository.git("update-ref", `refs/coder/task-${running}/git-folder-1`, "HEAD");
  // A crash between `worktree add` and its event, closed as lost: the next run takes the name and saves what is there.
  const halfMade = await w.create("Half");
  const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
  await w.give(halfMade, { type: "claim", worker: "worker-1", mark: crypto.randomUUID(), why });
  await add(halfMade, `task-${halfMade}-half`);
  assertEquals((await lookOf(w)).notices, []);
  await w.finish(halfMade, "lost");
  assertEquals((await lookOf(w)).notices, []);
  const repaired = await w.begin(halfMade);
  assertEquals(repaired.branch, `task-${halfMade}-half`);
  assertEquals((await lookOf(w)).notices, []);
});

Deno.test("reconcile() reports a leftover of a task that ended meanwhile once, also over a restart, and touches nothing", async () => {
  await using w = await upkeepWorld();
  const id = await w.create("Half");
  const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
  await w.give(id, { type: "claim", worker: "worker-1", mark: crypto.randomUUID(), why });
  const place = await w.upkeep.add({
    repo: "app",
    task: id,
    branch: `task-${id}-half`,
    base: "HEAD",
    baseCommit: null,
  });
  // Whoever has been there: what nobody has worked in is removed with the task.
  await Deno.writeTextFile(join(place.path, "mine.txt"), "A person's\n");
  await w.give(id, { type: "cancel" });
  await w.finish(id, "lost");
  const first = await lookOf(w);
  assertEquals(first.reported, [
    `Repository app: worktrees of this store that its log does not know, left alone (1): ${place.path}`,
  ]);
  assertEquals(first.notices, first.reported);
  const second = await lookOf(w);
  assertEquals([second.reported, second.notices], [[], first.notices]);
  assertEquals(await exists(place.path), true);
  // Gone and come again, it is said again.
  await w.upkeep.remove(place);
  assertEquals((await lookOf(w)).notices, []);
  await w.upkeep.add({ repo: "app", task: id, branch: place.branch, base: "HEAD", baseCommit: null });
  assertEquals((await lookOf(w)).reported.length, 1);
});

Deno.test("reconcile() reports what the log says is there but is gone, and saved work of another log", async () => {
  await using w = await upkeepWorld();
  const { id, place } = await w.done();
  await Deno.remove(place.path, { recursive: true });
  await w.repository.git("worktree", "prune");
  await w.repository.git("branch", "-D", place.branch);
  await w.repository.git("update-ref", "refs/coder/task-77/run-1", "HEAD");
  await w.repository.git("update-ref", "refs/coder/kept/task-78-1", "HEAD");
  // Another store's worktree on the same repository is none of our business.
  const other = gitWorktrees({
    repos: new Map([["app", w.repository.path]]),
    root: () => join(w.repository.path, "..", "repo-worktrees"),
    store: crypto.randomUUID(),
  });
  await other.add({ repo: "app", task: 5, branch: "task-5-other", base: "HEAD", baseCommit: null });
  const { notices } = await lookOf(w);
  assertEquals(notices.length, 2);
  assertMatch(notices[0]!, /refs of saved work .* \(2\): refs\/coder\/kept\/task-78-1, refs\/coder\/task-77\/run-1$/);
  assertMatch(notices[1]!, new RegExp(`are gone \\(1\\): ${place.path} \\(task ${id}\\)$`));
  // The only worker of a store looks after all of it, whatever id it had before.
  const context = { ...w.context, worker: { id: "worker-2", name: "laptop" } };
  assertEquals((await lookOf({ ...w, context })).notices, notices);
});

Deno.test("reconcile() does not miss a worktree that was moved and found", async () => {
  await using w = await upkeepWorld();
  const { place } = await w.done();
  const root = `${w.repository.path}-trees`;
  await Deno.rename(`${w.repository.path}-worktrees`, root);
  const { id: store } = w.context.store;
  const upkeep = gitWorktrees({ repos: new Map([["app", w.repository.path]]), root: () => root, store });
  assertEquals((await lookOf({ ...w, upkeep })).notices, []);
  assertEquals(await upkeep.pathOf(place), join(root, place.branch));
  assertEquals((await lookOf({ ...w, upkeep })).notices, []);
  await upkeep.remove(place);
  assertEquals((await lookOf({ ...w, upkeep })).notices.length, 1);
});

Deno.test("reconcile() reports a branch of ours without its worktree and its task", async () => {
  await using w = await upkeepWorld();
  await w.upkeep.add({ repo: "app", task: 9, branch: "task-9-x", base: "HEAD", baseCommit: null });
  await w.repository.git("worktree", "remove", "--force", join(`${w.repository.path}-worktrees`, "task-9-x"));
  assertMatch((await lookOf(w)).notices[0]!, /branches of this store .* \(1\): task-9-x$/);
});

Deno.test("reconcile() does not look again before its share of the time", async () => {
  await using w = await upkeepWorld();
  let now = 1_000;
  let looks = 0;
  const clock = { ...w.context.clock, monotonic: () => now };
  const upkeep = {
    ...w.upkeep,
    traces: (repo: string) => {
      looks++;
      now += 50;
      return w.upkeep.traces(repo);
    },
  };
  const review = new WorktreeReview({ ...w.context, clock }, {
    board: w.board,
    upkeep,
    note: () => Promise.resolve(),
    signal: new AbortController().signal,
  });
  await review.reconcile();
  now += 4_900;
  await review.reconcile();
  assertEquals(looks, 1);
  now += 200;
  await review.reconcile();
  assertEquals(looks, 2);
});
