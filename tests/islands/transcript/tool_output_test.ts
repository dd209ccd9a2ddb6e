// What tools answer, read back: the forms that claude's own tools have, and what is none of them.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { callNames, lostCall, toolName } from "../../../core/view/transcript/tool_calls.ts";
import { foundLines, listedPaths, numberedLines } from "../../../islands/transcript/tool_output.ts";
import { history, result } from "../sample_events.ts";

Deno.test("numberedLines() reads what Read answers, in both of its forms, and what stands after it", () => {
  assertEquals(numberedLines("     9→a\n    10→\n    11→  b → c\n\n<system-reminder>x</system-reminder>"), {
    first: 9,
    lines: ["a", "", "  b → c"],
    rest: "<system-reminder>x</system-reminder>",
  });
  assertEquals(numberedLines("1\tconst a = 1;\n2\t\n"), { first: 1, lines: ["const a = 1;", ""], rest: "" });
  // Another file's lines are not joined to it.
  assertEquals(numberedLines("1\ta\n7\tb"), { first: 1, lines: ["a"], rest: "7\tb" });
  assertEquals([numberedLines("no numbers"), numberedLines("")], [null, null]);
});

Deno.test("foundLines() reads what Grep answers: matches, their context, and names that look like either", () => {
  const text =
    "src/a.ts-1-// first\nsrc/a.ts:2:let x: y;\nsrc/a.ts-3-\n--\nsrc/a.ts:9:x\na-7-b.ts:4:b-5-c\na-7-b.ts-5-end\n";
  assertEquals(foundLines(text), [
    { path: "src/a.ts", runs: [{ first: 1, lines: ["// first", "let x: y;", ""] }, { first: 9, lines: ["x"] }] },
    { path: "a-7-b.ts", runs: [{ first: 4, lines: ["b-5-c", "end"] }] },
  ]);
  assertEquals([foundLines("src/a.ts"), foundLines("No matches found"), foundLines("")], [null, null, null]);
});

Deno.test("listedPaths() reads lists of files, and no sentences", () => {
  assertEquals(listedPaths("Found 2 files\nsrc/a b.ts\nREADME\n"), ["src/a b.ts", "README"]);
  assertEquals(listedPaths("/w/app/(auth)/p.tsx\nMakefile.am\n/w/a b/LICENSE"), [
    ...["/w/app/(auth)/p.tsx", "Makefile.am", "/w/a b/LICENSE"],
  ]);
  // What Grep answers without numbers.
  const code = ["const a = 1;\nconst b = a;", "// of a/b", "foo();", "return a / b", "README"];
  assertEquals(code.map(listedPaths), code.map(() => null));
  assertEquals([listedPaths("No files found"), listedPaths("a.ts:3:x"), listedPaths("")], [null, null, null]);
});

Deno.test("tool output of any kind is read without throwing, and in linear time", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    numberedLines(text);
    foundLines(text);
    listedPaths(text);
  }));
  const startedAt = performance.now();
  for (const piece of ["1→a\n", "a-1-", ":1:", "a:1:b\n", "--\n", "a-"]) {
    const text = piece.repeat(300_000 / piece.length);
    for (const read of [numberedLines, foundLines, listedPaths]) read(text);
  }
  // 18 readings of 300,000 characters; quadratic ones would take minutes.
  assertEquals(performance.now() - startedAt < 20_000, true);
});

Deno.test("toolName() names the server of a tool that is one's, and callNames() counts", () => {
  assertEquals(["mcp__github__create_issue", "mcp__a_b__c__d", "mcp__x", "Read"].map(toolName), [
    "github: create_issue",
    "a_b: c__d",
    "mcp__x",
    "Read",
  ]);
  const [event] = history(result("lost"));
  const lost = lostCall(event as Parameters<typeof lostCall>[0]);
  assertEquals(callNames([lost, { ...lost, name: "mcp__a__b" }, lost]), "Result 2, a: b");
});
