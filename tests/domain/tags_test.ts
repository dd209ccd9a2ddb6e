import { assertEquals } from "@std/assert";
import { labelWordsOf, readTags, tagsAtMost } from "../../core/domain/tags.ts";

Deno.test("readTags() reads words with spaces or commas between them, each once, and nothing else", () => {
  assertEquals(readTags(" web, flaky web/ui  Übung "), ["web", "flaky", "web/ui", "Übung"]);
  assertEquals(readTags(""), []);
  for (const text of ["gpu=1", "-x", "a#b", "x".repeat(33)]) assertEquals(readTags(text), null, text);
  const many = Array.from({ length: tagsAtMost + 1 }, (_, at) => `t${at}`);
  assertEquals(readTags(many.slice(1).join(" "))?.length, tagsAtMost);
  assertEquals(readTags(many.join(" ")), null);
});

Deno.test("a task is found by its tags and by what it asks of a worker, as one thing", () => {
  assertEquals(labelWordsOf({ tags: ["web"], labels: { gpu: "1", os: "linux" } }), ["web", "gpu=1", "os=linux"]);
  assertEquals(labelWordsOf({}), []);
});
