// Places in files that a text names: `src/a.ts:12`, `/w/task-1/src/a.ts:12:5`. Pure, and linear in the text.

import { languageOf } from "../code/languages.ts";

/** A file of a task's work, by its path within the repository, and a line of it where one is named. */
export interface FilePlace {
  path: string;
  line: number | null;
}

export interface FoundPlace extends FilePlace {
  /** UTF-16 units of the text. */
  from: number;
  to: number;
}

// What stands before it is no part of a path or URL, so that each stretch of such characters is looked at once.
const places =
  /(?<![\w@.+~/:%?=&#-])((?:\.{1,2})?\/?(?:[\w@.+-]+\/)*[\w@+-][\w@.+-]*):(\d{1,7})(?::\d{1,5})?(?![\w/.]\w)/g;

/** Those that can be within `worktree`, in their order. */
export function placesIn(text: string, worktree: string | null): FoundPlace[] {
  const found: FoundPlace[] = [];
  for (const match of text.matchAll(places)) {
    const path = withinWorktree(match[1]!, worktree);
    // `12:30` and `localhost:8000` are none.
    if (path === null || (!path.includes("/") && languageOf(path) === null) || !/[a-z]/i.test(path)) continue;
    found.push({ path, line: Number(match[2]), from: match.index, to: match.index + match[0].length });
  }
  return found;
}

/** A path as the agent names it, as one within the repository; null when it is none. */
export function withinWorktree(path: string, worktree: string | null): string | null {
  let inner = path;
  if (worktree !== null && path.startsWith(`${worktree}/`)) inner = path.slice(worktree.length + 1);
  inner = inner.replace(/^(?:\.\/)+/, "");
  return inner === "" || inner.startsWith("/") || inner.split("/").some((part) => /^(|\.|\.\.)$/.test(part))
    ? null
    : inner;
}
