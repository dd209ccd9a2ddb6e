// The parts of a text that have a colour, line by line. Only the highlighter's own program imports it.

import hljs from "highlight.js/lib/core";
import { type Colour, type ColouredPart, colourOf } from "./colours.ts";

type LanguageFn = Parameters<typeof hljs.registerLanguage>[1];

/** Each is a file of its own beside the highlighter: most pages show one or two of them. */
const languages: Record<string, () => Promise<{ default: LanguageFn }>> = {
  bash: () => import("highlight.js/lib/languages/bash"),
  cpp: () => import("highlight.js/lib/languages/cpp"),
  csharp: () => import("highlight.js/lib/languages/csharp"),
  css: () => import("highlight.js/lib/languages/css"),
  diff: () => import("highlight.js/lib/languages/diff"),
  dockerfile: () => import("highlight.js/lib/languages/dockerfile"),
  elixir: () => import("highlight.js/lib/languages/elixir"),
  go: () => import("highlight.js/lib/languages/go"),
  graphql: () => import("highlight.js/lib/languages/graphql"),
  ini: () => import("highlight.js/lib/languages/ini"),
  java: () => import("highlight.js/lib/languages/java"),
  json: () => import("highlight.js/lib/languages/json"),
  lua: () => import("highlight.js/lib/languages/lua"),
  makefile: () => import("highlight.js/lib/languages/makefile"),
  markdown: () => import("highlight.js/lib/languages/markdown"),
  php: () => import("highlight.js/lib/languages/php"),
  powershell: () => import("highlight.js/lib/languages/powershell"),
  python: () => import("highlight.js/lib/languages/python"),
  ruby: () => import("highlight.js/lib/languages/ruby"),
  rust: () => import("highlight.js/lib/languages/rust"),
  sql: () => import("highlight.js/lib/languages/sql"),
  swift: () => import("highlight.js/lib/languages/swift"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  xml: () => import("highlight.js/lib/languages/xml"),
  yaml: () => import("highlight.js/lib/languages/yaml"),
};

/** What a language may hold of others, and how a text shows that it may; without it they stand there without colours. */
const embedded: Record<string, readonly { language: string; sign: RegExp }[]> = {
  dockerfile: [{ language: "bash", sign: /^/ }],
  markdown: [{ language: "xml", sign: /</ }],
  typescript: [
    { language: "xml", sign: /<[A-Za-z>]|html`/ },
    { language: "css", sign: /css`/ },
    { language: "graphql", sign: /gql`/ },
  ],
  xml: [{ language: "css", sign: /<style/i }],
  yaml: [{ language: "ruby", sign: /<%/ }],
};

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

/** The languages that colours of `text` need and that were not loaded yet. */
export function unknownLanguages(text: string, language: string): string[] {
  if (!Object.hasOwn(languages, language)) return [];
  const inside = (embedded[language] ?? []).filter(({ sign }) => sign.test(text));
  const all = [language, ...inside.flatMap((one) => [one.language, ...unknownLanguages(text, one.language)])];
  return [...new Set(all)].filter((name) => !hljs.getLanguage(name));
}

/** Rejects when one cannot be loaded. */
export async function loadLanguages(names: readonly string[]): Promise<void> {
  await Promise.all(names.map(async (name) => hljs.registerLanguage(name, (await languages[name]!()).default)));
}

/**
 * The parts of each line of `text`; their lengths are UTF-16 units and sum up to the line's. Null: it has no colours. Its
 * languages are loaded.
 */
export function colouredLines(text: string, language: string): ColouredPart[][] | null {
  if (!hljs.getLanguage(language)) return null;
  const result = hljs.highlight(text, { language, ignoreIllegals: true });
  return (result as unknown as { _emitter: LineEmitter })._emitter.lines;
}
