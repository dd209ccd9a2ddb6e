// From a diff to rows: read in pieces, with context, in both layouts, with the places of comments.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type DiffRow,
  diffRows,
  isOf,
  linesByPlace,
  linesOf,
  withContext,
  withThreads,
} from "../../../islands/changes/diff_rows.ts";
import { placedComments } from "../../../islands/changes/placed_comments.ts";
import { inTreeOrder } from "../../../islands/changes/tree_rows.ts";
import { type DiffFile, DiffParser, parseDiff } from "../../../islands/changes/unified_diff.ts";
import { isViewed, withViewed } from "../../../islands/changes/viewed.ts";
import type { CommentView } from "../../../core/view/review_view.ts";
import { git, tempRepository } from "../../support/temp.ts";

/** A file of 100 lines of which lines 20 and 60 were changed, as git tells it, and its lines after that. */
async function changedFile(): Promise<{ text: string; file: DiffFile; lines: string[] }> {
  await using repository = await tempRepository();
  const write = (lines: string[]) => Deno.writeTextFile(`${repository.path}/a.txt`, lines.join("\n") + "\n");
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`);
  await write(lines);
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "--message=one");
  lines.splice(59, 1, "sixty", "sixty and a half");
  lines.splice(19, 1, "twenty");
  await write(lines);
  const text = await git(repository.path, "diff", "--full-index");
  return { text, file: parseDiff(text)[0]!, lines };
}

const words = (row: DiffRow) =>
  row.kind === "line"
    ? row.line.text
    : row.kind === "gap"
    ? `${row.gap.hidden} ${row.gap.up ? "up" : ""} ${row.gap.down ? "down" : ""}`
    : row.kind;

Deno.test("DiffParser reads the same however the text is cut", async () => {
  const { text } = await changedFile();
  const whole = parseDiff(text);
  assertEquals([whole[0]!.blob?.length, whole[0]!.added, whole[0]!.removed], [40, 3, 2]);
  fc.assert(fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
    const parser = new DiffParser();
    const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
    at.slice(1).forEach((to, index) => parser.write(text.slice(at[index], to)));
    assertEquals(parser.end(), whole);
  }));
});

Deno.test("parseDiff() reads modes, and ids of what was and is", () => {
  const [file] = parseDiff("diff --git a/a b/a\nold mode 100644\nnew mode 100755\nindex 11..22\n");
  assertEquals([file!.oldMode, file!.mode, file!.oldBlob, file!.blob], ["100644", "100755", "11", "22"]);
});

Deno.test("withContext() shows what is between the hunks as far as it was opened", async () => {
  const { file, lines } = await changedFile();
  const gaps = (items: ReturnType<typeof withContext>) =>
    diffRows(items, false).filter(({ kind }) => kind === "gap").map(words);
  assertEquals(gaps(withContext(file, {}, null)), ["16 up ", "33 up down", "null  down"]);
  assertEquals(gaps(withContext(file, {}, lines)), ["16 up ", "33 up down", "37  down"]);
  const some = withContext(file, { 1: { head: 20, tail: 10 } }, lines);
  assertEquals(gaps(some)[1], "3 up down");
  const all = withContext(file, {
    0: { head: Infinity, tail: 0 },
    1: { head: 0, tail: 50 },
    2: { head: Infinity, tail: 0 },
  }, lines);
  const after = all.flatMap((item) => !("index" in item) && item.kind !== "del" ? [item.text] : []);
  assertEquals(after, lines);
  const numbers = all.flatMap((item) => "before" in item && "kind" in item ? [item.before] : []);
  assertEquals(numbers, Array.from({ length: 100 }, (_, index) => index + 1));
});

Deno.test("isOf() tells that a file has changed since", async () => {
  const { file, lines } = await changedFile();
  assertEquals(isOf(file, lines), true);
  assertEquals(isOf(file, ["one more", ...lines]), false);
  assertEquals(linesOf("a\nb\n"), ["a", "b"]);
});

Deno.test("diffRows() puts what was replaced beside what replaced it", async () => {
  const { file } = await changedFile();
  const rows = diffRows(file.hunks[1]!.lines, true);
  assertEquals(
    rows.flatMap((row) => row.kind === "pair" && row.left !== row.right ? [[row.left?.text, row.right?.text]] : []),
    [["line 60", "sixty"], [undefined, "sixty and a half"]],
  );
  const unified = diffRows(file.hunks[1]!.lines, false);
  assertEquals(unified.flatMap((row) => row.kind === "line" && row.other ? [row.other.text] : []), [
    "sixty",
    "line 60",
  ]);
});

Deno.test("a comment stands under its line in both layouts, and elsewhere when the line is another one", async () => {
  const { file } = await changedFile();
  const comment = (more: Partial<CommentView>): CommentView => ({
    id: 1,
    path: "a.txt",
    side: "new",
    line: 20,
    quote: "twenty",
    text: "Why?",
    blob: null,
    at: "",
    by: "",
    resolved: false,
    sent: null,
    outdated: false,
    edited_at: null,
    ...more,
  });
  const items = withContext(file, {}, null);
  const all = [
    comment({}),
    comment({ side: "old", line: 20, quote: "line 20" }),
    comment({ quote: "another line" }),
    comment({ outdated: true }),
    comment({ line: 50, quote: "line 50" }),
  ];
  const placed = placedComments(all, linesByPlace(items));
  assertEquals([[...placed.at.keys()], placed.elsewhere.length], [["new:20", "old:20"], 3]);
  for (const split of [false, true]) {
    const rows = withThreads(diffRows(items, split), new Set(placed.at.keys()));
    assertEquals(rows.filter(({ kind }) => kind === "thread").length, 2);
  }
});

Deno.test("a mark as viewed holds as long as the content does", async () => {
  const { file } = await changedFile();
  const viewed = withViewed({}, file, true);
  assertEquals([isViewed(viewed, file), isViewed(viewed, { ...file, blob: "other" })], [true, false]);
  assertEquals(isViewed(withViewed(viewed, file, false), file), false);
});

Deno.test("inTreeOrder() names files as the tree does: folders first, each in order", () => {
  const paths = ["README.md", "src/b.ts", "src/a/z.ts", "Zed/x", "a.txt"];
  assertEquals(inTreeOrder(paths.map((path) => ({ path }))).map(({ path }) => path), [
    "Zed/x",
    "src/a/z.ts",
    "src/b.ts",
    "README.md",
    "a.txt",
  ]);
});
