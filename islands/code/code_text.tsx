// One line of code in its colours.

import type { ColouredPart } from "./colours.ts";
import { lineParts } from "./line_parts.ts";

const none: never[] = [];

export function CodeText({ text, colours = none }: { text: string; colours?: ColouredPart[] }) {
  return (
    <>
      {lineParts(text, colours, none).map(({ text, colour }, index) =>
        colour ? <span key={index} class={`code-${colour}`}>{text}</span> : text
      )}
    </>
  );
}
