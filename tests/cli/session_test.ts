import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Failure } from "../../cli/failure.ts";
import { textFrom } from "../../cli/session.ts";
import { tempDir } from "../support/temp.ts";

/** `piped`: what is on standard input; null: a terminal; nothing: an input that nobody closes. */
function textOf({ words = [], file, piped }: { words?: string[]; file?: string; piped?: string | null }) {
  const input = () =>
    piped === undefined ? new ReadableStream<never>() : piped === null ? null : new Response(piped).body;
  return textFrom({ input }, { words, file, what: "prompt" });
}

Deno.test("textFrom() takes words, a file, or all that is piped in", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "prompt.md");
  await Deno.writeTextFile(path, "from a file\n");
  assertEquals(await textOf({ words: ["Fix", "it"] }), "Fix it");
  assertEquals(await textOf({ file: path }), "from a file\n");
  for (const given of [{}, { file: "-" }, { words: ["-"] }]) {
    assertEquals(await textOf({ ...given, piped: "One\n\ntwo\n" }), "One\n\ntwo\n");
  }
});

Deno.test("textFrom() puts what is piped in where a word is -, apart from the words", async () => {
  assertEquals(await textOf({ words: ["Review this", "-"], piped: "+a\n" }), "Review this\n\n+a\n");
  assertEquals(
    await textOf({ words: ["Review", "-", "and", "fix - it"], piped: "+a" }),
    "Review\n\n+a\n\nand fix - it",
  );
  assertEquals(await textOf({ words: ["-", "Fix", "it"], piped: "+a" }), "+a\n\nFix it");
  for (const piped of [null, "", " \n"]) {
    await assertRejects(
      () => textOf({ words: ["Review", "-"], piped }),
      Failure,
      "The word - stands for what is piped",
    );
  }
});

Deno.test("textFrom() refuses no text at all, and two of them", async () => {
  for (const given of [{}, { words: ["-"] }, { words: [" "] }, { file: "-" }]) {
    await assertRejects(() => textOf({ ...given, piped: null }), Failure, "There is no prompt: ");
  }
  await assertRejects(() => textOf({ words: ["a"], file: "b" }), Failure, "as words or with --file, not both");
});
