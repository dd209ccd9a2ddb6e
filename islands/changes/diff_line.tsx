// One line of a diff: its number, which takes a comment, and its code.

import type { ColouredPart } from "../code/colours.ts";
import { placeOf } from "./diff_rows.ts";
import { lineParts } from "../code/line_parts.ts";
import type { DiffLine } from "./unified_diff.ts";
import type { WordMark } from "./word_diff.ts";

/** Longer lines are cut, in UTF-16 units. */
const lengthMax = 4_000;

export interface LineLooks {
  colours: ReadonlyMap<DiffLine, ColouredPart[]>;
  marks: ReadonlyMap<DiffLine, WordMark[]>;
}

export function numbers(line: DiffLine): { before: number | null; after: number | null } {
  return { before: "before" in line ? line.before : null, after: "after" in line ? line.after : null };
}

/** A number that nothing can be said at. */
export function PlainNumber({ line, number }: { line: DiffLine | null; number: number | null }) {
  return <td class={`number num diff-${line?.kind ?? "none"}`}>{number}</td>;
}

/** The number of a line on the side that a comment on it is for. Only one of a block is reached by Tab, the others by arrows. */
export function LineNumber({ line, isFirst }: { line: DiffLine | null; isFirst: boolean }) {
  const place = line && placeOf(line);
  if (!line || !place) return <PlainNumber line={line} number={null} />;
  const { before, after } = numbers(line);
  return (
    <td class={`number num diff-${line.kind}`}>
      <button
        type="button"
        class="line-number"
        data-place={place}
        tabIndex={isFirst ? 0 : -1}
        aria-label={line.kind === "del" ? `Comment on removed line ${before}` : `Comment on line ${after}`}
      >
        {line.kind === "del" ? before : after}
      </button>
    </td>
  );
}

const none: never[] = [];

export function Code({ line, looks }: { line: DiffLine | null; looks: LineLooks }) {
  if (!line) return <td class="code none" />;
  const text = line.text.slice(0, lengthMax);
  const parts = lineParts(text, looks.colours.get(line) ?? none, looks.marks.get(line) ?? none);
  return (
    <td class={`code diff-${line.kind}`}>
      <bdi>
        {parts.map(({ text, colour, marked }, index) =>
          colour || marked
            ? <span key={index} class={`${colour ? `code-${colour}` : ""}${marked ? " marked" : ""}`}>{text}</span>
            : text
        )}
      </bdi>
    </td>
  );
}
