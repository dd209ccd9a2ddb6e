// Has code coloured by its worker (highlight_worker.ts), which is opened by the first piece.

import { TextReader } from "../parts/text_reader.ts";
import type { ColouredPart } from "./colours.ts";

/** Longer pieces are shown without colours, in UTF-16 units. */
const lengthMax = 60_000;

export class Highlighter extends TextReader<ColouredPart[][]> {}

/** What is asked of the highlighter for lines of code; null: they have no colours. */
export function codePiece(lines: readonly string[], language: string | null): string | null {
  if (language === null || lines.length === 0) return null;
  const piece = `${language}\n${lines.join("\n")}`;
  return piece.length > lengthMax ? null : piece;
}
