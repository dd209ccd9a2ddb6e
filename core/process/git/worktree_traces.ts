// What a repository holds because of us, whether or not the log knows of it.

import { basename } from "@std/path";
import { listRefs } from "./git_refs.ts";
import { isOurs } from "./ownership.ts";
import { branchRef, isOwnedRef, ourRefs, ownedRef } from "./ref_names.ts";
import type { Site } from "./sites.ts";
import { listEntries } from "./worktree_entry.ts";
import type { Traces } from "./worktrees.ts";

/** See `WorktreeUpkeep.traces`. */
export async function tracesOf(site: Site): Promise<Traces> {
  const prefix = ownedRef(site.store, "");
  const claims = new Map(
    (await listRefs(site.repo, prefix)).map(({ name, commit }) => [name.slice(prefix.length), commit]),
  );
  const branches = new Set((await listRefs(site.repo, branchRef(""))).map(({ name }) => name));
  const own = listEntries(site.common).filter((entry) =>
    entry.path !== "" && isOurs(site, entry, claims.get(basename(entry.path)) ?? null)
  );
  const names = new Set(own.map((entry) => basename(entry.path)));
  const saved = await listRefs(site.repo, ourRefs);
  return {
    worktrees: own.map(({ path, mark }) => ({ path, branch: basename(path), task: mark?.task ?? null })),
    branches: [...claims.keys()].filter((name) => branches.has(branchRef(name)) && !names.has(name)),
    saved: saved.filter(({ name }) => !isOwnedRef(name)),
  };
}
