// A line cut where its colour or its mark changes. Pure.

import type { Colour, ColouredPart } from "./colours.ts";

/** From and up to a UTF-16 unit of the line. */
export interface Mark {
  from: number;
  to: number;
}

export interface LinePart {
  text: string;
  colour: Colour | null;
  marked: boolean;
}

/** The parts of `text` one after the other. Colours that end before the text does, or after it, are taken as far as they go. */
export function lineParts(text: string, colours: readonly ColouredPart[], marks: readonly Mark[]): LinePart[] {
  const parts: LinePart[] = [];
  let mark = 0;
  let at = 0;
  const add = (end: number, colour: Colour | null) => {
    while (at < end) {
      while (mark < marks.length && marks[mark]!.to <= at) mark++;
      const next = marks[mark];
      const marked = next !== undefined && next.from <= at;
      const to = Math.min(end, next === undefined ? end : marked ? next.to : next.from);
      parts.push({ text: text.slice(at, to), colour, marked });
      at = to;
    }
  };
  for (const [length, colour] of colours) add(Math.min(text.length, at + length), colour);
  add(text.length, null);
  return parts;
}
