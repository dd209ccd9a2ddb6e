// What differs within a line: marks that are exact, and bounded work.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lineParts } from "../../../islands/code/line_parts.ts";
import { wordDiff, type WordMark } from "../../../islands/changes/word_diff.ts";

const marked = (text: string, marks: WordMark[]) => marks.map(({ from, to }) => text.slice(from, to));
const without = (text: string, marks: WordMark[]) =>
  marks.toReversed().reduce((left, { from, to }) => left.slice(0, from) + left.slice(to), text);

Deno.test("wordDiff() marks the words that changed, neighbours as one", () => {
  const [before, after] = ["const total = add(one, two);", "const total = sum(one, two, three);"];
  const diff = wordDiff(before, after)!;
  assertEquals([marked(before, diff.before), marked(after, diff.after)], [["add"], ["sum", ", three"]]);
  const words = wordDiff("say as it was, please", "say changed, please")!;
  assertEquals(marked("say as it was, please", words.before), ["as it was"]);
});

Deno.test("wordDiff() marks nothing in lines that are equal, that share little, or that are long", () => {
  assertEquals(wordDiff("same", "same"), null);
  assertEquals(wordDiff("import { a } from 'b';", "return undefined"), null);
  assertEquals(wordDiff("x".repeat(2_000), "x".repeat(2_001)), null);
  const startedAt = performance.now();
  wordDiff("a;".repeat(499), "b:".repeat(499));
  assert(performance.now() - startedAt < 200);
});

Deno.test("wordDiff(): what is left without the marks is the same but for space", () => {
  const line = fc.array(fc.constantFrom("a", "b", "foo", " ", "  ", "(", ")", "é", "😀", "1"), { maxLength: 30 })
    .map((parts) => parts.join(""));
  fc.assert(fc.property(line, line, (before, after) => {
    const diff = wordDiff(before, after);
    if (!diff) return;
    const rest = [without(before, diff.before), without(after, diff.after)].map((text) => text.replace(/\s/g, ""));
    assertEquals(rest[0], rest[1]);
  }));
});

Deno.test("lineParts() cuts where colour or mark change, and loses nothing", () => {
  assertEquals(
    lineParts("const one", [[5, "keyword"], [4, null]], [{ from: 3, to: 7 }]).map(Object.values),
    [["con", "keyword", false], ["st", "keyword", true], [" o", null, true], ["ne", null, false]],
  );
  const marks = fc.array(fc.nat(30), { maxLength: 6 }).map((cuts) => {
    const sorted = [...new Set(cuts)].sort((a, b) => a - b);
    return sorted.flatMap((from, index) =>
      index % 2 === 0 && sorted[index + 1] !== undefined ? [{ from, to: sorted[index + 1]! }] : []
    );
  });
  const colours = fc.array(fc.nat(9).map((length): [number, "name"] => [length, "name"]), { maxLength: 6 });
  fc.assert(fc.property(fc.string({ maxLength: 40 }), colours, marks, (text, parts, some) => {
    assertEquals(lineParts(text, parts, some).map((part) => part.text).join(""), text);
  }));
});
