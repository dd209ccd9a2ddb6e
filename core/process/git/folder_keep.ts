// What changed in a git folder, kept as a commit before it is put back: the files as they are now, at their paths in that
// folder, and in the message what happened to each path.
//
// git must not go by the folder as it is meanwhile: its configuration may be broken, or gone, and say nothing of the hash any
// more. So the objects are written through a git folder of our own, and until a ref can be made, a note names the commit.

import { join } from "@std/path";
import { COMMITTER, git, gitLine, type GitOptions, isCommitId, linesOf } from "./git.ts";
import { createRef, looseCommit } from "./git_refs.ts";
import type { Difference } from "./folder_differences.ts";
import { largestKeptBytes, type Look, type Seen, textOf, top } from "./folder_look.ts";
import { folderRef, numbered } from "./ref_names.ts";
import type { Site } from "./sites.ts";
import { readTextIfThere, writeWhole } from "./small_files.ts";
import type { FolderChange, FolderWork } from "./worktrees.ts";

const keptAtMost = 200;
const scratch = "personal-coder.keep";

/** What is kept of a run. */
export interface KeptChanges {
  commit: string;
  changes: FolderChange[];
}

/**
 * What earlier calls for a run kept, be it that they came no further; null when that is nothing. By a git: only where one can
 * work.
 */
export async function keptOf(site: Site, of: FolderWork): Promise<KeptChanges | null> {
  const commit = keptCommit(site, of);
  if (commit === null) return null;
  const message = await gitLine(["show", "--no-patch", "--format=%b", commit], { cwd: site.repo });
  return { commit, changes: changesIn(message) };
}

/** Whether `keptOf` has an answer; without a git. */
export function keptCommit({ common }: Pick<Site, "common">, of: FolderWork): string | null {
  const noted = readTextIfThere(join(common, noteOf(of))) ?? "";
  return isCommitId(noted) ? noted : looseCommit({ repo: "", common }, folderRef(of));
}

