import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { gitWorktrees } from "../../../core/process/git/git_worktrees.ts";
import { Sites } from "../../../core/process/git/sites.ts";
import type { Place, Worktrees } from "../../../core/process/git/worktrees.ts";
import { git, type TempRepository, tempRepository } from "../../support/temp.ts";

const STORE = "6d1c0000-0000-4000-8000-000000000001";
const OTHER = "6d1c0000-0000-4000-8000-000000000002";

interface World extends AsyncDisposable {
  repo: TempRepository;
  root: string;
  worktrees: Worktrees;
  /** The same repository seen by another store. */
  foreign: Worktrees;
  add(options?: { task?: number; branch?: string; base?: string; by?: Worktrees }): Promise<Place & { kept: string[] }>;
  /** Refs and their commits. */
  refs(pattern?: string): Promise<string[]>;
}

async function world(): Promise<World> {
  const repo = await tempRepository();
  const root = `${repo.path}-worktrees`;
  const repos = new Map([["app", repo.path]]);
  const sites = new Sites({ repos, root: () => root, store: STORE });
  const worktrees = gitWorktrees(sites);
  return {
    repo,
    root,
    worktrees,
    foreign: gitWorktrees({ repos, root: () => root, store: OTHER }),
    add: ({ task = 1, branch = "task-1-fix", base = "HEAD", by = worktrees } = {}) =>
      by.add({ repo: "app", task, branch, base, baseCommit: null }),
    refs: async (pattern = "refs") =>
      (await repo.git("for-each-ref", "--format=%(refname)", pattern)).split("\n").filter((ref) => ref !== ""),
    async [Symbol.asyncDispose]() {
      await sites[Symbol.asyncDispose]();
      await repo[Symbol.asyncDispose]();
    },
  };
}

async function commit(place: Place, file: string, content = "x\n"): Promise<string> {
  await Deno.writeTextFile(join(place.path, file), content);
  await git(place.path, "add", "-A");
  await git(place.path, "commit", "--quiet", "-m", file);
  return await git(place.path, "rev-parse", "HEAD");
}

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);
const textOf = async (stream: ReadableStream<Uint8Array>) => await new Response(stream).text();

Deno.test("add() makes branch and folder from the resolved base, without an upstream", async () => {
  await using w = await world();
  const head = await w.repo.git("rev-parse", "HEAD");
  const place = await w.add({ base: "main" });
  assertEquals(place, {
    repo: "app",
    branch: "task-1-fix",
    path: join(w.root, "task-1-fix"),
    base: "main",
    base_commit: head,
    kept: [],
  });
  assertEquals(await git(place.path, "symbolic-ref", "HEAD"), "refs/heads/task-1-fix");
  assertEquals(await w.repo.git("config", "--get-regexp", "branch[.]").catch(() => ""), "");
  assertEquals(await w.worktrees.isWhole(place), true);
  assertEquals(await w.foreign.isWhole(place), false);
});

Deno.test("add() starts from the given commit, and refuses an unknown base before it makes anything", async () => {
  await using w = await world();
  const first = await w.repo.git("rev-parse", "HEAD");
  await w.repo.git("commit", "--allow-empty", "--quiet", "-m", "second");
  const again = { repo: "app", task: 1, branch: "task-1-fix", base: "main", baseCommit: first };
  assertEquals((await w.worktrees.add(again)).base_commit, first);
  const error = await assertRejects(() => w.add({ task: 2, branch: "task-2-x", base: "--nope" }), DomainError);
  assertEquals(error.code, "invalid");
  const evil = await assertRejects(() => w.add({ task: 2, branch: "../task-2-x" }), DomainError);
  assertEquals(evil.code, "invalid");
  assertEquals(await w.refs("refs/heads/task-2-x"), []);
  const repo = await assertRejects(
    () => w.worktrees.add({ repo: "b", task: 1, branch: "x", base: "HEAD", baseCommit: null }),
  );
  assertStringIncludes((repo as Error).message, "not configured");
});

