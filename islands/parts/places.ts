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

const letter = "\\p{L}\\p{M}\\p{N}_";
/** With `[id]`, `[[...slug]]` and `(auth)` as frameworks have them; brackets around a whole path are no part of it. */
const sign = `[${letter}@.+$-]*`;
const segment = `${sign}(?:(?:\\[\\[?${sign}\\]\\]?|\\(${sign}\\))${sign})*`;
// What stands before it is no part of a path or URL, so that each stretch of such characters is looked at once.
const places = new RegExp(
  `(?<![${letter}@.+~/:%?=&#$)\\]-])((?:${segment}/)*${segment}):(\\d{1,7})(?::\\d{1,5})?(?![${letter}/.][${letter}])`,
  "gu",
);
/** Before a name that is the end of a path with a space, `src/a b.ts:4`. */
const cutPath = new RegExp(`[${letter}]/[${letter}-]+ $`, "u");
/** Names of files that are shown without colours. */
const moreEndings =
  /\.(?:txt|log|csv|dart|scala|zig|hs|clj|erl|jl|proto|gradle|properties|less|sass|astro|mdx|rst|tex|bat|nix)$/i;

/** Those that can be within `worktree`, in their order. */
export function placesIn(text: string, worktree: string | null): FoundPlace[] {
  const found: FoundPlace[] = [];
  for (const match of text.matchAll(places)) {
    const path = withinWorktree(match[1]!, worktree);
    // `12:30` and `localhost:8000` are none.
    if (path === null || !/\p{L}/u.test(path)) continue;
    if (!path.includes("/") && (!isFileName(path) || isCut(text, match.index))) continue;
    found.push({ path, line: Number(match[2]), from: match.index, to: match.index + match[0].length });
  }
  return found;
}

function isCut(text: string, at: number): boolean {
  return cutPath.test(text.slice(Math.max(0, at - 100), at));
}

function isFileName(name: string): boolean {
  return languageOf(name) !== null || moreEndings.test(name);
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
