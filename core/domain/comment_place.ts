// Where a comment stands in a file that has changed since: with its line, wherever that went. Pure.

/** `line`, from 1, is where it is now; of one that is outdated, where it was. */
export interface CommentPlace {
  line: number;
  outdated: boolean;
}

/** Finds a line by its text, the nearest to where it was. `lines`: of the file now; null: there is none. */
export function commentPlace(
  { line, quote }: { line: number; quote: string },
  lines: readonly string[] | null,
): CommentPlace {
  if (lines?.[line - 1] === quote) return { line, outdated: false };
  // One without text says nothing of where it is.
  if (!lines || quote.trim() === "") return { line, outdated: true };
  let found: number | null = null;
  for (const [index, text] of lines.entries()) {
    if (text !== quote) continue;
    if (found === null || Math.abs(index + 1 - line) < Math.abs(found - line)) found = index + 1;
  }
  return found === null ? { line, outdated: true } : { line: found, outdated: false };
}
