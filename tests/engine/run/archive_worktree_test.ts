import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { exists, type UpkeepWorld, upkeepWorld } from "../upkeep_world.ts";

/** What the repository has beside its own: branches, book-keeping refs, entries, folders. */
async function leftIn({ repository }: UpkeepWorld): Promise<string[]> {
  const refs = await repository.git("for-each-ref", "--format=%(refname)");
  const folders = await Array.fromAsync(Deno.readDir(`${repository.path}-worktrees`)).catch(() => []);
  const entries = await Array.fromAsync(Deno.readDir(join(repository.path, ".git", "worktrees"))).catch(() => []);
  return [
    ...refs.split("\n").filter((ref) => ref !== "refs/heads/main"),
    ...[...folders, ...entries].map(({ name }) => name),
  ];
}

/** A task whose run was cut short at `moment` of making its worktree, by what that leaves behind. */
async function cutShort(w: UpkeepWorld, moment: "claim" | "branch" | "entry" | "mark"): Promise<number> {
  const id = await w.create("Half");
  const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
  await w.give(id, { type: "claim", worker: "worker-1", mark: crypto.randomUUID(), why });
  const name = `task-${id}-half`;
  const claim = `refs/coder/owned/${w.context.store.id}/${name}`;
  const path = join(`${w.repository.path}-worktrees`, name);
  if (moment === "mark") {
    await w.upkeep.add({ repo: "app", task: id, branch: name, base: "HEAD", baseCommit: null });
    return id;
  }
  await w.repository.git("update-ref", claim, "HEAD");
  if (moment !== "claim") await w.repository.git("branch", name);
  if (moment === "entry") {
    await w.repository.git("worktree", "add", "--no-checkout", path, name);
    await Deno.writeTextFile(join(w.repository.path, ".git", "worktrees", name, "locked"), "initializing");
  }
  return id;
}

Deno.test("archiveWorktree() removes what a run that was cut short left of its worktree, whatever was made already", async () => {
  for (const moment of ["claim", "branch", "entry", "mark"] as const) {
    await using w = await upkeepWorld();
    const id = await cutShort(w, moment);
    assertEquals((await leftIn(w)).length > 0, true, moment);
    await w.give(id, { type: "cancel" });
    const { status } = await w.finish(id, "lost");
    assertEquals([status, await leftIn(w)], ["cancelled", []], moment);
  }
});

Deno.test("archiveWorktree() leaves a half-made worktree alone in which somebody has worked, and those of other tasks", async () => {
  await using w = await upkeepWorld();
  const other = await w.create("Other");
  const kept = await w.begin(other);
  const id = await cutShort(w, "mark");
  const path = join(`${w.repository.path}-worktrees`, `task-${id}-half`);
  await Deno.writeTextFile(join(path, "mine.txt"), "A person's\n");
  await w.give(id, { type: "cancel" });
  assertEquals((await w.finish(id, "lost")).status, "cancelled");
  assertEquals([await exists(join(path, "mine.txt")), await exists(kept.path)], [true, true]);
});

Deno.test("archiveWorktree() removes nothing before the log has where the work is saved", async () => {
  await using w = await upkeepWorld();
  const id = await w.create();
  await w.begin(id);
  const { remove } = w.upkeep;
  let types: string[] = [];
  w.upkeep.remove = async (place) => {
    types = (await w.events(id)).map(({ type }) => type);
    await remove(place);
  };
  await w.finish(id, "failed");
  assertEquals(types.slice(-2), ["worktree.snapshotted", "work.saved"]);
});
