// The rows that a file's diff is drawn as: its lines, unified or side by side, what is not shown between them, and the places
// of comments. Pure.

import type { CommentSide } from "../../core/view/review_view.ts";
import type { DiffFile, DiffLine } from "./unified_diff.ts";

/** Lines of the file that the diff does not show, before hunk `index` or after the last one. */
export interface Gap {
  index: number;
  /** How many; null at the end of a file whose length is not known. */
  hidden: number | null;
  /** What git wrote beside the hunk that follows. */
  header: string;
  /** Whether lines can be shown next to what is above, and to what is below. */
  down: boolean;
  up: boolean;
}

/** How many lines of each gap are shown after what is above it (`head`) and before what is below it (`tail`). */
export type Opened = Readonly<Record<number, { head: number; tail: number }>>;

export type DiffRow =
  /** `other` is the line that stands for it on the other side. */
  | { kind: "line"; line: DiffLine; other: DiffLine | null }
  | { kind: "pair"; left: DiffLine | null; right: DiffLine | null }
  | { kind: "gap"; gap: Gap }
  | { kind: "thread"; place: string; line: DiffLine };

/** The lines of a text as a diff counts them. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Whether `lines` are what the diff is of; they are not when the file has changed since. */
export function isOf(file: DiffFile, lines: readonly string[]): boolean {
  return file.hunks.every((hunk) =>
    hunk.lines.every((line) => line.kind === "note" || line.kind === "del" || lines[line.after - 1] === line.text)
  );
}

/** The lines and gaps of a file. `lines` are those of the new file; null until they are read. */
export function withContext(file: DiffFile, opened: Opened, lines: readonly string[] | null): (DiffLine | Gap)[] {
  const items: (DiffLine | Gap)[] = [];
  const hasGaps = file.change === "changed" || file.change === "renamed";
  let before = 1;
  let after = 1;
  file.hunks.forEach((hunk, index) => {
    const hidden = hunk.after - after;
    if (hasGaps) {
      items.push(...gapItems({ index, hidden, header: hunk.header, before, after, isLast: false }, opened, lines));
    }
    for (const line of hunk.lines) items.push(line);
    before = hunk.before + hunk.lines.filter(({ kind }) => kind === "same" || kind === "del").length;
    after = hunk.after + hunk.lines.filter(({ kind }) => kind === "same" || kind === "add").length;
  });
  const index = file.hunks.length;
  const isEnd = lines ? after > lines.length : endsFile(file);
  if (hasGaps && index > 0 && !isEnd) {
    const hidden = lines ? lines.length - after + 1 : null;
    items.push(...gapItems({ index, hidden, header: "", before, after, isLast: true }, opened, lines));
  }
  return items;
}

/** git shows three lines after a change where there are as many. */
function endsFile({ hunks }: DiffFile): boolean {
  const last = hunks.at(-1)?.lines.slice(-3) ?? [];
  return last.length < 3 || last.some(({ kind }) => kind !== "same");
}

function gapItems(
  gap: { index: number; hidden: number | null; header: string; before: number; after: number; isLast: boolean },
  opened: Opened,
  lines: readonly string[] | null,
): (DiffLine | Gap)[] {
  const { index, hidden, header, before, after, isLast } = gap;
  if (hidden !== null && hidden <= 0) return [];
  const { head, tail } = lines && hidden !== null ? opened[index] ?? { head: 0, tail: 0 } : { head: 0, tail: 0 };
  const shownHead = Math.min(head, hidden ?? 0);
  const shownTail = Math.min(tail, (hidden ?? 0) - shownHead);
  const shown = (from: number, count: number): DiffLine[] =>
    Array.from({ length: count }, (_, step) => ({
      kind: "same",
      text: lines?.[after + from + step - 1] ?? "",
      before: before + from + step,
      after: after + from + step,
    }));
  const left = hidden === null ? null : hidden - shownHead - shownTail;
  return [
    ...shown(0, shownHead),
    ...(left === 0 ? [] : [{ index, hidden: left, header, down: after > 1, up: !isLast }]),
    ...shown((hidden ?? 0) - shownTail, shownTail),
  ];
}

/** One row for each line, or for each two that stand side by side. */
export function diffRows(items: readonly (DiffLine | Gap)[], split: boolean): DiffRow[] {
  const rows: DiffRow[] = [];
  let dels: DiffLine[] = [];
  let adds: DiffLine[] = [];
  const flush = () => {
    if (split) {
      for (let at = 0; at < Math.max(dels.length, adds.length); at++) {
        rows.push({ kind: "pair", left: dels[at] ?? null, right: adds[at] ?? null });
      }
    } else {
      dels.forEach((line, at) => rows.push({ kind: "line", line, other: adds[at] ?? null }));
      adds.forEach((line, at) => rows.push({ kind: "line", line, other: dels[at] ?? null }));
    }
    dels = [];
    adds = [];
  };
  for (const item of items) {
    if ("index" in item) {
      flush();
      rows.push({ kind: "gap", gap: item });
    } else if (item.kind === "del") {
      if (adds.length > 0) flush();
      dels.push(item);
    } else if (item.kind === "add") {
      adds.push(item);
    } else if (item.kind === "note" && adds.length + dels.length > 0) {
      // Where it stands says of which side it is.
      (adds.length > 0 ? adds : dels).push(item);
    } else {
      flush();
      rows.push(split ? { kind: "pair", left: item, right: item } : { kind: "line", line: item, other: null });
    }
  }
  flush();
  return rows;
}

/** Where a comment on a line stands; null: nobody can comment on it. */
export function placeOf(line: DiffLine): string | null {
  if (line.kind === "note") return null;
  return line.kind === "del" ? placeName("old", line.before) : placeName("new", line.after);
}

export function placeName(side: CommentSide, line: number): string {
  return `${side}:${line}`;
}

/** The rows with one more after each line at which there is something to say. */
export function withThreads(rows: readonly DiffRow[], places: ReadonlySet<string>): DiffRow[] {
  if (places.size === 0) return [...rows];
  return rows.flatMap((row) => {
    const lines = row.kind === "line" ? [row.line] : row.kind === "pair" ? [row.left, row.right] : [];
    const threads: DiffRow[] = [];
    for (const line of new Set(lines)) {
      const place = line && placeOf(line);
      if (line && place && places.has(place)) threads.push({ kind: "thread", place, line });
    }
    return [row, ...threads];
  });
}

/** The lines by their place. */
export function linesByPlace(items: readonly (DiffLine | Gap)[]): Map<string, DiffLine> {
  const lines = new Map<string, DiffLine>();
  for (const item of items) {
    const place = "index" in item ? null : placeOf(item);
    if (place && !("index" in item)) lines.set(place, item);
  }
  return lines;
}
