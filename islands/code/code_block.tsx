// A piece of code with its language, a button that copies it, and at first only a part of what is very long.

import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { plainText } from "../parts/ansi.ts";
import { CopyButton } from "../parts/copy_button.tsx";
import { bytes } from "../../core/view/format.ts";
import { shownMax, startOf } from "../parts/text_part.ts";
import { CodeLines } from "./code_lines.tsx";

interface CodeBlockProps {
  text: string;
  /** What is written over it: the word on its fence, or the name of its file. */
  name: ComponentChildren;
  /** What is said besides, such as which lines these are. */
  detail?: string;
  /** As the highlighter knows it; null: no colours. */
  language: string | null;
  first?: number | null;
  marked?: number | null;
}

export function CodeBlock({ text, name, detail, language, first, marked }: CodeBlockProps) {
  const [all, setAll] = useState(false);
  const part = all ? text.slice(0, shownMax) : startOf(text);
  const lines = useMemo(() => plainText(part).split("\n"), [part]);
  return (
    <div class="code-block">
      <div class="code-head">
        <bdi class="code-title">{name}</bdi>
        {detail && <span class="muted num">{detail}</span>}
        <CopyButton text={text} what="Copy the code" />
      </div>
      <CodeLines
        lines={lines}
        language={language}
        label={typeof name === "string" ? `Code, ${name}` : "Code"}
        {...{ first, marked }}
      />
      {part.length < text.length && !all && (
        <button type="button" class="quiet small" onClick={() => setAll(true)}>Show all, {bytes(text.length)}</button>
      )}
    </div>
  );
}
