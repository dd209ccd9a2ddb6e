// What changed in a git folder between two looks at it (folder_look.ts), as far as that is nobody's right. Whole units come and
// go: worktrees are made and removed, submodules brought in. But a submodule's new git folder must not bring programs along:
// git takes up such a folder when the submodule is checked out later.

import {
  emptyUnit,
  guardedNames,
  isSame,
  type Look,
  modulesFolder,
  type Seen,
  textOf,
  top,
  type Unit,
  worktreesFolder,
} from "./folder_look.ts";

/** One path of a git folder that is not as it was. */
export interface Difference {
  unit: string;
  /** In the unit. */
  name: string;
  /** In the git folder. */
  path: string;
  change: "added" | "changed" | "removed";
  before: Seen | null;
  now: Seen | null;
}

/** Whether HEAD of a worktree's record, by its unit, may have moved by right; asked only when it has. */
export type MayMove = (unit: string, known: Unit) => boolean;

/** What differs, sorted by path. */
export function differencesBetween(before: Look, now: Look, mayMove: MayMove): Difference[] {
  const found: Difference[] = [];
  const ways = now.get(top)?.files ?? new Map<string, Seen>();
  for (const [path, known] of before) {
    const unit = now.get(path);
    if (unit === known) continue;
    // Gone is gone; but something else in its place, or in that of all of them, is no removal.
    if (unit === undefined && !ways.has(path) && !ways.has(path.split("/")[0]!)) continue;
    const isWorktree = path.startsWith(`${worktreesFolder}/`);
    const guarded = isWorktree ? guardedNames(known) : null;
    const counts = ({ name }: Difference) =>
      guarded === null || guarded.includes(name) && !(name === "HEAD" && unit !== undefined && mayMove(path, known));
    found.push(...differencesIn(path, known, unit ?? emptyUnit()).filter(counts));
  }
  for (const [path, unit] of now) {
    if (before.has(path) || !path.startsWith(`${modulesFolder}/`)) continue;
    found.push(...differencesIn(path, emptyUnit(), unit).filter(({ name, now }) => !isPlain(name, now!)));
  }
  return found.sort((one, other) => one.path < other.path ? -1 : 1);
}

function differencesIn(unit: string, { files: before }: Unit, { files: now }: Unit): Difference[] {
  const found: Difference[] = [];
  const at = (name: string) => ({ unit, name, path: pathOf(unit, name) });
  for (const [name, was] of before) {
    const is = now.get(name);
    if (is === undefined) found.push({ ...at(name), change: "removed", before: was, now: null });
    else if (!isSame(was, is)) found.push({ ...at(name), change: "changed", before: was, now: is });
  }
  for (const [name, is] of now) {
    if (!before.has(name)) found.push({ ...at(name), change: "added", before: null, now: is });
  }
  return found;
}

/** The path in the git folder of what is in a unit. */
export function pathOf(unit: string, name: string): string {
  return unit === top ? name : `${unit}/${name}`;
}

/** Sections and keys that git itself writes when it brings a submodule in; none of them leads to a program. */
const plainSections = /^\[(core|extensions|user|(remote|branch|submodule) "[^"\\]*")\]$/;
const plainKeys = new RegExp(
  "^(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|objectformat|refstorage|" +
    "partialclone|worktree|url|fetch|tagopt|promisor|partialclonefilter|remote|merge|rebase|active|name|email) *=",
  "i",
);

/** Whether a file of a submodule's new git folder is as git makes it. */
function isPlain(name: string, seen: Seen): boolean {
  if (seen.kind !== "file") return false;
  if (name === "config") {
    const lines = textOf(seen).split("\n").map((line) => line.trim()).filter((line) => line !== "");
    return lines.length > 0 && lines.every((line) => plainSections.test(line) || plainKeys.test(line));
  }
  if (name === "info/exclude" || name === "info/sparse-checkout") return true;
  return name.startsWith("hooks/") && name.endsWith(".sample");
}
