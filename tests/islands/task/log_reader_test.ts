// The lines of a raw log as the page reads them, with the numbers that a search gives them.

import { assert, assertEquals } from "@std/assert";
import { LogReader } from "../../../islands/task/log_reader.ts";
import { withFetch } from "../stub_fetch.ts";

const { signal } = new AbortController();

/** A reader of the log that `text` gives at each reading, in pieces, as the network brings it. */
function reading(text: () => string, run: (reader: LogReader) => Promise<void>): Promise<void> {
  return withFetch((url) => {
    const bytes = new TextEncoder().encode(text());
    const pieces = ReadableStream.from(function* () {
      const from = Number(url.searchParams.get("from"));
      for (let at = from; at < bytes.length; at += 50_000) yield bytes.slice(at, at + 50_000);
    }());
    return new Response(pieces, { headers: { "log-bytes": String(bytes.length) } });
  }, () => run(new LogReader(1)));
}

/** The first number, and the lines from there on. */
function shown({ first, lines }: LogReader): [number | null, ...string[]] {
  return [first.peek(), ...lines.peek()];
}

Deno.test("LogReader has empty lines, which count, and the last line though it has no end", async () => {
  let text = "one\n\nthr";
  await reading(() => text, async (reader) => {
    await reader.readMore(signal);
    assertEquals(shown(reader), [1, "one", "", "thr"]);
    text += "ee\n";
    await reader.readMore(signal);
    assertEquals(shown(reader), [1, "one", "", "three"]);
    text += "four";
    await reader.readMore(signal);
    assertEquals(shown(reader), [1, "one", "", "three", "four"]);
  });
});

Deno.test("LogReader goes to any line by its byte, forward and back, and knows its number", async () => {
  const lines = Array.from({ length: 30_000 }, (_, at) => at % 5 === 0 ? "" : `${"ä".repeat(at % 90)} ${at + 1}`);
  const offsets = new Map<number, number>();
  let offset = 0;
  for (const [at, line] of lines.entries()) {
    offsets.set(at + 1, offset);
    offset += new TextEncoder().encode(line).length + 1;
  }
  await reading(() => lines.join("\n"), async (reader) => {
    await reader.readMore(signal);
    for (const line of [2, 6_000, 29_999, 30_000, 15_000, 15_700, 24_000, 1]) {
      await reader.readTo({ line, offset: offsets.get(line)! }, signal);
      const first = reader.first.peek()!;
      assert(reader.holds(line), `${line}`);
      assertEquals(reader.lines.peek()[line - first], lines[line - 1], `line ${line}`);
      assertEquals(reader.lines.peek(), lines.slice(first - 1, first - 1 + reader.lines.peek().length));
    }
    await reader.readEnd(signal);
    assertEquals([reader.first.peek(), reader.lines.peek().at(-1)], [null, lines.at(-1)]);
    await reader.readStart(signal);
    assertEquals(shown(reader).slice(0, 3), [1, lines[0]!, lines[1]!]);
  });
});
