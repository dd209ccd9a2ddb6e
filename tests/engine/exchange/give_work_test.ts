import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { giveResting } from "../../../core/engine/exchange/give_work.ts";
import { giveUnsent } from "../../../core/engine/exchange/unsent_work.ts";
import { Retention } from "../../../core/engine/upkeep/retention.ts";
import { gitExchange } from "../../../core/process/git/git_exchange.ts";
import { git } from "../../support/temp.ts";
import { type UpkeepWorld, upkeepWorld } from "../upkeep_world.ts";

/** A worker with an exchange that is not there at first. */
async function exchangeWorld() {
  const w = await upkeepWorld();
  const folder = dirname(w.repository.path);
  const bare = join(folder, "exchange.git");
  let current = new Map([["app", join(folder, "gone.git")]]);
  const urls = {
    get current() {
      return current;
    },
    look: () => Promise.resolve(),
  };
  const root = `${w.repository.path}-worktrees`;
  w.context.exchange = gitExchange(
    { repos: new Map([["app", w.repository.path]]), root: () => root, store: w.context.store.id },
    urls,
  );
  await git(folder, "init", "--quiet", "--bare", bare);
  return {
    w,
    bare,
    /** From here on it answers. */
    arrive: () => void (current = new Map([["app", bare]])),
    refs: async () => (await git(bare, "for-each-ref", "--format=%(refname)")).trim().split("\n").filter(Boolean),
  };
}

const running = { signal: new AbortController().signal };
const types = async (w: UpkeepWorld, id: number) => (await w.events(id)).map(({ type }) => type);

Deno.test("what a failed task leaves is removed once the exchange has it, and not before", async () => {
  const { w, arrive, refs } = await exchangeWorld();
  await using _ = w;
  const id = await w.create();
  const { path } = await w.begin(id);
  w.context.warn = () => {};
  const failed = await w.finish(id, "failed");
  assertEquals([failed.status, failed.place?.present], ["failed", true]);
  assert((await Deno.stat(path)).isDirectory);
  const notice = (await w.events(id)).findLast((event) => event.type === "output.notice");
  assertStringIncludes(notice?.data.text ?? "", "The exchange does not have this work yet");
  assertEquals(await w.context.store.notes.unsent("worker-1"), [id]);

  // Still away: nothing changes, and nobody is told twice.
  const before = await types(w, id);
  await giveUnsent(w.context, running);
  assertEquals(await types(w, id), before);

  arrive();
  await giveUnsent(w.context, running);
  assertEquals((await types(w, id)).slice(before.length), [
    "work.exchanged",
    "worktree.snapshotted",
    "work.saved",
    "work.exchanged",
    "worktree.removed",
  ]);
  assertEquals(await Deno.stat(path).catch(() => null), null);
  assertEquals(await w.context.store.notes.unsent("worker-1"), []);
  assert((await refs()).includes(`refs/coder/task-${id}/run-1`), `${await refs()}`);
});

Deno.test("completed work that could not be given stands, and is given later", async () => {
  const { w, arrive, refs } = await exchangeWorld();
  await using _ = w;
  const { id, place } = await w.done();
  const head = (await w.context.store.log.head(id))!;
  assertEquals(await giveResting(w.context, head, { tells: true }), false);
  arrive();
  await giveUnsent(w.context, running);
  assertEquals(await refs(), [`refs/heads/${place.branch}`]);
  assert((await Deno.stat(place.path)).isDirectory);
  assertEquals((await w.context.store.log.head(id))?.exchanged?.commits, 1);
});

Deno.test("a repository without an exchange is asked for nothing, and told nothing", async () => {
  await using w = await upkeepWorld();
  const { id } = await w.done();
  const before = await types(w, id);
  assertEquals(await giveResting(w.context, (await w.context.store.log.head(id))!, { tells: true }), true);
  assertEquals(await types(w, id), before);
  assertEquals(await w.context.store.notes.unsent("worker-1"), []);
  w.context.store.notes.unsent = () => Promise.reject(new Error("The store is asked"));
  await giveUnsent(w.context, running);
});

Deno.test("retention removes what the exchange has, and nothing else", async () => {
  const { w, arrive, refs } = await exchangeWorld();
  await using _ = w;
  const { id, place } = await w.done();
  await w.repository.git("merge", "--quiet", place.branch);
  w.pass(31);
  const sweep = () =>
    new Retention(w.context, { upkeep: w.upkeep, days: 30, signal: new AbortController().signal }).sweep();
  const before = await types(w, id);
  await sweep();
  await sweep();
  assertEquals(await types(w, id), before);
  assert((await Deno.stat(place.path)).isDirectory);
  arrive();
  await sweep();
  assertEquals((await types(w, id)).slice(before.length), ["work.exchanged", "worktree.removed", "raw_log.removed"]);
  assertEquals(await refs(), [`refs/heads/${place.branch}`]);
});

