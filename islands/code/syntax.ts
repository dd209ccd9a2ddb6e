// The parts of a text that have a colour, line by line. Only the highlighter's own program imports it.

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import elixir from "highlight.js/lib/languages/elixir";
import go from "highlight.js/lib/languages/go";
import graphql from "highlight.js/lib/languages/graphql";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import json from "highlight.js/lib/languages/json";
import lua from "highlight.js/lib/languages/lua";
import makefile from "highlight.js/lib/languages/makefile";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import powershell from "highlight.js/lib/languages/powershell";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { type Colour, type ColouredPart, colourOf } from "./colours.ts";

const languages = {
  bash,
  cpp,
  csharp,
  css,
  diff,
  dockerfile,
  elixir,
  go,
  graphql,
  ini,
  java,
  json,
  lua,
  makefile,
  markdown,
  php,
  powershell,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** Takes the place of what writes HTML: nothing here is ever turned into markup. */
class LineEmitter {
  readonly lines: ColouredPart[][] = [[]];
  readonly #open: (Colour | null)[] = [];

  addText(text: string): void {
    const colour = this.#open.at(-1) ?? null;
    text.split("\n").forEach((part, index) => {
      if (index > 0) this.lines.push([]);
      if (part === "") return;
      const line = this.lines.at(-1)!;
      const last = line.at(-1);
      if (last && last[1] === colour) last[0] += part.length;
      else line.push([part.length, colour]);
    });
  }

  /** What has no colour of its own has that of what it stands in, but what is put into a string stands out of it. */
  openNode(scope: string): void {
    this.#open.push(scope === "subst" ? null : colourOf(scope) ?? this.#open.at(-1) ?? null);
  }

  closeNode(): void {
    this.#open.pop();
  }

  startScope(scope: string): void {
    this.openNode(scope);
  }

  endScope(): void {
    this.closeNode();
  }

  __addSublanguage(other: LineEmitter): void {
    other.lines.forEach((line, index) => {
      if (index > 0) this.lines.push([]);
      this.lines.at(-1)!.push(...line);
    });
  }

  finalize(): void {}

  toHTML(): string {
    return "";
  }
}

hljs.configure({ __emitter: LineEmitter } as unknown as Parameters<typeof hljs.configure>[0]);

/** The parts of each line of `text`; their lengths are UTF-16 units and sum up to the line's. Null: it has no colours. */
export function colouredLines(text: string, language: string): ColouredPart[][] | null {
  if (!hljs.getLanguage(language)) return null;
  const result = hljs.highlight(text, { language, ignoreIllegals: true });
  return (result as unknown as { _emitter: LineEmitter })._emitter.lines;
}
