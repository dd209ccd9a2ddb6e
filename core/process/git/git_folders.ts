// Which git folder a call of git works in, read from the files as git reads them, without a git.

import { dirname, join, resolve } from "@std/path";
import type { RunOptions } from "../subprocess.ts";
import { isFolder, readTextIfThere } from "./small_files.ts";

/** Of one call; real paths. */
export interface GitFolders {
  /** Of the worktree: with HEAD and index. */
  folder: string;
  /** Shared by all worktrees: with configuration, refs and objects. */
  common: string;
}

/** The folders for a call with this working folder and environment; null where there is no repository. */
export function gitFoldersOf({ cwd = Deno.cwd(), env }: Pick<RunOptions, "cwd" | "env">): GitFolders | null {
  try {
    const folder = Deno.realPathSync(env?.GIT_DIR === undefined ? discovered(cwd) : resolve(cwd, env.GIT_DIR));
    const common = readTextIfThere(join(folder, "commondir"));
    return { folder, common: common === null ? folder : Deno.realPathSync(resolve(folder, common)) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** What `.git` in a folder, or in the nearest one around it, is or leads to. Throws `Deno.errors.NotFound`. */
function discovered(cwd: string): string {
  for (let at = Deno.realPathSync(cwd);; at = dirname(at)) {
    const path = join(at, ".git");
    const link = readTextIfThere(path);
    if (link?.startsWith("gitdir: ")) return resolve(at, link.slice("gitdir: ".length));
    if (link === null && isFolder(path)) return path;
    if (at === dirname(at)) throw new Deno.errors.NotFound(`${cwd} is in no repository`);
  }
}