/** Another worker's clone gives the exchange a branch, which is not known here. */
async function giveElsewhere(w: UpkeepWorld, { bare, branch }: { bare: string; branch: string }): Promise<string> {
  const clone = join(dirname(bare), "clone");
  await git(dirname(bare), "clone", "--quiet", "--no-local", w.repository.path, clone);
  const identity = ["-c", "user.name=Other", "-c", "user.email=other@example.com"];
  await git(clone, ...identity, "commit", "--quiet", "--allow-empty", "--message=Elsewhere");
  await git(clone, "push", "--quiet", "--force", bare, `HEAD:refs/heads/${branch}`);
  return (await git(clone, "rev-parse", "HEAD")).trim();
}

Deno.test("what another worker gave of an earlier attempt is kept beside the work of whoever has the task now", async () => {
  const { w, arrive, bare, refs } = await exchangeWorld();
  await using _ = w;
  arrive();
  const { id, place } = await w.done();
  const other = await giveElsewhere(w, { bare, branch: place.branch });
  assertEquals(await giveResting(w.context, (await w.context.store.log.head(id))!, { tells: true }), true);
  assertEquals(await refs(), [`refs/coder/kept/task-${id}-${other.slice(0, 12)}`, `refs/heads/${place.branch}`]);
  const own = (await git(place.path, "rev-parse", "HEAD")).trim();
  assertEquals((await git(bare, "rev-parse", `refs/heads/${place.branch}`)).trim(), own);
});

Deno.test("who lost a task leaves the branch of who has it now as it is, and says nothing of its own", async () => {
  const { w, arrive, bare, refs } = await exchangeWorld();
  await using _ = w;
  arrive();
  const { id, place } = await w.done();
  const head = (await w.context.store.log.head(id))!;
  await w.give(id, { type: "retry" });
  const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
  await w.give(id, { type: "claim", worker: "worker-2", mark: crypto.randomUUID(), why });
  const other = await giveElsewhere(w, { bare, branch: place.branch });
  const before = await types(w, id);
  assertEquals(await giveResting(w.context, head, { tells: true }), false);
  assertEquals(await refs(), [`refs/heads/${place.branch}`]);
  assertEquals((await git(bare, "rev-parse", `refs/heads/${place.branch}`)).trim(), other);
  assertEquals(await types(w, id), before);
});

Deno.test("what cannot be given holds up no other task's work for long", async () => {
  const { w, arrive, refs } = await exchangeWorld();
  await using _ = w;
  arrive();
  const [first, second] = [await w.done("First"), await w.done("Second")];
  const { exchange, store: { notes } } = w.context;
  const give: typeof exchange.give = (place, options) =>
    options.task === first.id ? Promise.reject(new Error("It never goes")) : exchange.give(place, options);
  w.context.exchange = { ...exchange, give };
  await notes.changeUnsent("worker-1", () => [first.id, second.id]);
  await giveUnsent(w.context, running);
  assertEquals([await refs(), await notes.unsent("worker-1")], [[], [second.id, first.id]]);
  await giveUnsent(w.context, running);
  assertEquals(await refs(), [`refs/heads/${second.place.branch}`]);
  assertEquals(await notes.unsent("worker-1"), [first.id]);
});

Deno.test("a store that is away for a moment while work is given does not make it fail", async () => {
  const { w, arrive } = await exchangeWorld();
  await using _ = w;
  arrive();
  const { id } = await w.done();
  const { notes } = w.context.store;
  await notes.changeUnsent("worker-1", () => [id]);
  const change = notes.changeUnsent.bind(notes);
  let isAway = true;
  notes.changeUnsent = (worker, how) => {
    if (!isAway) return change(worker, how);
    isAway = false;
    return Promise.reject(new DomainError("unavailable", "The store does not answer"));
  };
  w.context.clock = { ...w.context.clock, sleep: () => Promise.resolve() };
  w.context.warn = () => {};
  assertEquals(await giveResting(w.context, (await w.context.store.log.head(id))!, { tells: true }), true);
  assertEquals(await notes.unsent("worker-1"), []);
});

Deno.test("of a task that is retried nothing stays to be given before its run", async () => {
  const { w, arrive } = await exchangeWorld();
  await using _ = w;
  const { id } = await w.done();
  await w.context.store.notes.changeUnsent("worker-1", () => [id]);
  await w.give(id, { type: "retry" });
  arrive();
  await giveUnsent(w.context, running);
  assertEquals(await w.context.store.notes.unsent("worker-1"), []);
});
