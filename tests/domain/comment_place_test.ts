import { assertEquals } from "@std/assert";
import { commentPlace } from "../../core/domain/comment_place.ts";

const lines = ["one", "two", "", "two", "five"];

Deno.test("commentPlace() finds a comment's line again, the nearest one of its text", () => {
  const place = (line: number, quote: string) => commentPlace({ line, quote }, lines);
  assertEquals(place(1, "one"), { line: 1, outdated: false });
  assertEquals(place(4, "one"), { line: 1, outdated: false });
  assertEquals(place(1, "two"), { line: 2, outdated: false });
  assertEquals(place(9, "two"), { line: 4, outdated: false });
  // As near above as below: the first.
  assertEquals(place(3, "two"), { line: 2, outdated: false });
});

Deno.test("commentPlace() leaves a comment whose line is gone where it was", () => {
  assertEquals(commentPlace({ line: 2, quote: "gone" }, lines), { line: 2, outdated: true });
  assertEquals(commentPlace({ line: 2, quote: "two" }, null), { line: 2, outdated: true });
  assertEquals(commentPlace({ line: 2, quote: "two" }, []), { line: 2, outdated: true });
});

Deno.test("commentPlace() does not look for a line without text", () => {
  assertEquals(commentPlace({ line: 3, quote: "" }, lines), { line: 3, outdated: false });
  assertEquals(commentPlace({ line: 1, quote: "" }, lines), { line: 1, outdated: true });
  assertEquals(commentPlace({ line: 1, quote: "  " }, lines), { line: 1, outdated: true });
});
