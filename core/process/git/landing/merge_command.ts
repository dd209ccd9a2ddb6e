// `git merge` in a checkout, where neither the repository's nor the user's configuration has a say: nothing is stashed,
// signed, verified or overwritten.

import { messageOf } from "../../../domain/error.ts";
import { git } from "../git.ts";
import { treeEnvironment } from "../worktree_index.ts";
import { listed } from "./words.ts";

/** For `mergeIn`. */
export interface MergeCommand {
  /** The full name of the branch that is checked out; null when none is. */
  branch: string | null;
  options: string[];
  commit: string;
  env: Record<string, string>;
}

/** `isDone`: all is committed. Else what git says, in a line, and the files that it names. */
export type MergeAnswer = { isDone: true; reason: null } | { isDone: false; reason: string; files: string[] };

/** A variable with an empty value, because the name of a branch may hold an equals sign. */
const EMPTY = "PERSONAL_GIT_EMPTY";

const CONFIG = ["-c", "rerere.enabled=false", "-c", "i18n.commitEncoding=UTF-8"];

const OPTIONS = [
  ...["--commit", "--no-squash", "--no-autostash", "--no-gpg-sign", "--no-verify-signatures", "--no-overwrite-ignore"],
  ...["--quiet", "--no-stat", "--no-progress"],
];

/** Merges in the checkout with that git folder and path. Never throws what git refuses. */
export async function mergeIn(
  checkout: { folder: string; path: string },
  { branch, options, commit, env }: MergeCommand,
): Promise<MergeAnswer> {
  const own = branch === null
    ? []
    : [`--config-env=branch.${branch.slice("refs/heads/".length)}.mergeOptions=${EMPTY}`];
  try {
    const { code, complaint } = await git([...own, ...CONFIG, "merge", ...OPTIONS, ...options, commit], {
      cwd: checkout.path,
      env: { ...treeEnvironment(checkout), ...env, [EMPTY]: "" },
      content: true,
      codes: [1, 2, 128],
    });
    return code === 0 ? { isDone: true, reason: null } : { isDone: false, ...refusalIn(complaint) };
  } catch (error) {
    return { isDone: false, reason: messageOf(error), files: [] };
  }
}

/** git names files in lines of their own, after a tab. */
function refusalIn(complaint: string): { reason: string; files: string[] } {
  const lines = complaint.split("\n");
  const files = [...new Set(lines.filter((line) => line.startsWith("\t")).map((line) => line.slice(1)))].sort();
  const telling = lines.filter((line) => /^(error|fatal): /.test(line)).map((line) => line.replace(/^\w+: /, ""));
  const reason = [...new Set(telling)].join(" ").replace(/:$/, "") || lines[0]!;
  return { reason: files.length > 0 ? `${reason}: ${listed(files)}` : reason, files };
}
