// The way of a run's output into the log: nothing that was pushed is left behind.

import { assertEquals } from "@std/assert";
import type { NewEvent } from "../../../core/domain/event.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { recordOutput } from "../../../core/engine/run/record_output.ts";

/** A recorder on a writer that keeps what it is given; `appended` resolves with its first append. */
function world() {
  const written: NewEvent[] = [];
  const first = Promise.withResolvers<unknown>();
  const head = { id: 1, run: { epoch: 1 } };
  const append = ({ decide }: { decide(head: unknown, context: unknown): NewEvent[] }) => {
    written.push(...decide(head, { id: 1, now: 0 }));
    return first.promise;
  };
  const clock = { monotonic: () => 0 };
  const context = { store: { writer: { append } }, clock, warn() {} } as unknown as EngineContext;
  const recorder = recordOutput(context, { task: 1, run: 1, by: "test/1", onRefused() {} });
  const say = (text: string) => recorder.push([{ type: "output.text", data: { text } }], text.length);
  const said = () => written.map(({ data }) => (data as { text: string }).text);
  return { recorder, say, said, answer: () => first.resolve({}) };
}

for (const turns of [0, 1, 2, 3, 4, 5, 6]) {
  Deno.test(`recordOutput() writes what is said ${turns} turns after the answer to all before it`, async () => {
    const { recorder, say, said, answer } = world();
    say("one");
    answer();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    say("two");
    await recorder.flush();
    assertEquals(said(), ["one", "two"]);
  });
}
