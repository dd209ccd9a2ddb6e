// The raw log in words: on real recordings, and on what any program may print.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { logLine } from "../../../islands/task/log_lines.ts";

const folder = new URL("../../fixtures/claude_stream/", import.meta.url);

async function recording(name: string): Promise<string[]> {
  return (await Deno.readTextFile(new URL(name, folder))).split("\n").filter(Boolean);
}

Deno.test("logLine() says of a recorded run what each line is", async () => {
  const lines = (await recording("edit.ndjson")).map(logLine);
  const kinds = lines.map(({ what }) => what);
  for (const what of ["system init", "thinks", "says", "calls Write", "calls TaskCreate", "calls Bash", "answer"]) {
    assert(kinds.includes(what), `${what} of ${kinds.join(", ")}`);
  }
  const last = lines.at(-1)!;
  assertEquals([last.what, last.isError], ["result success", false]);
  assert(/^\d+ turns, .+: /.test(last.text), last.text);
  assertEquals(lines.filter(({ isError }) => isError).map(({ what, text }) => [what, text]), [[
    "answer",
    "Exit code 3",
  ]]);
  assert(lines.every(({ text }) => text.length <= 301 && !text.includes("\n")));
});

Deno.test("logLine() reads every recording, and says no more of a huge line than what it is", async () => {
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".ndjson")) { for (const line of await recording(name)) assert(logLine(line).what !== "", line); }
  }
  const huge = JSON.stringify({ type: "user", message: { content: "x".repeat(300_000) } });
  assertEquals(logLine(huge), { what: "user", text: '"size":"293 KB"', isError: false });
  assertEquals(logLine("\x1b[31mplain\x1b[0m text"), { what: "text", text: "plain text", isError: false });
});

Deno.test("logLine() throws on nothing", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((content) => JSON.stringify({ type: "assistant", message: { content } })),
      ),
      (line) => logLine(line).text.length <= 301,
    ),
  );
});
