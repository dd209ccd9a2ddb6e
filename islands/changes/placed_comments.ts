// Which comment stands at which line of what is shown, and which have no line there. Pure.

import type { CommentView } from "../../core/view/review_view.ts";
import { placeName } from "./diff_rows.ts";
import type { DiffFile, DiffLine } from "./unified_diff.ts";

export interface PlacedComments {
  /** By place. */
  at: ReadonlyMap<string, CommentView[]>;
  /** Outdated, or on a line that is not shown. */
  elsewhere: CommentView[];
}

/** The comments of a file, also by its name before it was renamed. */
export function commentsOf(file: DiffFile, comments: readonly CommentView[]): CommentView[] {
  return comments.filter(({ path, side }) =>
    side !== "plan" && (path === file.path || (side === "old" && path === file.from))
  );
}

/** A comment stands only at the line that it speaks of: other points may show another one by that number. */
export function placedComments(
  comments: readonly CommentView[],
  lines: ReadonlyMap<string, DiffLine>,
): PlacedComments {
  const at = new Map<string, CommentView[]>();
  const elsewhere: CommentView[] = [];
  for (const comment of comments) {
    const place = placeName(comment.side, comment.line);
    const line = lines.get(place);
    if (comment.outdated || !line || !isSameLine(line.text, comment.quote)) elsewhere.push(comment);
    else at.set(place, [...at.get(place) ?? [], comment]);
  }
  return { at, elsewhere };
}

/** A quote may have been cut. */
function isSameLine(line: string, quote: string): boolean {
  return line.trimEnd() === quote.trimEnd() || (quote.length >= 200 && line.startsWith(quote));
}

/** Comments of files that are not among `files`. */
export function commentsElsewhere(files: readonly DiffFile[], comments: readonly CommentView[]): CommentView[] {
  const known = new Set(files.flatMap((file) => commentsOf(file, comments)));
  return comments.filter((comment) => comment.side !== "plan" && !known.has(comment));
}