Deno.test("add() can be called 20 times at once", async () => {
  await using w = await world();
  await w.repo.git("config", "branch.autoSetupMerge", "always");
  const places = await Promise.all(Array.from({ length: 20 }, (_, n) => w.add({ task: n, branch: `task-${n}-x` })));
  assertEquals((await Promise.all(places.map((place) => w.worktrees.isWhole(place)))).every(Boolean), true);
});

Deno.test("add() takes another name where the folder, the branch or the worktree is somebody's", async () => {
  await using w = await world();
  await Deno.mkdir(join(w.root, "task-1-fix"), { recursive: true });
  await Deno.writeTextFile(join(w.root, "task-1-fix", "mine.txt"), "mine");
  await w.repo.git("branch", "task-1-fix-2");
  await w.repo.git("worktree", "add", "-q", "-b", "whatever", join(w.root, "task-1-fix-3"));
  await w.repo.git("branch", "task-1-fix-4/below");
  await Deno.symlink(w.repo.path, join(w.root, "task-1-fix-5"));
  await w.add({ branch: "task-1-fix-6", by: w.foreign });
  const place = await w.add();
  assertEquals([place.branch, place.path, place.kept], ["task-1-fix-7", join(w.root, "task-1-fix-7"), []]);
  assertEquals(await Deno.readTextFile(join(w.root, "task-1-fix", "mine.txt")), "mine");
  assertEquals((await w.refs("refs/heads")).length, 6);
  // And again: ours is found behind all that is not.
  assertEquals((await w.add()).branch, "task-1-fix-7");
});

Deno.test("add() keeps the commits and files of a stale worktree of ours, then replaces it", async () => {
  await using w = await world();
  const stale = await w.add();
  const tip = await commit(stale, "work.txt");
  await Deno.writeTextFile(join(stale.path, "loose.txt"), "loose");
  const fresh = await w.add();
  assertEquals([fresh.branch, fresh.kept], ["task-1-fix", ["refs/coder/kept/task-1-1"]]);
  assertEquals(await exists(join(fresh.path, "work.txt")), false);
  assertEquals(await w.repo.git("show", "refs/coder/kept/task-1-1:loose.txt"), "loose");
  assertEquals(await w.repo.git("rev-parse", "refs/coder/kept/task-1-1^"), tip);
  await commit(fresh, "more.txt");
  assertEquals((await w.add()).kept, ["refs/coder/kept/task-1-2"]);
});

Deno.test("add() keeps the branch too when the worktree is elsewhere", async () => {
  await using w = await world();
  const stale = await w.add();
  const tip = await commit(stale, "work.txt");
  await git(stale.path, "checkout", "--quiet", "--detach", "HEAD~1");
  await Deno.writeTextFile(join(stale.path, "loose.txt"), "loose");
  const { kept } = await w.add();
  assertEquals(kept.length, 2);
  assertEquals(await w.repo.git("rev-parse", kept[1]!), tip);
});

Deno.test("add() leaves a branch of ours that a person has checked out", async () => {
  await using w = await world();
  const place = await w.add();
  await w.repo.git("worktree", "remove", "--force", place.path);
  await w.repo.git("checkout", "--quiet", "task-1-fix");
  assertEquals((await w.add()).branch, "task-1-fix-2");
  await w.worktrees.remove(place);
  assertEquals(await w.repo.git("symbolic-ref", "HEAD"), "refs/heads/task-1-fix");
  assertEquals((await w.refs("refs/heads/task-1-fix")).length, 1);
});

Deno.test("add() leaves a branch that a person has begun without a commit yet", async () => {
  await using w = await world();
  await w.repo.git("checkout", "--quiet", "--orphan", "task-1-fix");
  const place = await w.add({ base: "main" });
  assertEquals(place.branch, "task-1-fix-2");
  assertEquals(await w.refs("refs/heads"), ["refs/heads/main", "refs/heads/task-1-fix-2"]);
});

