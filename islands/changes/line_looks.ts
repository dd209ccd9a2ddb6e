// The looks of a block's lines: what changed within them, and their colours, which come later from the highlighter.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { ColouredPart } from "../code/colours.ts";
import type { LineLooks } from "./diff_line.tsx";
import type { DiffRow } from "./diff_rows.ts";
import { codePiece } from "../code/highlighter.ts";
import { useStore } from "../state/store.ts";
import type { DiffLine } from "./unified_diff.ts";
import { wordDiff, type WordMark } from "./word_diff.ts";

/** Rows before a block that are read with it: a text over many lines may have begun there. */
const leadRows = 80;

/** Of the rows `from` to `to`. */
export function useLooks(
  rows: readonly DiffRow[],
  span: { from: number; to: number },
  language: string | null,
): LineLooks {
  const { highlighter } = useStore();
  const colours = useSignal<ReadonlyMap<DiffLine, ColouredPart[]>>(new Map());
  const marks = useMemo(() => marksOf(rows.slice(span.from, span.to)), [rows, span.from, span.to]);
  useEffect(() => {
    const stops = (["new", "old"] as const).map((side) => {
      const { lines, lead } = sideLines(rows, span, side);
      const piece = codePiece(lines.map(({ text }) => text), language);
      if (piece === null) return null;
      return highlighter.read(piece, (answer) => {
        if (!answer) return;
        const more = new Map(colours.peek());
        lines.forEach((line, index) => {
          const parts = answer[index];
          if (parts && index >= lead && (side === "new" || line.kind === "del")) more.set(line, parts);
        });
        colours.value = more;
      });
    });
    return () => stops.forEach((stop) => stop?.());
  }, [rows, span.from, span.to, language]);
  return { colours: colours.value, marks };
}

/** The lines of one side that stand in a row, with those that lead to them; none when the side has no line of its own. */
function sideLines(
  rows: readonly DiffRow[],
  { from, to }: { from: number; to: number },
  side: "old" | "new",
): { lines: DiffLine[]; lead: number } {
  let start = from;
  while (start > 0 && from - start < leadRows && rows[start - 1]?.kind !== "gap") start--;
  const other = side === "new" ? "del" : "add";
  const of = (some: readonly DiffRow[]) =>
    some.flatMap((row): DiffLine[] => {
      const line = row.kind === "line"
        ? row.line
        : row.kind === "pair"
        ? (side === "new" ? row.right : row.left)
        : null;
      return line && line.kind !== other && line.kind !== "note" ? [line] : [];
    });
  const own = of(rows.slice(from, to));
  if (side === "old" && !own.some(({ kind }) => kind === "del")) return { lines: [], lead: 0 };
  const lead = of(rows.slice(start, from));
  return { lines: [...lead, ...own], lead: lead.length };
}

function marksOf(rows: readonly DiffRow[]): Map<DiffLine, WordMark[]> {
  const marks = new Map<DiffLine, WordMark[]>();
  for (const row of rows) {
    const [one, other] = row.kind === "line" ? [row.line, row.other] : row.kind === "pair" ? [row.left, row.right] : [];
    const del = one?.kind === "del" ? one : other?.kind === "del" ? other : null;
    const add = one?.kind === "add" ? one : other?.kind === "add" ? other : null;
    const diff = del && add && wordDiff(del.text, add.text);
    if (!diff) continue;
    marks.set(del, diff.before);
    marks.set(add, diff.after);
  }
  return marks;
}
