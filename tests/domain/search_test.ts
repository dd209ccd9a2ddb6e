import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { excerptAround, hasWords, searchWords } from "../../core/domain/search.ts";

Deno.test("a search is its words in small letters; all must be there, and a number is the whole of it", () => {
  assertEquals(searchWords("  Fix the\tPARSER "), ["fix", "the", "parser"]);
  const task = { id: 12, text: "fix the parser #120" };
  assert(hasWords(["parser", "fix"], task));
  assert(!hasWords(["parser", "lexer"], task));
  assert(hasWords(["#12"], task) && !hasWords(["#1"], task) && !hasWords(["#120"], task));
  assert(hasWords([], task));
});

Deno.test("an excerpt is what stands around the first word, on one line, and says where it was cut", () => {
  assertEquals(excerptAround("a\n\nneedle\there", ["needle"]), "a needle here");
  const long = `${"x".repeat(100)} Needle ${"y".repeat(300)}`;
  const excerpt = excerptAround(long, ["needle"])!;
  assert(excerpt.startsWith("…x") && excerpt.includes("Needle") && excerpt.endsWith("y…"));
  assert(excerpt.length < 210);
  assertEquals(excerptAround("nothing", ["needle"]), null);
});

Deno.test("an excerpt of any text is well formed and short", () => {
  const texts = fc.string({ unit: "binary", maxLength: 600 });
  fc.assert(fc.property(texts, fc.string({ unit: "binary", minLength: 1, maxLength: 3 }), (text, word) => {
    const excerpt = excerptAround(text, [word.toLowerCase()]);
    if (excerpt !== null) assert(excerpt.isWellFormed() && excerpt.length <= 202 && !/[\n\r\t]/.test(excerpt));
  }));
});
