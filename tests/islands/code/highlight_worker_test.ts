// The highlighter's own program loads only what a text needs, and gives it the colours that all languages together would give.

import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import type { ColouredPart } from "../../../islands/code/colours.ts";
import { codePiece, Highlighter } from "../../../islands/code/highlighter.ts";
import { colouredLines, loadLanguages } from "../../../islands/code/syntax.ts";

const url = new URL("../../../islands/code/highlight_worker.ts", import.meta.url);

/** Read by a program that has coloured nothing before. */
async function coloured(text: string, language: string): Promise<ColouredPart[][] | null> {
  const highlighter = new Highlighter({ open: () => new Worker(url, { type: "module" }), withinMs: 20_000 });
  try {
    const piece = codePiece(text.split("\n"), language)!;
    return await deadline(new Promise((resolve) => highlighter.read(piece, resolve)), 30_000);
  } finally {
    highlighter.close();
  }
}

Deno.test("what a text holds of other languages has its colours", async () => {
  const texts: [language: string, text: string, coloured: string][] = [
    ["typescript", "const a = <b class='c' />;", "class"],
    ["typescript", "const a = <>{b}<i>c</i></>;", "i"],
    ["typescript", "const a = html`<b class='c'>`;", "class"],
    ["typescript", "const a = css`b { color: red }`;", "color"],
    ["typescript", "const a = gql`query { b }`;", "query"],
    ["xml", "<style>a { color: red }</style>", "color"],
    ["markdown", "one <b class='c'>", "class"],
    ["typescript", "const a = html`<style>b { color: red }</style>`;", "color"],
    ["dockerfile", "RUN echo 'a' && exit", "echo"],
    ["yaml", "a: <%= if true %>", "true"],
  ];
  await loadLanguages(["bash", "css", "dockerfile", "graphql", "markdown", "ruby", "typescript", "xml", "yaml"]);
  for (const [language, text, word] of texts) {
    const lines = await coloured(text, language);
    assertEquals(lines, colouredLines(text, language), `${language}: ${text}`);
    assert(hasColour(lines![0]!, text.indexOf(word)), `${language}: ${text} has ${JSON.stringify(lines)}`);
  }
});

function hasColour(line: ColouredPart[], at: number): boolean {
  let end = 0;
  return line.find(([length]) => at < (end += length))?.[1] !== null;
}
