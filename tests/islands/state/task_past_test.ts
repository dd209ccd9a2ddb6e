import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TaskEvent } from "../../../core/domain/event.ts";
import { evolve } from "../../../core/domain/evolve.ts";
import { emptyTask } from "../../../core/domain/task.ts";
import { checkpointEvery, TaskPast } from "../../../islands/state/task_past.ts";
import { begun, history, result, type Sample, use } from "../sample_events.ts";

function longHistory(length: number): TaskEvent[] {
  const samples: Sample[] = [...begun];
  for (let index = 0; samples.length < length - 2; index++) {
    const turn: Sample[] = [["output.text", { text: `Step ${index}` }], use(`t${index}`), result(`t${index}`), [
      "usage.counted",
      { message_id: `m${index}`, input_tokens: index, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
    ]];
    samples.push(...turn);
  }
  return history(...samples.slice(0, length - 2), ["run.finished"], ["task.completed"]);
}

Deno.test("TaskPast shows at every moment what folding from the start gives: forward, backward and at random", () => {
  const events = longHistory(checkpointEvery * 2 + 37);
  const past = new TaskPast(1);
  const folds = [emptyTask(1)];
  for (const event of events) {
    past.take(event);
    folds.push(evolve(folds.at(-1)!, event));
  }
  const at = (seq: number) => past.at(seq, (one) => events[one - 1]);
  for (let seq = 1; seq <= events.length; seq++) assertEquals(at(seq), folds[seq]);
  for (let seq = events.length; seq >= 1; seq--) assertEquals(at(seq), folds[seq]);
  fc.assert(fc.property(fc.integer({ min: 1, max: events.length }), (seq) => assertEquals(at(seq), folds[seq])));
});

Deno.test("TaskPast takes each event once and in order, and says what it misses", () => {
  const events = longHistory(20);
  const past = new TaskPast(1);
  assertEquals([past.take(events[1]!), past.take(events[0]!), past.take(events[0]!)], [false, true, false]);
  for (const event of events) past.take(event);
  assertEquals(past.head, 20);
  assertEquals(past.at(10, () => undefined), null);
});
