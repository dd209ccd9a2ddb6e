// Which paths lead to what is the repository's own: within it, through plain folders, and into nothing of git's. An agent
// writes in the worktree and may put anything in the way.

import { join } from "@std/path";
import { DomainError } from "../../domain/error.ts";

/** A path as git has it: relative, in one spelling, and nothing of git's own. */
export function requirePath(path: string): void {
  const isPlain = path.split("/").every((part) => !/^(|\.|\.\.|\.git)$/i.test(part));
  if (!isPlain || path.includes("\0") || path.length > 4096) {
    throw new DomainError(
      "invalid",
      `Cannot read ${JSON.stringify(path.slice(0, 200))}: no path within the repository`,
    );
  }
}

/** Whether every folder on the way is one, no link, and no repository of its own. */
export async function isWayPlain(top: string, path: string): Promise<boolean> {
  const parts = path.split("/").slice(0, -1);
  for (let count = 1; count <= parts.length; count++) {
    const folder = join(top, ...parts.slice(0, count));
    if (!(await Deno.lstat(folder)).isDirectory) return false;
    if (await Deno.lstat(join(folder, ".git")).then(() => true, () => false)) return false;
  }
  return true;
}
