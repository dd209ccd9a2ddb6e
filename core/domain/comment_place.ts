// Where a comment stands in a file that has changed since: with its line, wherever that went. Pure.

const longLine = 1_000;

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
  const wanted = quote.replace(/\r$/, "");
  // Of a long line a page quotes the start.
  const isIt = (text: string | undefined) =>
    text === wanted || (wanted.length >= longLine && text !== undefined && text.startsWith(wanted));
  if (isIt(lines?.[line - 1])) return { line, outdated: false };
  // One without text says nothing of where it is.
  if (!lines || wanted.trim() === "") return { line, outdated: true };
  let found: number | null = null;
  for (const [index, text] of lines.entries()) {
    if (!isIt(text)) continue;
    if (found === null || Math.abs(index + 1 - line) < Math.abs(found - line)) found = index + 1;
  }
  return found === null ? { line, outdated: true } : { line: found, outdated: false };
}
