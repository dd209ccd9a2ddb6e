// A commit merged into what is checked out in a task's worktree, for the agent to resolve what conflicts.

import { join } from "@std/path";
import { DomainError } from "../../../domain/error.ts";
import { markVariable } from "../../process_table.ts";
import { namesIn, textOf } from "../byte_names.ts";
import { git } from "../git.ts";
import { standingEntry } from "../ownership.ts";
import type { Located } from "../sites.ts";
import { readTextIfThere } from "../small_files.ts";
import { turnMark } from "../turns.ts";
import type { Entry } from "../worktree_entry.ts";
import { MAX_LIST_BYTES, treeEnvironment } from "../worktree_index.ts";
import { mergeIn } from "./merge_command.ts";
import { identityFor, wholeLines } from "./new_commit.ts";
import { requireFullId } from "./target.ts";
import { operationIn } from "./target_checkouts.ts";

/** See `Landings.mergeInto`. */
export async function mergeInto(
  { site, path }: Located,
  { commit, message }: { commit: string; message: string },
): Promise<{ conflicts: string[] }> {
  requireFullId(commit);
  const entry = await standingEntry(site, path);
  if (entry === null) throw new DomainError("not_found", `There is no worktree ${path}`);
  return await site.takeTurn(async () => {
    if (!isMerging(entry, commit)) {
      const operation = operationIn(entry.folder);
      if (operation !== null) throw refusal(entry, `it is in the middle of ${operation}`);
      const { isDone, reason } = await mergeIn(entry, {
        branch: entry.branch,
        options: ["--ff", "--no-edit", "--no-log", "--no-signoff", "--cleanup=verbatim", "-m", wholeLines(message)],
        commit,
        // Whoever has the next turn ends it, should it outlive us.
        env: { ...await identityFor(site.repo), [markVariable(await turnMark(site.common))]: "1" },
      });
      if (isDone) return { conflicts: [] };
      if (!isMerging(entry, commit)) throw refusal(entry, reason);
    }
    return { conflicts: await unmergedFiles(entry) };
  });
}

function isMerging({ folder }: Entry, commit: string): boolean {
  return readTextIfThere(join(folder, "MERGE_HEAD")) === commit;
}

function refusal({ path }: Entry, reason: string): DomainError {
  return new DomainError("conflict", `Cannot merge in ${path}: ${reason}`);
}

async function unmergedFiles(entry: Entry): Promise<string[]> {
  const at = { cwd: entry.path, env: treeEnvironment(entry), maxOutputBytes: MAX_LIST_BYTES };
  // `{mode} {id} {stage}\t{name}`
  const { bytes } = await git(["ls-files", "--unmerged", "-z"], at);
  return [...new Set(namesIn(bytes).map((line) => line.slice(line.indexOf("\t") + 1)))].map(textOf).sort();
}
