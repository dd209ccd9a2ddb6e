// What a worker loads for a text is not counted as reading it; the reading itself is.

import { assertEquals } from "@std/assert";
import { deadline, delay } from "@std/async";
import { TextReader } from "../../../islands/parts/text_reader.ts";

const withinMs = 50;

function world() {
  const asked: unknown[] = [];
  const worker = {
    onmessage: null as ((event: { data: unknown }) => void) | null,
    postMessage: (text: unknown) => asked.push(text),
    terminate: () => {},
  };
  const reader = new TextReader<string>({ open: () => worker as unknown as Worker, withinMs });
  return {
    asked,
    read: (text: string) => deadline(new Promise((resolve) => reader.read(text, resolve)), 10_000),
    say: async (data: unknown) => {
      await delay(0);
      worker.onmessage?.({ data });
    },
    [Symbol.dispose]: () => reader.close(),
  };
}

Deno.test("a text waits for what must be loaded for it longer than it may be read", async () => {
  using w = world();
  const read = w.read("a");
  await w.say("ready");
  await w.say("loading");
  await delay(4 * withinMs);
  await w.say("ready");
  await w.say({ answer: "A" });
  assertEquals([await read, w.asked], ["A", ["a"]]);
});

Deno.test("a text that takes too long after that is shown as it is", async () => {
  using w = world();
  const read = w.read("a");
  await w.say("ready");
  await w.say("loading");
  await w.say("ready");
  assertEquals(await read, null);
});