Deno.test("add() steps aside from a stale worktree that cannot be saved", async () => {
  await using w = await world();
  const stale = await w.add();
  await git(stale.path, "init", "--quiet", "nested");
  // It holds objects, and git cannot read them.
  await Deno.remove(join(stale.path, "nested/.git/HEAD"));
  assertEquals((await w.add()).branch, "task-1-fix-2");
  assertEquals(await exists(join(stale.path, "nested")), true);
});

// What a kill -9 leaves between two steps of `add`, built by hand. Each must lead to a good worktree of the same name.
const HALF_MADE: Record<string, (w: World, place: Place, entry: string) => Promise<unknown>> = {
  "the claim only": async (w, place) => {
    const claim = await w.repo.git("rev-parse", `refs/coder/owned/${STORE}/task-1-fix`);
    await w.worktrees.remove(place);
    await w.repo.git("update-ref", `refs/coder/owned/${STORE}/task-1-fix`, claim);
  },
  "a branch without a worktree": (_w, place, entry) =>
    Promise.all([Deno.remove(place.path, { recursive: true }), Deno.remove(entry, { recursive: true })]),
  "an empty folder": async (_w, place, entry) => {
    await Deno.remove(place.path, { recursive: true });
    await Deno.remove(entry, { recursive: true });
    await Deno.mkdir(place.path);
  },
  "an entry with nothing but git's lock": async (_w, place, entry) => {
    await Deno.remove(place.path, { recursive: true });
    await Deno.remove(entry, { recursive: true });
    await Deno.mkdir(entry);
    await Deno.writeTextFile(join(entry, "locked"), "initializing");
    await Deno.mkdir(place.path);
  },
  "an entry that makes git fail": async (_w, place, entry) => {
    await Deno.remove(place.path, { recursive: true });
    await Deno.mkdir(place.path);
    for (const file of ["HEAD", "index", "personal-coder", "logs"]) {
      await Deno.remove(join(entry, file), { recursive: true });
    }
    await Deno.writeTextFile(join(entry, "commondir"), "");
    await Deno.writeTextFile(join(entry, "locked"), "initializing");
  },
  "an entry with empty files": async (_w, place, entry) => {
    await Deno.remove(place.path, { recursive: true });
    await Deno.remove(entry, { recursive: true });
    await Deno.mkdir(entry);
    for (const file of ["locked", "gitdir"]) await Deno.writeTextFile(join(entry, file), "");
  },
  "an entry without HEAD": async (_w, place, entry) => {
    for (const file of ["HEAD", "index", "personal-coder", "ORIG_HEAD", "logs"]) {
      await Deno.remove(join(entry, file), { recursive: true }).catch(() => {});
    }
    await Deno.writeTextFile(join(entry, "locked"), "initializing");
    await Deno.remove(join(place.path, "README.md"));
  },
  "a checkout in progress": async (_w, place, entry) => {
    await Deno.remove(join(entry, "personal-coder"));
    await Deno.rename(join(entry, "index"), join(entry, "index.lock"));
    await Deno.writeTextFile(join(entry, "locked"), "initializing");
    await Deno.remove(join(place.path, "README.md"));
  },
  "everything but the mark": (_w, _place, entry) => Deno.remove(join(entry, "personal-coder")),
  "an entry without a folder": (_w, place) => Deno.remove(place.path, { recursive: true }),
  "a removal that had begun": async (_w, place, entry) => {
    await Deno.writeTextFile(join(entry, "personal-coder-removing"), "");
    await Deno.remove(join(place.path, ".git"));
  },
  "an entry removed in part": (_w, place, entry) =>
    Promise.all([Deno.remove(place.path, { recursive: true }), Deno.remove(join(entry, "gitdir"))]),
};

