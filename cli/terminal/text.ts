// Texts of others on a terminal: nothing in them is obeyed, and they fit the columns that are there. Pure.

import stringWidth from "string-width";
import { stripVTControlCharacters } from "node:util";

// Controls but for tab and line end, and what changes the direction of text.
const unprintable = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text that only shows something: without escape sequences, controls and changes of direction. */
export function plain(text: string): string {
  return stripVTControlCharacters(text.replaceAll("\r\n", "\n")).replaceAll(unprintable, "");
}

/** The text in at most `columns`, its end cut where it is longer. One line. */
export function fit(text: string, columns: number): string {
  const line = text.replaceAll(/\s+/g, " ");
  if (columns === Infinity || stringWidth(line) <= columns) return line;
  let width = 0;
  let kept = "";
  for (const character of line) {
    width += stringWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}…`;
}

/** The text filled up with spaces to `columns`. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - stringWidth(text)));
}

/** The lines of a text, broken between words so that each fits in `columns`; a longer word has a line of its own. */
export function wrap(text: string, columns: number): string[] {
  if (columns === Infinity) return text.split("\n");
  return text.split("\n").flatMap((line) => {
    if (stringWidth(line) <= columns) return [line];
    const indent = /^\s*/.exec(line)![0];
    const lines: string[] = [];
    let current = indent;
    for (const word of line.trim().split(/\s+/)) {
      const isFirst = current === indent;
      if (!isFirst && stringWidth(current) + 1 + stringWidth(word) > columns) {
        lines.push(current);
        current = indent + word;
      } else current += isFirst ? word : ` ${word}`;
    }
    return [...lines, current];
  });
}

/** Rows with their columns in line; the cell of column `flexible` is cut so that each row fits. */
export function table(rows: readonly (readonly string[])[], { columns, flexible }: {
  columns: number;
  flexible: number;
}): string[][] {
  const widths = Array.from(
    { length: Math.max(0, ...rows.map((row) => row.length)) },
    (_, at) => Math.max(...rows.map((row) => stringWidth(row[at] ?? ""))),
  );
  const others = widths.reduce((sum, width, at) => sum + (at === flexible ? 0 : width), 0) + 2 * (widths.length - 1);
  widths[flexible] = Math.min(widths[flexible] ?? 0, Math.max(8, columns - others));
  return rows.map((row) => row.map((cell, at) => pad(fit(cell, widths[at]!), widths[at]!)));
}
