// Open streams, with seconds that take a few milliseconds.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { OpenStreams } from "../../../routes/live/server_sent_events.ts";

/** Never sends anything, until its client is gone. */
const silence = (signal: AbortSignal): AsyncIterator<Uint8Array, void> => ({
  next: () =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve({ done: true, value: undefined }))),
});

const linesOf = async (response: Response) => (await response.text()).split("\n\n").filter((line) => line !== ":");

Deno.test("a stream ends when what its client was let in by counts no more, and others go on", async () => {
  const streams = new OpenStreams({ sweepMs: 2 });
  const asked: string[] = [];
  const open = (by: string, holds: () => boolean | Error) =>
    streams.respond({
      by,
      holds() {
        asked.push(by);
        const answer = holds();
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    }, silence);
  let isRevoked = false;
  const revoked = [1, 2].map(() => linesOf(open("ci", () => !isRevoked)));
  const others = [
    linesOf(open("own", () => true)),
    linesOf(open("broken", () => new Error("The store is away"))),
    linesOf(streams.respond(null, silence)),
  ];
  while (asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 2));
  assertEquals([asked.slice(0, 3).sort(), streams.size], [["broken", "ci", "own"], 5]);
  isRevoked = true;
  assertEquals(await deadline(Promise.all(revoked), 5_000), Array(2).fill(["retry: 1000", ""]));
  assertEquals(streams.size, 3);
  streams.closeAll();
  await Promise.all(others);
});
