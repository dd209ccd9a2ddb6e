// A task's work as one file for another clone, and such a file taken in: what its branch, its saved moments and its steps hold.

import { join } from "@std/path";
import { DomainError } from "../../domain/error.ts";
import { git, linesOf } from "./git.ts";
import { listRefs } from "./git_refs.ts";
import { branchRef, isStepsRef, isWorkRef, keptRef, pointRef, taskRefs } from "./ref_names.ts";
import type { Site } from "./sites.ts";
import { diffFolder } from "./worktree_diff.ts";
import type { Place } from "./worktrees.ts";

/** See `Outgoing.bundle`. */
export async function bundleOf(
  site: Site,
  place: Place,
  { task, thin }: { task: number; thin: boolean },
): Promise<(AsyncDisposable & { path: string }) | null> {
  const { branch } = place;
  const refs = await listRefs(site.repo, branchRef(branch), taskRefs(task), `${keptRef(task)}-*`);
  const names = refs.map(({ name }) => name)
    .filter((name) => isWorkRef(name, { branch, task }) || isStepsRef(name, task));
  if (names.length === 0) return null;
  const folder = diffFolder(site.common);
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, `${crypto.randomUUID()}.bundle`);
  const remove = () => Deno.remove(path).catch(() => {});
  try {
    const without = thin ? [`^${place.base_commit}`] : [];
    await git(["bundle", "create", "--quiet", path, ...names, ...without], { cwd: site.repo });
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** See `Outgoing.takeBundle`. */
export async function takeBundle(
  site: Site,
  path: string,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const heads = linesOf((await git(["bundle", "list-heads", path], { cwd: site.repo })).text);
  const refspecs = heads.flatMap((line) => {
    const name = line.slice(line.indexOf(" ") + 1);
    const here = nameHere(name, { from, to });
    return here === null ? [] : [`${name}:${here}`];
  });
  if (refspecs.length === 0) throw new DomainError("invalid", "The bundle of the file has no work of its task");
  await site.takeTurn(async () => {
    // What a stranger made is looked at before anything of it is taken.
    const args = ["-c", "fetch.fsckObjects=true", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
    await git([...args, "--no-auto-maintenance", path, ...refspecs], {
      ...{ cwd: site.repo, env: { GIT_ALLOW_PROTOCOL: "file" } },
    });
  });
}

/** A ref of task `from` as one of task `to`; null for what is none that an export has. */
function nameHere(name: string, { from, to }: { from: number; to: number }): string | null {
  if (/^refs\/heads\/[A-Za-z0-9._-]+$/.test(name)) return pointRef(to, "branch-0");
  for (const start of [taskRefs, (task: number) => `${keptRef(task)}-`]) {
    const rest = name.startsWith(start(from)) ? name.slice(start(from).length) : "";
    if (/^[a-z0-9][A-Za-z0-9_/-]*$/.test(rest)) return start(to) + rest;
  }
  return null;
}
