// git's record of a new worktree, made as `git worktree add --no-checkout --lock` makes it, file by file and in its order. That
// one reads the records and branches of all others three times over, which takes 0.1 s beside two thousand. What it looks for
// there its callers know already: the branch is checked out nowhere, and the path is nobody's. The log of HEAD begins with the
// call that brings the files.
//
// Where a repository is not of the plain kind (an extension, other permissions, settings from elsewhere) git does it itself.
// A kill leaves what a killed git leaves.

import { join } from "@std/path";
import { git } from "./git.ts";
import { branchRef } from "./ref_names.ts";
import { configurationFor } from "./trusted_configuration.ts";

/** Why the record is locked until the files are there, as git says it itself. */
const reason = "initializing";
/** The length of a name of which git makes something else for its record. */
const longest = 200;

/** What is checked out: a branch, by its short name, or a commit. */
export type Head = { branch: string } | { commit: string };

interface RecordOptions {
  /** The repository's own folder, and its git folder. */
  repo: string;
  common: string;
  /** The worktree's folder, a real path but for its name, at which there is nothing or an empty folder. */
  path: string;
  /** For the gits that are started. */
  env: Record<string, string>;
}

/** Makes folder and record of a worktree, locked and without files. Throws `DomainError("unavailable")` when git refuses. */
export async function recordWorktree(name: string, head: Head, options: RecordOptions): Promise<void> {
  if (!isPlain(options.common) || !writeRecord(name, head, options)) await recordByGit(head, options);
}

function isPlain(common: string): boolean {
  const { text } = configurationFor({ folder: common, common });
  return text !== null && !/^\s*\[\s*(extensions|include|includeif)\b|sharedrepository|userelativepaths/im.test(text);
}

/** False when the name of the record is taken: git would find another. */
function writeRecord(name: string, head: Head, { common, path }: RecordOptions): boolean {
  if (name.length > longest || name.endsWith(".lock") || name.endsWith(".")) return false;
  const folder = join(common, "worktrees", name);
  Deno.mkdirSync(join(common, "worktrees"), { recursive: true });
  try {
    Deno.mkdirSync(folder);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  Deno.writeTextFileSync(join(folder, "locked"), `${reason}\n`);
  Deno.mkdirSync(path, { recursive: true });
  const HEAD = "branch" in head ? `ref: ${branchRef(head.branch)}` : head.commit;
  const files = { gitdir: join(path, ".git"), HEAD, commondir: "../.." };
  for (const [file, line] of Object.entries(files)) Deno.writeTextFileSync(join(folder, file), `${line}\n`);
  Deno.writeTextFileSync(join(path, ".git"), `gitdir: ${folder}\n`);
  return true;
}

async function recordByGit(head: Head, { repo, path, env }: RecordOptions): Promise<void> {
  const what = "branch" in head ? [path, head.branch] : ["--detach", path, head.commit];
  await git(["worktree", "add", "--no-checkout", "--lock", "--reason", reason, ...what], { cwd: repo, env });
}
