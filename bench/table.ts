// The table that `deno task bench` prints.

import type { Figure, Row } from "./row.ts";

const heads = ["measure", "ours", "limit or rival in the same run", "ratio", "goal", "met"];

export function table(rows: Row[]): string {
  const cells = rows.map((row) => [
    row.measure,
    figure(row.ours),
    row.rival ? `${figure(row.rival)} ${row.rival.name}` : "",
    row.ratio === null ? "" : `${short(row.ratio)}x`,
    row.goal,
    row.met === null ? "" : row.met ? "yes" : "NO",
  ]);
  const widths = heads.map((head, index) => Math.max(head.length, ...cells.map((line) => line[index]!.length)));
  const line = (texts: string[]) => `| ${texts.map((text, index) => text.padEnd(widths[index]!)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const notes = rows.filter((row) => row.note).map((row) => `- ${row.measure}: ${row.note}`);
  return [line(heads), rule, ...cells.map(line), ...(notes.length > 0 ? ["", ...notes] : [])].join("\n");
}

function figure({ value, unit }: Figure): string {
  return unit === "" ? short(value) : unit.startsWith("/") ? `${short(value)}${unit}` : `${short(value)} ${unit}`;
}

function short(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
