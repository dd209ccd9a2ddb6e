// The way of a run's output into the log: in order, and nobody goes on before what they gave is durable.

import { assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import type { NewEvent } from "../../../core/domain/event.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { recordOutput } from "../../../core/engine/run/record_output.ts";

/** A recorder on a writer whose appends are answered by hand. */
function world() {
  const appends: { texts: string[]; answer: PromiseWithResolvers<unknown> }[] = [];
  const refusals: unknown[] = [];
  const head = { id: 1, run: { epoch: 1 } };
  const append = ({ decide }: { decide(head: unknown, context: unknown): NewEvent[] }) => {
    const texts = decide(head, { id: 1, now: 0 }).map(({ data }) => (data as { text: string }).text);
    const answer = Promise.withResolvers<unknown>();
    appends.push({ texts, answer });
    return answer.promise;
  };
  const clock = { monotonic: () => 0 };
  const context = { store: { writer: { append } }, clock, warn() {} } as unknown as EngineContext;
  const onRefused = (error: unknown) => void refusals.push(error);
  const recorder = recordOutput(context, { task: 1, run: 1, by: "test/1", onRefused });
  const say = (...texts: string[]) =>
    recorder.append(texts.map((text) => ({ type: "output.text", data: { text } })), texts.join("").length);
  return { recorder, say, appends, refusals };
}

/** Every promise that can settle without us has settled. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("append() writes one after the other and resolves when its own events are durable", async () => {
  const { recorder, say, appends } = world();
  const durable: string[] = [];
  void say("one").then(() => durable.push("one"));
  void say("two").then(() => durable.push("two"));
  await settled();
  assertEquals(appends.map(({ texts }) => texts), [["one"]]);
  appends[0]!.answer.resolve({});
  await settled();
  assertEquals([durable, appends.map(({ texts }) => texts)], [["one"], [["one"], ["two"]]]);
  appends[1]!.answer.resolve({});
  await recorder.flush();
  assertEquals(durable, ["one", "two"]);
});

Deno.test("append() splits what is more than one commit holds", async () => {
  const { say, appends } = world();
  const texts = Array.from({ length: 2_000 }, (_, index) => String(index));
  const done = say(...texts);
  for (let index = 0; index < 3; index++) {
    await settled();
    appends[index]!.answer.resolve({});
  }
  await done;
  assertEquals(appends.map(({ texts }) => texts.length), [800, 800, 400]);
  assertEquals(appends.flatMap((one) => one.texts), texts);
});

Deno.test("append() goes by halves when the writer finds it too large", async () => {
  const { say, appends } = world();
  const done = say("a", "b", "c");
  await settled();
  appends[0]!.answer.reject(new RangeError("too large"));
  await settled();
  appends[1]!.answer.resolve({});
  await settled();
  appends[2]!.answer.resolve({});
  await done;
  assertEquals(appends.map(({ texts }) => texts), [["a", "b", "c"], ["a", "b"], ["c"]]);
});

Deno.test("a refusal is told once, and nothing is written after it", async () => {
  const { recorder, say, appends, refusals } = world();
  const given = [say("one"), say("two")];
  const fenced = new DomainError("fenced", "Run 1 of task 1 is closed");
  const rejected = given.map((one) => assertRejects(() => one, DomainError, "closed"));
  await settled();
  appends[0]!.answer.reject(fenced);
  await Promise.all(rejected);
  await assertRejects(() => say("three"), DomainError, "closed");
  await assertRejects(() => recorder.flush(), DomainError, "closed");
  assertEquals([appends.length, refusals], [1, [fenced]]);
});
