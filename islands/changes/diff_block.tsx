// Some rows of a diff, drawn while they are near the view.

import type { ComponentChildren } from "preact";
import { Code, type LineLooks, LineNumber, numbers, PlainNumber } from "./diff_line.tsx";
import { type DiffRow, type Gap, placeOf } from "./diff_rows.ts";
import { GapRow } from "./gap_row.tsx";
import { useLooks } from "./line_looks.ts";
import { useNear } from "./near.ts";
import type { DiffLine } from "./unified_diff.ts";

export const blockRows = 20;
export const rowPx = 20;

interface DiffBlockProps {
  /** All rows of the file, and where this block begins among them. */
  rows: readonly DiffRow[];
  from: number;
  /** Whether it is drawn before anything is known of the view. */
  isFirst: boolean;
  split: boolean;
  language: string | null;
  label: string;
  /** Null: nobody can comment. */
  onComment: ((place: string) => void) | null;
  onOpen: ((gap: Gap, way: "down" | "up" | "all") => void) | null;
  thread(place: string, line: DiffLine): ComponentChildren;
}

export function DiffBlock(props: DiffBlockProps) {
  const to = Math.min(props.rows.length, props.from + blockRows);
  const { ref, near } = useNear<HTMLDivElement>(props.isFirst, (to - props.from) * rowPx);
  return <div class="diff-block" ref={ref}>{near.value && <BlockTable key={props.split} {...props} to={to} />}</div>;
}

function BlockTable(props: DiffBlockProps & { to: number }) {
  const { rows, from, to, split, onComment } = props;
  const looks = useLooks(rows, { from, to }, props.language);
  const shown = rows.slice(from, to);
  const first = shown.find((row) => placeOfRow(row) !== null);
  return (
    <table
      class={split ? "diff split" : "diff"}
      aria-label={props.label}
      onClick={(event) => {
        const place = placeOfTarget(event.target);
        if (place !== null) onComment?.(place);
      }}
      onKeyDown={moveAmongLines}
    >
      <colgroup>
        <col class="number" />
        <col class={split ? undefined : "number"} />
        {split && <col class="number" />}
        <col />
      </colgroup>
      <tbody>
        {shown.map((row, index) => <Row key={index} row={row} isFirst={row === first} looks={looks} block={props} />)}
      </tbody>
    </table>
  );
}

function Row({ row, isFirst, looks, block }: {
  row: DiffRow;
  isFirst: boolean;
  looks: LineLooks;
  block: DiffBlockProps;
}) {
  const Number = block.onComment ? LineNumber : ReadNumber;
  switch (row.kind) {
    case "gap":
      return <GapRow gap={row.gap} columns={block.split ? 4 : 3} onOpen={block.onOpen} />;
    case "thread":
      return (
        <tr class="thread-row">
          <td colSpan={block.split ? 4 : 3}>{block.thread(row.place, row.line)}</td>
        </tr>
      );
    case "line": {
      const { line } = row;
      const isOld = line.kind === "del";
      return (
        <tr>
          {isOld ? <Number line={line} isFirst={isFirst} /> : <PlainNumber line={line} number={numbers(line).before} />}
          {isOld ? <PlainNumber line={line} number={null} /> : <Number line={line} isFirst={isFirst} />}
          <Code line={line} looks={looks} />
        </tr>
      );
    }
    case "pair": {
      const { left, right } = row;
      return (
        <tr>
          {left?.kind === "del"
            ? <Number line={left} isFirst={isFirst} />
            : <PlainNumber line={left} number={left && numbers(left).before} />}
          <Code line={left} looks={looks} />
          <Number line={right} isFirst={isFirst && left?.kind !== "del"} />
          <Code line={right} looks={looks} />
        </tr>
      );
    }
  }
}

function ReadNumber({ line }: { line: DiffLine | null; isFirst: boolean }) {
  return <PlainNumber line={line} number={line && (numbers(line).after ?? numbers(line).before)} />;
}

function placeOfRow(row: DiffRow): string | null {
  if (row.kind === "line") return placeOf(row.line);
  if (row.kind === "pair") return (row.left && placeOf(row.left)) ?? (row.right && placeOf(row.right));
  return null;
}

function placeOfTarget(target: EventTarget | null): string | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-place]")?.dataset.place ?? null : null;
}

function moveAmongLines(event: KeyboardEvent): void {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (by === 0 || placeOfTarget(event.target) === null) return;
  const file = (event.target as Element).closest("[data-file]");
  const lines = [...file?.querySelectorAll<HTMLElement>("[data-place]") ?? []];
  const next = lines[lines.indexOf(event.target as HTMLElement) + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
