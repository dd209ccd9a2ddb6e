// The branch that work lands in.

import { join } from "@std/path";
import { DomainError } from "../../../domain/error.ts";
import { gitLine, isCommitId, isRevision } from "../git.ts";
import { commitOf, listRefs } from "../git_refs.ts";
import { branchRef } from "../ref_names.ts";
import type { Site } from "../sites.ts";
import { readTextIfThere } from "../small_files.ts";

/** Whether git would make a branch of that name (`git check-ref-format --branch`, without its shorthands). */
export function isBranchName(name: string): boolean {
  if (name === "" || name === "HEAD" || name.startsWith("-") || name.endsWith(".")) return false;
  // deno-lint-ignore no-control-regex
  if (/[\u0000- \u007f~^:?*[\\]|\.\.|@\{/.test(name)) return false;
  return name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Throws `DomainError("invalid")` unless a text can be the name of a branch. */
export function requireBranchName(name: string): void {
  if (isBranchName(name)) return;
  throw new DomainError("invalid", `Cannot land in ${JSON.stringify(name)}: it is no name of a branch`);
}

/** Throws `DomainError("invalid")` unless a text is a full commit id. */
export function requireFullId(commit: string): void {
  if (isCommitId(commit)) return;
  throw new DomainError("invalid", `Cannot land ${JSON.stringify(commit)}: it is no full commit id`);
}

/**
 * The commit that a target is at. Throws `DomainError("not_found")` when there is no such branch, and `DomainError("invalid")`
 * for a name that is none and for a branch that only stands for another.
 */
export async function requireTarget(site: Site, target: string): Promise<string> {
  requireBranchName(target);
  const commit = await targetCommit(site, target);
  if (commit === null) throw new DomainError("not_found", `There is no branch ${target} to land in`);
  return commit;
}

/** The commit of a local branch, or null. Throws as `requireTarget` for a branch that stands for another. */
export async function targetCommit({ repo, common }: Site, target: string): Promise<string | null> {
  // git is asked only where the branch has no file of its own.
  const text = readTextIfThere(join(common, branchRef(target)));
  if (text?.startsWith("ref: ")) {
    throw new DomainError("invalid", `Cannot land in ${target}: it stands for ${text.slice("ref: ".length)}`);
  }
  return text !== null && isCommitId(text) ? text : await commitOf(repo, branchRef(target));
}

/** See `Landings.defaultTarget`. */
export async function defaultTarget({ repo, common }: Site, base: string): Promise<string> {
  const at = { cwd: repo, codes: [1] };
  if (isRevision(base) && isBranchName(base)) {
    const beyondRemote = base.includes("/") ? base.slice(base.indexOf("/") + 1) : base;
    const [own, remote, local] = [branchRef(base), `refs/remotes/${base}`, branchRef(beyondRemote)];
    const names = new Set((await listRefs(repo, own, remote, local)).map(({ name }) => name));
    if (names.has(own)) return base;
    if (names.has(remote) && names.has(local)) return beyondRemote;
  }
  const branch = checkedOutBranch(common, repo) ?? await gitLine(["symbolic-ref", "--quiet", "--short", "HEAD"], at);
  if (branch !== "") return branch;
  throw new DomainError(
    "invalid",
    `Cannot tell where work from ${base} is to land: ${repo} has no branch checked out; name the branch`,
  );
}

/** The branch that HEAD of the repository itself names, where that is a file that says so; else null: git is asked. */
function checkedOutBranch(common: string, repo: string): string | null {
  if (common !== join(repo, ".git")) return null;
  const name = /^ref: refs\/heads\/(.+)\n$/.exec(readTextIfThere(join(common, "HEAD")) ?? "")?.[1];
  // `.invalid`: branches are kept in another form. A branch may stand for another one.
  if (name === undefined || name === ".invalid") return null;
  return readTextIfThere(join(common, branchRef(name)))?.startsWith("ref: ") ? null : name;
}