/** Keeps what changed, with what earlier calls kept. `before`: says what the repository is. Callers hold its turn. */
export async function keepChanges(
  site: Site,
  found: Difference[],
  { before, ...of }: FolderWork & { before: Look },
): Promise<KeptChanges> {
  const folder = join(site.common, scratch);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(join(folder, "refs"), { recursive: true });
  try {
    const isSha256 = /^\s*objectformat\s*=\s*sha256/im.test(textOf(before.get(top)?.files.get("config")));
    const format = isSha256 ? "1\n[extensions]\n\tobjectformat = sha256\n" : "0\n";
    await Deno.writeTextFile(join(folder, "config"), `[core]\n\tbare = true\n\trepositoryformatversion = ${format}`);
    await Deno.writeTextFile(join(folder, "HEAD"), "ref: refs/heads/none\n");
    const env = { GIT_DIR: folder, GIT_OBJECT_DIRECTORY: join(site.common, "objects"), ...COMMITTER };
    const kept = await commitChanges(found, { at: { cwd: folder, env }, earlier: keptCommit(site, of), ...of });
    writeWhole(join(site.common, noteOf(of)), kept.commit);
    return kept;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Gives what is kept its ref, whose name it returns, now that git can go by the folder again. Callers hold the turn. */
export async function nameKept(site: Site, commit: string, of: FolderWork): Promise<string> {
  const { name } = await createRef(site, commit, { names: numbered(folderRef(of)) });
  await Deno.remove(join(site.common, noteOf(of))).catch(() => {});
  return name;
}

function noteOf({ task, run, during }: FolderWork): string {
  return `personal-coder.kept-${task}-${run}${during === undefined ? "" : `-${during}`}`;
}

interface Blob {
  mode: string;
  id: string;
}

async function commitChanges(
  found: Difference[],
  { at, earlier, task, run, during }: FolderWork & { at: GitOptions; earlier: string | null },
): Promise<KeptChanges> {
  const blobs = earlier === null ? new Map<string, Blob>() : await blobsIn(earlier, at);
  const before = earlier === null ? [] : changesIn(await gitLine(["show", "--no-patch", "--format=%b", earlier], at));
  const changes = new Map(before.map((change) => [change.path, change]));
  const isKnown = (path: string, blob: Blob | null) =>
    changes.has(path) && (blob === null || blobs.get(path)?.id === blob.id && blobs.get(path)?.mode === blob.mode);
  let isNew = false;
  for (const { path, change, now } of found) {
    const obstacle = now === null ? null : obstacleTo(now) ?? (blobs.size < keptAtMost ? null : "too many files");
    const blob = now === null || obstacle !== null ? null : await blobOf(now, at);
    if (isKnown(path, blob)) continue;
    isNew = true;
    if (blob !== null) blobs.set(path, blob);
    changes.set(path, { path, change, ...(obstacle !== null && { note: `not kept: ${obstacle}` }) });
  }
  const sorted = [...changes.values()].sort((one, other) => one.path < other.path ? -1 : 1);
  if (!isNew && earlier !== null) return { commit: earlier, changes: sorted };
  const tree = await treeOf([...blobs], at);
  const message = [
    `Task ${task}, run ${run}${during === undefined ? "" : ` (${during})`}: changes in the git folder`,
    "",
    ...sorted.map(lineOf),
  ].join("\n");
  const commit = await gitLine(["commit-tree", tree, "-F", "-"], { ...at, stdin: message });
  return { commit, changes: sorted };
}

/** Why the content of something is not kept; null when it is. */
function obstacleTo(seen: Seen): string | null {
  if (seen.kind === "other") return seen.isFolder ? "a folder" : "no regular file";
  if (seen.kind === "link" || seen.bytes !== null) return null;
  return seen.size > largestKeptBytes ? `larger than ${largestKeptBytes / 1024 / 1024} MiB` : "cannot be read";
}

async function blobOf(seen: Seen, at: GitOptions): Promise<Blob> {
  const content = seen.kind === "link" ? seen.target : seen.kind === "file" ? seen.bytes! : "";
  const mode = seen.kind === "link" ? "120000" : (seen.mode & 0o111) !== 0 ? "100755" : "100644";
  return { mode, id: await gitLine(["hash-object", "-w", "--stdin"], { ...at, stdin: content }) };
}

/** A tree of blobs by their paths. By no index, which refuses names that a hook may have. */
async function treeOf(blobs: [path: string, blob: Blob][], at: GitOptions): Promise<string> {
  const folders = Map.groupBy(blobs, ([path]) => path.includes("/") ? path.slice(0, path.indexOf("/")) : "");
  const lines = (folders.get("") ?? []).map(([name, { mode, id }]) => `${mode} blob ${id}\t${name}\0`);
  for (const [folder, inside] of folders) {
    if (folder === "") continue;
    const within = inside.map(([path, blob]): [string, Blob] => [path.slice(folder.length + 1), blob]);
    lines.push(`040000 tree ${await treeOf(within, at)}\t${folder}\0`);
  }
  return await gitLine(["mktree", "-z"], { ...at, stdin: lines.join("") });
}

async function blobsIn(commit: string, at: GitOptions): Promise<Map<string, Blob>> {
  const { text } = await git(["ls-tree", "-r", "-z", commit], at);
  const entries = text.split("\0").map((line) => /^(\d+) blob ([0-9a-f]+)\t([^]*)$/.exec(line));
  return new Map(
    entries.filter((entry) => entry !== null).map(([, mode, id, path]) => [path!, { mode: mode!, id: id! }]),
  );
}

/** `added "hooks/pre-commit" (not kept: no regular file)` */
function lineOf({ change, path, note }: FolderChange): string {
  return `${change} ${JSON.stringify(path)}${note === undefined ? "" : ` (${note})`}`;
}

function changesIn(message: string): FolderChange[] {
  return linesOf(message).flatMap((line) => {
    const [, change, path, note] = /^(added|changed|removed) (".*")(?: \((.*)\))?$/.exec(line) ?? [];
    if (change === undefined) return [];
    return [{
      path: JSON.parse(path!) as string,
      change: change as FolderChange["change"],
      ...(note !== undefined && { note }),
    }];
  });
}
