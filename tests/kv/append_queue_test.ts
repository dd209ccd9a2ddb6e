import { assertEquals } from "@std/assert";
import { AppendQueue } from "../../core/kv/append_queue.ts";
import type { Waiting } from "../../core/kv/commit_batch.ts";

function waiting(name: string): Waiting {
  const priority = name.startsWith("command") ? "command" : "output";
  return { request: { by: name, priority } as Waiting["request"], resolve() {}, reject() {}, lost: 0 };
}

function queueOf(...names: string[]) {
  const all = names.map(waiting);
  const queue = new AppendQueue();
  for (const one of all) queue.push(one);
  return { queue, all };
}

const names = (all: Waiting[]) => all.map(({ request }) => request.by);

Deno.test("candidates() has commands before output, each in the order they came, and leaves them where they are", () => {
  const { queue } = queueOf("output 1", "command 1", "output 2", "command 2");
  for (let look = 0; look < 2; look++) {
    assertEquals(names(queue.candidates()), ["command 1", "command 2", "output 1", "output 2"]);
  }
  assertEquals(queue.size, 4);
});

Deno.test("candidates() lets no flood of commands keep output out of a commit", () => {
  const commands = Array.from({ length: 700 }, (_, index) => `command ${index}`);
  const { queue } = queueOf(...commands, "output");
  assertEquals(names(queue.candidates()), [...commands.slice(0, 500), "output"]);
});

Deno.test("putBack() puts what lost its race before what came meanwhile, in its order", () => {
  const { queue, all } = queueOf("command 1", "output 1", "command 2", "output 2");
  for (const one of all) queue.drop(one);
  for (const name of ["output 3", "command 3"]) queue.push(waiting(name));
  queue.putBack(all);
  assertEquals(names(queue.candidates()), ["command 1", "command 2", "command 3", "output 1", "output 2", "output 3"]);
});

Deno.test("drop() takes out the one that is meant, once", () => {
  const { queue, all } = queueOf("command", "command", "command");
  queue.drop(all[1]!);
  queue.drop(all[1]!);
  const left = queue.candidates();
  assertEquals([left.length, left[0] === all[0], left[1] === all[2]], [2, true, true]);
  assertEquals([names(queue.clear()), queue.size], [["command", "command"], 0]);
});
