import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import stringWidth from "string-width";
import { fit, plain, table, wrap } from "../../cli/terminal/text.ts";
import { runs } from "../support/runs.ts";

Deno.test("plain() leaves nothing that a terminal obeys", () => {
  const text = "a\x1b[31mred\x1b[0m\x1b]0;title\x07b\rc\x9b2Jd\u202ee\r\nf\tg";
  assertEquals(plain(text), "aredbcde\nf\tg");
  fc.assert(
    // Single code units, so that halves of characters come, too.
    fc.property(fc.array(fc.integer({ min: 0, max: 0x24f })), (codes) => {
      const shown = plain(String.fromCharCode(...codes));
      assert(!/(?![\t\n])\p{Cc}/u.test(shown), JSON.stringify(shown));
    }),
    { numRuns: runs(500) },
  );
});

Deno.test("fit() cuts by the columns that characters take", () => {
  assertEquals(fit("a long\ntext", 20), "a long text");
  assertEquals(fit("a long text", 6), "a lon…");
  assertEquals(fit("日本語です", 6), "日本…");
  assertEquals([fit("text", 4), fit("text", 0), fit("a  b", Infinity)], ["text", "", "a b"]);
});

Deno.test("wrap() breaks between words, keeps the indent of a line and every word", () => {
  assertEquals(wrap("one two three", 8), ["one two", "three"]);
  assertEquals(wrap("  - one two\nthree", 7), ["  - one", "  two", "three"]);
  assertEquals(wrap("a-very-long-word b", 5), ["a-very-long-word", "b"]);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (text, columns) => {
      const words = (some: string) => some.split(/\s+/).filter((word) => word !== "");
      const lines = wrap(text, columns);
      assertEquals(words(lines.join("\n")), words(text));
      for (const line of lines) assert(stringWidth(line) <= columns || words(line).length <= 1, line);
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("table() puts columns in line and lets one give way", () => {
  const rows = [["#1", "A very long title indeed", "now"], ["#12", "Short", "3 h ago"]];
  assertEquals(table(rows, { columns: Infinity, flexible: 1 }).map((row) => row.join("|")), [
    "#1 |A very long title indeed|now    ",
    "#12|Short                   |3 h ago",
  ]);
  const narrow = table(rows, { columns: 24, flexible: 1 }).map((row) => row.join("  "));
  assertEquals(narrow, ["#1   A very lo…  now    ", "#12  Short       3 h ago"]);
});