for (const [state, build] of Object.entries(HALF_MADE)) {
  Deno.test(`add() and remove() go on from ${state}`, async () => {
    for (const action of ["add", "remove"]) {
      await using w = await world();
      const place = await w.add();
      const entry = await git(place.path, "rev-parse", "--absolute-git-dir");
      await build(w, place, entry);
      assertEquals(await w.worktrees.isWhole(place), false);
      if (action === "add") {
        const again = await w.add();
        assertEquals([again.branch, again.kept], ["task-1-fix", []]);
        assertEquals(await w.worktrees.isWhole(again), true);
        assertEquals(await git(again.path, "status", "--porcelain"), "");
      }
      await w.worktrees.remove(place);
      assertEquals(await exists(place.path), false);
      assertEquals(await w.refs(), ["refs/heads/main"]);
      assertEquals((await w.repo.git("worktree", "list")).split("\n").length, 1);
    }
  });
}

Deno.test("add() first removes what is half-made of other tasks, since git fails on it everywhere", async () => {
  await using w = await world();
  const place = await w.add();
  const entry = await git(place.path, "rev-parse", "--absolute-git-dir");
  await HALF_MADE["an entry that makes git fail"]!(w, place, entry);
  await assertRejects(() => w.repo.git("worktree", "list"));
  const other = await w.add({ task: 2, branch: "task-2-x" });
  assertEquals(await w.worktrees.isWhole(other), true);
  assertEquals(await w.refs("refs/heads"), ["refs/heads/main", "refs/heads/task-2-x"]);
});

