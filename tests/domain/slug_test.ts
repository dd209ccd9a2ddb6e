import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { branchName, slugOf, titleOf } from "../../core/domain/slug.ts";

Deno.test("slugOf() makes a plain name of a title", () => {
  const expected: Record<string, string> = {
    "Greet in French": "greet-in-french",
    "Fix Issue #12: the `--json` flag": "fix-issue-12-the-json-flag",
    "Überprüfe die Größe": "uberprufe-die-gro-e",
    "Crème brûlée": "creme-brulee",
    "İstanbul": "istanbul",
    "ﬁrst": "first",
  };
  for (const [title, slug] of Object.entries(expected)) assertEquals(slugOf(title), slug);
});

Deno.test("slugOf() makes harmless what looks like an option, a path, a command or nothing at all", () => {
  const expected: Record<string, string> = {
    "--upload-pack=touch /tmp/x": "upload-pack-touch-tmp-x",
    "-rf": "rf",
    "$(reboot); `reboot` && rm -rf /": "reboot-reboot-rm-rf",
    "../../etc/passwd": "etc-passwd",
    "HEAD@{1}..main~3^2:x": "head-1-main-3-2-x",
    "a.lock": "a-lock",
    "": "work",
    "   ": "work",
    "...": "work",
    "日本語": "work",
    "😀": "work",
    "\ud83d": "work",
    "\u0000\n\t": "work",
    "\u202egnp.exe": "gnp-exe",
  };
  for (const [title, slug] of Object.entries(expected)) assertEquals(slugOf(title), slug, JSON.stringify(title));
});

Deno.test("slugOf() of any title is one to forty of a-z, 0-9 and inner hyphens, and stays itself", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 600 }), (title) => {
    const slug = slugOf(title);
    assert(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug) && slug.length <= 40, slug);
    assertEquals(slugOf(slug), slug);
  }));
  assertEquals(slugOf("a".repeat(1_000)).length, 40);
  assertEquals(slugOf(`${"a".repeat(39)} b`), "a".repeat(39), "no hyphen at the cut");
});

Deno.test("branchName() carries the id, so two tasks of one title differ", () => {
  assertEquals(branchName(12, "Greet in French"), "task-12-greet-in-french");
  assertEquals(branchName(13, ""), "task-13-work");
});

Deno.test("titleOf() takes the first line that says something", () => {
  assertEquals(titleOf("\n\n  # Add a flag  \n\nMore"), "Add a flag");
  assertEquals(titleOf("> - * Add   a\tflag"), "Add a flag");
  assertEquals(titleOf("---"), "---");
  assertEquals(titleOf(""), "");
});

Deno.test("titleOf() of any prompt is at most 80 characters of one line, none of them half", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (prompt) => {
    const title = titleOf(prompt);
    assert(title.length <= 80 && !title.includes("\n") && title.isWellFormed());
  }));
  for (const before of [78, 79, 80]) assert(titleOf("a".repeat(before) + "😀".repeat(9)).isWellFormed());
  assertEquals(titleOf("x".repeat(81)), `${"x".repeat(79)}…`);
});
