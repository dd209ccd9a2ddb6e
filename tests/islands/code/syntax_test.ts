// The colours of code, line by line; each language that a file's name leads to is one that the highlighter knows.

import { assertEquals, assertNotEquals } from "@std/assert";
import { codePiece } from "../../../islands/code/highlighter.ts";
import { languageOf } from "../../../islands/code/languages.ts";
import type { ColouredPart } from "../../../islands/code/colours.ts";
import { colouredLines, loadLanguages, unknownLanguages } from "../../../islands/code/syntax.ts";

const names =
  "a.ts a.tsx a.js a.json a.css a.html a.py a.go a.rs a.java a.c a.cpp a.sh a.yml a.md a.sql a.rb a.php Dockerfile a.ini a.toml " +
  "a.diff a.cs a.swift a.lua a.ex a.graphql Makefile a.ps1 a.tf";

/** As the highlighter's own program does it. */
async function coloured(text: string, language: string): Promise<ColouredPart[][] | null> {
  await loadLanguages(unknownLanguages(text, language));
  return colouredLines(text, language);
}

Deno.test("unknownLanguages() names a language, and what its text holds of others, until they are loaded", async () => {
  const page = "<style>a { color: red }</style>";
  assertEquals(unknownLanguages("const a = 1;", "typescript"), ["typescript"]);
  assertEquals(unknownLanguages("const a = gql`query { b }`;", "typescript"), ["typescript", "graphql"]);
  assertEquals(unknownLanguages(page, "markdown"), ["markdown", "xml", "css"]);
  assertEquals([unknownLanguages("a", "klingon"), unknownLanguages("a", "constructor")], [[], []]);
  await loadLanguages(["xml"]);
  assertEquals(unknownLanguages(page, "markdown"), ["markdown", "css"]);
});

Deno.test("colouredLines() knows the language of every file that has one, and adds up to the text", async () => {
  const text = "/* one\ntwo */ const x = `a${1}b`; # <b class='c'>\n\nselect 'ü😀' -- end";
  for (const name of names.split(" ")) {
    const lines = await coloured(text, languageOf(name)!);
    assertNotEquals(lines, null, name);
    const lengths = lines!.map((line) => line.reduce((sum, [length]) => sum + length, 0));
    assertEquals(lengths, text.split("\n").map((line) => line.length), name);
  }
  assertEquals([languageOf("constructor"), languageOf("a.unknown"), colouredLines("a", "klingon")], [null, null, null]);
});

Deno.test("colouredLines() carries a comment over its lines", async () => {
  assertEquals(await coloured("/* one\ntwo */ const", "typescript"), [
    [[6, "comment"]],
    [[6, "comment"], [1, null], [5, "keyword"]],
  ]);
});

Deno.test("colouredLines() tells the lines of a diff apart", async () => {
  assertEquals(await coloured("+a\n-b\n c", "diff"), [[[2, "type"]], [[2, "keyword"]], [[2, null]]]);
});

Deno.test("codePiece() leaves out what is too long or of no language", () => {
  assertEquals(codePiece(["a", "b"], "json"), "json\na\nb");
  assertEquals([codePiece(["a"], null), codePiece([], "json"), codePiece(["a".repeat(100_000)], "json")], [
    null,
    null,
    null,
  ]);
});
