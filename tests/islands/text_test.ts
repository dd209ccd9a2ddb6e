import { assertEquals } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { h } from "preact";
import { ansiSegments, plainText } from "../../islands/parts/ansi.ts";
import { exactColours } from "../../islands/parts/ansi_style.ts";
import { changeCounts, lineDiff } from "../../islands/transcript/line_diff.ts";
import { MarkdownTokens } from "../../islands/parts/markdown.tsx";
import { markdownTokens } from "../../islands/parts/markdown_lexer.ts";
import { sseParser } from "../../core/view/sse.ts";
import { diffRows } from "../../islands/changes/diff_rows.ts";
import { treeRows } from "../../islands/changes/tree_rows.ts";
import { parseDiff } from "../../islands/changes/unified_diff.ts";

Deno.test("ansiSegments() keeps colour and drops what moves a cursor, sets a title or hides text", () => {
  assertEquals(ansiSegments("\x1b[1;31mno\x1b[0m yes"), [
    { text: "no", class: "ansi-red ansi-bold" },
    { text: " yes", class: "" },
  ]);
  assertEquals(plainText("\x1b]0;title\x07a\x1b[2J\x1b[8mb\x1b[38;5;196mc\x08\x00"), "abc");
  assertEquals(plainText("10%\r50%\r100%\nnext\r\n"), "100%\nnext\n");
  // What is never closed takes nothing with it, neither its line nor those that follow.
  assertEquals(plainText("a\x1b]0;t\nline2\x07\nline3"), "a0;t\nline2\nline3");
  assertEquals(plainText("a\x1b]0;error"), "a0;error");
  assertEquals(plainText("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\"), "link");
});

Deno.test("ansiSegments() knows 256 and all colours, grounds and styles of letters", () => {
  const classOf = (codes: string) => ansiSegments(`\x1b[${codes}mx`)[0]?.class;
  const named = ["38;5;1", "38;5;9", "38;5;196", "38;5;21", "38;5;244", "48;5;255"];
  assertEquals(named.map(classOf), [
    ...["ansi-red", "ansi-bright-red", "ansi-rgb-ff0000", "ansi-rgb-0000ff", "ansi-rgb-808080", "ansi-on-rgb-eeeeee"],
  ]);
  assertEquals(["38;2;255;128;128", "38;2;128;0;0", "38:2::255:128:0", "48;2;0;255;999"].map(classOf), [
    ...["ansi-rgb-ff8080", "ansi-rgb-800000", "ansi-rgb-ff8000", "ansi-on-rgb-00ffff"],
  ]);
  assertEquals(["3;4;41", "1;38;5;208;9", "103", "38;2"].map(classOf), [
    "ansi-on-red ansi-italic ansi-underline",
    "ansi-rgb-ff8700 ansi-bold ansi-strike",
    "ansi-on-bright-yellow",
    "ansi-rgb-000000",
  ]);
  assertEquals(["7", "7;31", "7;44", "7;31;44", "7;31;27"].map(classOf), [
    ...["ansi-inverse", "ansi-on-red", "ansi-blue", "ansi-blue ansi-on-red", "ansi-red"],
  ]);
  assertEquals(exactColours("ansi-rgb-ff8080 ansi-on-rgb-000080 ansi-bold"), { colour: "#ff8080", ground: "#000080" });
  assertEquals(exactColours("ansi-on-rgb-000080"), { colour: null, ground: "#000080" });
  assertEquals(classOf("1;31m\x1b[22;39"), "");
});

Deno.test("ansiSegments() shows of a line that is written over what a terminal shows last", () => {
  const bar = (done: number) => `\r\x1b[32m${"#".repeat(done)}\x1b[0m${".".repeat(4 - done)} ${done * 25}%`;
  assertEquals(ansiSegments(`${bar(0)}${bar(1)}${bar(4)}\nok`), [
    { text: "####", class: "ansi-green" },
    { text: " 100%\nok", class: "" },
  ]);
  assertEquals(plainText("long words\r\x1b[Kshort"), "short");
  assertEquals(plainText("long words\rshort"), "shortwords");
  assertEquals(plainText("long words\x1b[2K\rshort"), "short");
  assertEquals(plainText("ab\b\bcd\x1b[1Aup\n\n"), "cdup\n\n");
});

Deno.test("Markdown draws hostile text as text", () => {
  const draw = (text: string) => renderToString(h(MarkdownTokens, { tokens: markdownTokens(text)! }));
  const html = draw(
    '<script>alert(1)</script>\n\nhi <img src=x onerror="alert(1)"> [a](javascript:alert(1)) ![b](http://x/y.png)',
  );
  assertEquals(/<script|<img|href="javascript/.test(html), false, html);
  assertEquals(draw("[ok](https://example.com)").includes('rel="noopener noreferrer nofollow"'), true);
  assertEquals(
    draw("a **b** `c`"),
    '<div class="markdown"><p dir="auto">a <strong>b</strong> <code>c</code></p></div>',
  );
});

Deno.test("sseParser() gives the same frames however the text is cut", () => {
  const text =
    "retry: 1000\n\nid: s.1\nevent: task\ndata: {\ndata: }\n\n: comment\r\n\r\nevent: end\r\ndata: 1\r\n\r\n";
  const whole = sseParser()(text);
  assertEquals(whole, [{ event: "task", data: "{\n}", id: "s.1" }, { event: "end", data: "1", id: "s.1" }]);
  for (let cut = 1; cut < text.length; cut++) {
    const parse = sseParser();
    assertEquals([...parse(text.slice(0, cut)), ...parse(text.slice(cut))], whole);
  }
});

Deno.test("sseParser() keeps the id of a frame that has no data", () => {
  const parse = sseParser();
  assertEquals(parse("id: s.1\n\n"), []);
  assertEquals(parse("data: 1\n\n"), [{ event: "message", data: "1", id: "s.1" }]);
});

Deno.test("lineDiff() finds the smallest change and stays quick on texts too long to compare", () => {
  assertEquals(changeCounts(lineDiff("a\nb\nc", "a\nx\nc\nd")), { added: 2, removed: 1 });
  const long = Array.from({ length: 20_000 }, (_, line) => `${line}`).join("\n");
  assertEquals(changeCounts(lineDiff(long, long.replaceAll("1", "one"))).added > 0, true);
});

const diff = `diff --git a/src/a.ts b/src/a.ts
index 1..2 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,3 +1,3 @@ function f
 same
---- looks like a header
++++ and so does this
 end
\\ No newline at end of file
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git "a/\\303\\274.txt" "b/\\303\\274.txt"
new file mode 100644
--- /dev/null
+++ "b/\\303\\274.txt"
@@ -0,0 +1 @@
+x
diff --git a/p.png b/p.png
Binary files a/p.png and b/p.png differ
`;

Deno.test("parseDiff() reads changes, renames, quoted names and binary files", () => {
  const files = parseDiff(diff);
  assertEquals(files.map(({ path, change, binary, added, removed }) => [path, change, binary, added, removed]), [
    ["src/a.ts", "changed", false, 1, 1],
    ["new name.txt", "renamed", false, 0, 0],
    ["ü.txt", "added", false, 1, 0],
    ["p.png", "changed", true, 0, 0],
  ]);
  assertEquals(files[0]!.hunks[0]!.lines.map(({ kind }) => kind), ["same", "del", "add", "same", "note"]);
  assertEquals(
    diffRows(files[0]!.hunks[0]!.lines, true).map((row) => row.kind === "pair" && [row.left?.kind, row.right?.kind])[1],
    [
      "del",
      "add",
    ],
  );
});

Deno.test("treeRows() joins folders with one child", () => {
  assertEquals(
    treeRows([{ path: "a/b/c.ts" }, { path: "a/b/d.ts" }, { path: "z.ts" }]).map(({ name, depth }) => [name, depth]),
    [["a/b", 0], ["c.ts", 1], ["d.ts", 1], ["z.ts", 0]],
  );
});
