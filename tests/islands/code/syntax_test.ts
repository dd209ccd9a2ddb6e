// The colours of code, line by line; each language that a file's name leads to is one that the highlighter knows.

import { assertEquals, assertNotEquals } from "@std/assert";
import { codePiece } from "../../../islands/code/highlighter.ts";
import { languageOf } from "../../../islands/code/languages.ts";
import { colouredLines } from "../../../islands/code/syntax.ts";

const names =
  "a.ts a.tsx a.js a.json a.css a.html a.py a.go a.rs a.java a.c a.cpp a.sh a.yml a.md a.sql a.rb a.php Dockerfile a.ini a.toml " +
  "a.diff a.cs a.swift a.lua a.ex a.graphql Makefile a.ps1 a.tf";

Deno.test("colouredLines() knows the language of every file that has one, and adds up to the text", () => {
  const text = "/* one\ntwo */ const x = `a${1}b`; # <b class='c'>\n\nselect 'ü😀' -- end";
  for (const name of names.split(" ")) {
    const lines = colouredLines(text, languageOf(name)!);
    assertNotEquals(lines, null, name);
    const lengths = lines!.map((line) => line.reduce((sum, [length]) => sum + length, 0));
    assertEquals(lengths, text.split("\n").map((line) => line.length), name);
  }
  assertEquals([languageOf("constructor"), languageOf("a.unknown"), colouredLines("a", "klingon")], [null, null, null]);
});

Deno.test("colouredLines() carries a comment over its lines", () => {
  assertEquals(colouredLines("/* one\ntwo */ const", "typescript"), [
    [[6, "comment"]],
    [[6, "comment"], [1, null], [5, "keyword"]],
  ]);
});

Deno.test("colouredLines() tells the lines of a diff apart", () => {
  assertEquals(colouredLines("+a\n-b\n c", "diff"), [[[2, "type"]], [[2, "keyword"]], [[2, null]]]);
});

Deno.test("codePiece() leaves out what is too long or of no language", () => {
  assertEquals(codePiece(["a", "b"], "json"), "json\na\nb");
  assertEquals([codePiece(["a"], null), codePiece([], "json"), codePiece(["a".repeat(100_000)], "json")], [
    null,
    null,
    null,
  ]);
});
