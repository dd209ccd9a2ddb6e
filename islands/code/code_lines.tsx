// Lines of code with their colours, which come later from the highlighter, and with their numbers where they have some.

import { useEffect, useState } from "preact/hooks";
import { useStore } from "../state/store.ts";
import { CodeText } from "./code_text.tsx";
import type { ColouredPart } from "./colours.ts";
import { codePiece } from "./highlighter.ts";

interface CodeLinesProps {
  lines: readonly string[];
  language: string | null;
  /** What a screen reader calls them. */
  label: string;
  /** The number of the first line; null: they have none. */
  first?: number | null;
  /** The number of a line to be pointed at. */
  marked?: number | null;
}

export function CodeLines({ lines, language, label, first = null, marked = null }: CodeLinesProps) {
  const colours = useColours(lines, language);
  return (
    <pre class={`code-lines${first === null ? "" : " numbered"}`} tabIndex={0} role="group" aria-label={label}>
      {lines.map((line, index) => {
        const number = first === null ? undefined : first + index;
        const isMarked = number !== undefined && number === marked;
        return (
          <span
            key={index}
            class={isMarked ? "code-line marked" : "code-line"}
            data-line={number}
            aria-current={isMarked ? "location" : undefined}
          >
            <CodeText text={line} colours={colours?.[index]} />{"\n"}
          </span>
        );
      })}
    </pre>
  );
}

/** Null until the highlighter has answered, and where there are none. */
export function useColours(lines: readonly string[], language: string | null): ColouredPart[][] | null {
  const { highlighter } = useStore();
  const piece = codePiece(lines, language);
  const [read, setRead] = useState<{ piece: string | null; colours: ColouredPart[][] | null }>({
    piece,
    colours: piece === null ? null : highlighter.known(piece) ?? null,
  });
  useEffect(() => piece === null ? undefined : highlighter.read(piece, (colours) => setRead({ piece, colours })), [
    piece,
  ]);
  return read.piece === piece ? read.colours : null;
}