Deno.test("add() goes on from locks that a killed git left on our refs", async () => {
  await using w = await world();
  const refs = join(w.repo.path, ".git/refs");
  const names = ["heads/task-1-fix", `coder/owned/${STORE}/task-1-fix`, "coder/task-1/run-1"];
  for (const name of names) {
    await Deno.mkdir(join(refs, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(refs, `${name}.lock`), "");
  }
  const place = await w.add();
  await w.worktrees.snapshot(place, { task: 1, run: 1 });
  await w.worktrees.remove(place);
  assertEquals(await w.refs(), ["refs/coder/task-1/run-1", "refs/heads/main"]);
});

Deno.test("isWhole() clears a lock that a killed git left", async () => {
  await using w = await world();
  const place = await w.add();
  const entry = await git(place.path, "rev-parse", "--absolute-git-dir");
  await Deno.writeTextFile(join(entry, "index.lock"), "");
  await Deno.writeTextFile(join(w.repo.path, ".git/refs/heads/task-1-fix.lock"), "");
  assertEquals(await w.worktrees.isWhole(place), true);
  await commit(place, "work.txt");
});

Deno.test("isWhole() sees that the agent replaced .git or deleted the branch", async () => {
  await using w = await world();
  const place = await w.add();
  await Deno.remove(join(place.path, ".git"));
  await git(place.path, "init", "--quiet");
  assertEquals(await w.worktrees.isWhole(place), false);
  const other = await w.add({ task: 2, branch: "task-2-x" });
  await git(other.path, "checkout", "--quiet", "--detach");
  await git(other.path, "branch", "--quiet", "-D", "task-2-x");
  assertEquals(await w.worktrees.isWhole(other), false);
});

Deno.test("snapshot() saves commits, tracked and untracked files, and leaves index and ignored files alone", async () => {
  await using w = await world();
  const place = await w.add();
  const tip = await commit(place, "work.txt");
  await Deno.writeTextFile(join(place.path, ".gitignore"), "*.log\n");
  await Deno.writeTextFile(join(place.path, "README.md"), "changed\n");
  await Deno.writeTextFile(join(place.path, "new ü\n.txt"), "new\n");
  await Deno.writeTextFile(join(place.path, "x.log"), "ignored\n");
  await Deno.symlink("/etc/passwd", join(place.path, "link"));
  const before = await git(place.path, "status", "--porcelain");
  const saved = await w.worktrees.snapshot(place, { task: 1, run: 3 });
  assertEquals(saved.ref, "refs/coder/task-1/run-3");
  assertEquals(await w.repo.git("rev-parse", `${saved.commit}^`), tip);
  assertEquals((await w.repo.git("ls-tree", "-z", "--name-only", saved.commit)).split("\0").filter(Boolean), [
    ".gitignore",
    "README.md",
    "link",
    "new ü\n.txt",
    "work.txt",
  ]);
  assertEquals(await w.repo.git("show", `${saved.commit}:link`), "/etc/passwd");
  assertEquals(await git(place.path, "status", "--porcelain"), before);
  assertEquals(await w.repo.git("log", "-1", "--format=%an %cn", saved.commit), "Personal Coder Personal Coder");
  const entry = await git(place.path, "rev-parse", "--absolute-git-dir");
  assertEquals([...Deno.readDirSync(entry)].filter((file) => file.name.includes("-index-")), []);
});

Deno.test("snapshot() is the branch's commit when nothing is uncommitted", async () => {
  await using w = await world();
  const place = await w.add();
  const tip = await commit(place, "work.txt");
  assertEquals((await w.worktrees.snapshot(place, { task: 1, run: 1 })).commit, tip);
});

Deno.test("snapshot() gives the same ref for the same work, another for other work, and moves none", async () => {
  await using w = await world();
  const place = await w.add();
  await Deno.writeTextFile(join(place.path, "a.txt"), "a");
  const first = await w.worktrees.snapshot(place, { task: 1, run: 1 });
  assertEquals(await w.worktrees.snapshot(place, { task: 1, run: 1 }), first);
  await Deno.writeTextFile(join(place.path, "b.txt"), "b");
  const second = await w.worktrees.snapshot(place, { task: 1, run: 1 });
  assertEquals(second.ref, "refs/coder/task-1/run-1-2");
  assertEquals(await w.repo.git("rev-parse", first.ref), first.commit);
  await w.worktrees.remove(place);
  assertEquals(await w.worktrees.snapshot(place, { task: 1, run: 1 }), second);
  await assertRejects(() => w.worktrees.snapshot(place, { task: 1, run: 2 }), DomainError, "neither it nor branch");
});

Deno.test("snapshot() works amid a merge conflict, a broken .git and a lock", async () => {
  await using w = await world();
  const place = await w.add();
  await commit(place, "c.txt", "ours\n");
  await git(place.path, "checkout", "--quiet", "-b", "side", "HEAD~1");
  await commit(place, "c.txt", "theirs\n");
  await git(place.path, "merge", "task-1-fix").catch(() => {});
  const entry = await git(place.path, "rev-parse", "--absolute-git-dir");
  await Deno.writeTextFile(join(entry, "index.lock"), "");
  await Deno.writeTextFile(join(place.path, ".git"), "gitdir: /nowhere\n");
  const { commit: saved } = await w.worktrees.snapshot(place, { task: 1, run: 1 });
  assertStringIncludes(await w.repo.git("show", `${saved}:c.txt`), "<<<<<<<");
});

Deno.test("restore() puts branch and folder back where they were, however a person removed them", async () => {
  const removals: ((w: World, place: Place) => Promise<unknown>)[] = [
    (_, { path }) => Deno.remove(path, { recursive: true }),
    (w, { path }) => w.repo.git("worktree", "remove", "--force", path),
    (w) => Deno.remove(w.root, { recursive: true }),
    (_, { path }) => Deno.remove(join(path, ".git")),
  ];
  for (const removeIt of removals) {
    await using w = await world();
    const place = await w.add();
    const tip = await commit(place, "work.txt");
    await removeIt(w, place);
    assertEquals(await w.worktrees.isWhole(place), false);
    assertEquals(await w.worktrees.whyNotRestorable(place, { commit: null }), null);
    const { commit: at, kept } = await w.worktrees.restore(place, { task: 1, commit: null });
    assertEquals([at, kept], [tip, []]);
    assertEquals(await w.worktrees.isWhole(place), true);
    assertEquals(await git(place.path, "log", "-1", "--format=%H %D"), `${tip} HEAD -> task-1-fix`);
    assertEquals(await git(place.path, "status", "--porcelain"), "");
    // As before: it is ours, and what it holds is saved before it goes.
    await w.worktrees.remove(place);
    assertEquals(await w.refs(), ["refs/coder/kept/task-1-1", "refs/heads/main"]);
  }
});

Deno.test("restore() goes by the commit that is known when the branch is gone too, and still knows where it started", async () => {
  await using w = await world();
  const place = await w.add();
  const tip = await commit(place, "work.txt");
  await w.repo.git("update-ref", "refs/coder/task-1/run-1", tip);
  await w.repo.git("worktree", "remove", "--force", place.path);
  await w.repo.git("branch", "-D", "task-1-fix");
  assertMatch(await w.worktrees.whyNotRestorable(place, { commit: null }) ?? "", /neither worktree .* nor its branch/);
  assertEquals(await w.worktrees.whyNotRestorable(place, { commit: tip }), null);
  assertEquals(await w.worktrees.restore(place, { task: 1, commit: tip }), { commit: tip, kept: [] });
  assertEquals(await w.worktrees.changes(place), { lines_added: 1, lines_removed: 0, uncommitted: 0 });
  assertEquals(await w.repo.git("rev-parse", `refs/coder/owned/${STORE}/task-1-fix`), place.base_commit);
});

Deno.test("restore() keeps what a broken folder holds", async () => {
  await using w = await world();
  const place = await w.add();
  const tip = await commit(place, "work.txt");
  await Deno.writeTextFile(join(place.path, "loose.txt"), "loose\n");
  await Deno.remove(join(place.path, ".git"));
  const { commit: at, kept } = await w.worktrees.restore(place, { task: 1, commit: null });
  assertEquals([at, kept], [tip, ["refs/coder/kept/task-1-1"]]);
  assertEquals(await w.repo.git("show", "refs/coder/kept/task-1-1:loose.txt"), "loose");
});

Deno.test("restore() refuses what is gone for good, and what somebody else has by now", async () => {
  const cases: [RegExp, (w: World, place: Place) => Promise<unknown>][] = [
    [/neither worktree .* nor its branch is there any more/, async (w, { path, branch }) => {
      await w.repo.git("worktree", "remove", "--force", path);
      await w.repo.git("branch", "-D", branch);
    }],
    [/branch task-1-fix is checked out in .*repo$/, async (w, { path, branch }) => {
      await w.repo.git("worktree", "remove", "--force", path);
      await w.repo.git("checkout", "--quiet", branch);
    }],
    [/task-1-fix is not ours any more/, async (w, { path }) => {
      await w.repo.git("worktree", "remove", "--force", path);
      await Deno.mkdir(path);
      await Deno.writeTextFile(join(path, "mine.txt"), "A person's\n");
    }],
  ];
  for (const [words, change] of cases) {
    await using w = await world();
    const place = await w.add();
    await commit(place, "work.txt");
    await change(w, place);
    const before = await w.refs();
    assertMatch(await w.worktrees.whyNotRestorable(place, { commit: null }) ?? "", words);
    const error = await assertRejects(() => w.worktrees.restore(place, { task: 1, commit: null }), DomainError);
    assertEquals(error.code, "conflict");
    assertMatch(error.message, words);
    assertEquals(await w.refs(), before);
  }
});

Deno.test("restore() that was killed on the way goes on, and nothing else takes its branch for half-made", async () => {
  await using w = await world();
  const place = await w.add();
  const tip = await commit(place, "work.txt");
  // As a kill in the middle of the checkout leaves it: git's own lock, and no mark of ours.
  const entry = join(w.repo.path, ".git", "worktrees", "task-1-fix");
  await Deno.remove(join(entry, "personal-coder"));
  await Deno.writeTextFile(join(entry, "locked"), "initializing");
  await w.add({ task: 2, branch: "task-2-other" });
  assertEquals([await exists(place.path), await w.repo.git("rev-parse", "task-1-fix")], [false, tip]);
  assertEquals(await w.worktrees.restore(place, { task: 1, commit: null }), { commit: tip, kept: [] });
  assertEquals(await w.worktrees.isWhole(place), true);
});

Deno.test("remove() takes folder, branch and book-keeping, twice", async () => {
  await using w = await world();
  const place = await w.add();
  await w.worktrees.snapshot(place, { task: 1, run: 1 });
  await w.worktrees.remove(place);
  await w.worktrees.remove(place);
  assertEquals(await exists(place.path), false);
  assertEquals(await w.refs(), ["refs/coder/task-1/run-1", "refs/heads/main"]);
});

Deno.test("remove() keeps commits that nothing else holds, of branch and detached HEAD", async () => {
  await using w = await world();
  const place = await w.add();
  const tip = await commit(place, "work.txt");
  await git(place.path, "checkout", "--quiet", "--detach", "HEAD~1");
  const detached = await commit(place, "other.txt");
  await w.worktrees.remove(place);
  assertEquals(
    await w.repo.git("rev-parse", "refs/coder/kept/task-1-1", "refs/coder/kept/task-1-2"),
    `${tip}\n${detached}`,
  );
});

Deno.test("remove() refuses what is not marked as ours", async () => {
  await using w = await world();
  const theirs = await w.add({ by: w.foreign });
  const error = await assertRejects(() => w.worktrees.remove(theirs), DomainError);
  assertEquals([error.code, error.message], [
    "conflict",
    `Cannot remove worktree ${theirs.path}: it is not marked as ours`,
  ]);
  const plain = { ...theirs, branch: "plain", path: join(w.root, "plain") };
  await Deno.mkdir(plain.path);
  await Deno.writeTextFile(join(plain.path, "mine.txt"), "");
  await assertRejects(() => w.worktrees.remove(plain), DomainError, "not marked as ours");
  await w.repo.git("branch", "empty");
  const empty = { ...theirs, branch: "empty", path: join(w.root, "empty") };
  await Deno.mkdir(empty.path);
  await w.worktrees.remove(empty);
  assertEquals([await exists(empty.path), (await w.refs("refs/heads/empty")).length], [true, 1]);
  const main = { ...theirs, branch: "repo", path: w.repo.path };
  await assertRejects(() => w.worktrees.remove(main), DomainError, "it is not in");
  const above = { ...theirs, branch: "..", path: `${w.root}/..` };
  await assertRejects(() => w.worktrees.remove(above), DomainError, "it is not in");
  assertEquals(await exists(join(w.repo.path, "README.md")), true);
});

Deno.test("remove() does not follow symbolic links out of the worktree", async () => {
  await using w = await world();
  const place = await w.add();
  const outside = `${w.repo.path}-outside`;
  await Deno.mkdir(outside);
  await Deno.writeTextFile(join(outside, "mine.txt"), "mine");
  await Deno.symlink(outside, join(place.path, "out"));
  await w.worktrees.remove(place);
  assertEquals(await Deno.readTextFile(join(outside, "mine.txt")), "mine");
  // And where the folder itself was replaced by a link.
  const swapped = await w.add();
  await Deno.rename(swapped.path, `${swapped.path}-moved`);
  await Deno.symlink(outside, swapped.path);
  assertEquals(await w.worktrees.isWhole(swapped), false);
  await assertRejects(() => w.worktrees.remove(swapped), DomainError, "not marked as ours");
  assertEquals(await Deno.readTextFile(join(outside, "mine.txt")), "mine");
});

Deno.test("A root behind a symbolic link works, and places have real paths", async () => {
  await using w = await world();
  const real = `${w.repo.path}-real`;
  await Deno.mkdir(real);
  await Deno.symlink(real, `${w.repo.path}-link`);
  const worktrees = gitWorktrees({
    repos: new Map([["app", w.repo.path]]),
    root: () => `${w.repo.path}-link`,
    store: STORE,
  });
  const place = await w.add({ by: worktrees });
  assertEquals(place.path, join(real, "task-1-fix"));
  assertEquals(await worktrees.isWhole({ ...place, path: `${w.repo.path}-link/task-1-fix` }), true);
  await worktrees.remove(place);
  assertEquals(await exists(place.path), false);
});

Deno.test("changes() counts lines against the base and files that are not committed", async () => {
  await using w = await world();
  const place = await w.add();
  await commit(place, "work.txt", "1\n2\n3\n");
  await Deno.writeTextFile(join(place.path, "README.md"), "other\n");
  await Deno.writeTextFile(join(place.path, "new.txt"), "1\n2\n");
  await Deno.writeFile(join(place.path, "binary"), new Uint8Array([0, 1, 2]));
  await git(place.path, "init", "--quiet", "nested");
  assertEquals(await w.worktrees.changes(place), { lines_added: 6, lines_removed: 1, uncommitted: 4 });
  await Deno.remove(join(place.path, "nested"), { recursive: true });
  await w.worktrees.snapshot(place, { task: 1, run: 1 });
  await w.repo.git("worktree", "remove", "--force", place.path);
  assertEquals(await w.worktrees.changes(place), { lines_added: 3, lines_removed: 0, uncommitted: 0 });
});

Deno.test("diff() shows the worktree with untracked files, or a snapshot, and runs none of the repository's programs", async () => {
  await using w = await world();
  const place = await w.add();
  await w.repo.git("config", "diff.external", "false");
  await w.repo.git("config", "diff.evil.textconv", "false");
  await w.repo.git("config", "diff.noprefix", "true");
  await w.repo.git("config", "color.ui", "always");
  await Deno.writeTextFile(join(place.path, ".gitattributes"), "* diff=evil\n");
  await Deno.writeTextFile(join(place.path, "README.md"), "changed\n");
  await Deno.symlink("/etc/passwd", join(place.path, "link"));
  const text = await textOf((await w.worktrees.diff(place)).stream);
  assertStringIncludes(text, "diff --git a/README.md b/README.md\n");
  assertStringIncludes(text, "new file mode 120000");
  assertStringIncludes(text, "+/etc/passwd\n");
  assert(!text.includes("root:") && !text.includes("\x1b"));
  assertEquals(await git(place.path, "diff", "--cached", "--name-only"), "");
  const { commit } = await w.worktrees.snapshot(place, { task: 1, run: 1 });
  await w.worktrees.remove(place);
  assertEquals(await textOf((await w.worktrees.diff(place, { to: commit })).stream), text);
  await assertRejects(() => w.worktrees.diff(place, { to: "--output=/tmp/x" }), DomainError, "no commit id");
  await assertRejects(() => w.worktrees.diff(place), DomainError, "neither it nor branch");
});

Deno.test("diff() is not affected by cancelling it half-way", async () => {
  await using w = await world();
  const place = await w.add();
  await Deno.writeTextFile(join(place.path, "big.txt"), "line\n".repeat(500_000));
  const reader = (await w.worktrees.diff(place)).stream.getReader();
  assertNotEquals((await reader.read()).value, undefined);
  await reader.cancel();
  const entry = await git(place.path, "rev-parse", "--absolute-git-dir");
  assertEquals([...Deno.readDirSync(entry)].filter((file) => file.name.includes("-index-")), []);
});
