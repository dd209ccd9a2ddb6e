import { assertEquals } from "@std/assert";
import { attemptOf, compareUrl, lastRunsUrl } from "../../../islands/compare/attempt.ts";
import { fileTexts } from "../../../islands/compare/file_texts.ts";

Deno.test("attemptOf() reads a task or a run of it, and nothing else", () => {
  assertEquals(attemptOf("12"), { task: 12, run: null });
  assertEquals(attemptOf("12.3"), { task: 12, run: 3 });
  for (const text of [null, undefined, "", "0", "1.0", "1.", "-1", "1.2.3", "1e3", " 1", "x"]) {
    assertEquals(attemptOf(text), null);
  }
});

Deno.test("compareUrl() says what attemptOf() reads", () => {
  const [a, b] = [{ task: 12, run: 1 }, { task: 13, run: null }];
  const query = new URL(compareUrl(a, b), "http://localhost").searchParams;
  assertEquals([attemptOf(query.get("a")), attemptOf(query.get("b"))], [a, b]);
});

Deno.test("lastRunsUrl() takes the last two runs whose files were kept", () => {
  const points = ["run-1", "message-9", "run-2", "run-10"].map((name) => ({ name }));
  assertEquals(lastRunsUrl({ id: 4, points }), "/compare?a=4.2&b=4.10");
  assertEquals(lastRunsUrl({ id: 4, points: points.slice(0, 2) }), null);
});

Deno.test("fileTexts() cuts a diff at its files, also where a line of one looks like a head", () => {
  const one = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+diff --git a/z b/z\n";
  const two = "diff --git a/b b/b\nnew file mode 100644\n";
  assertEquals(fileTexts(one + two), [one, two]);
  assertEquals(fileTexts(""), []);
});
