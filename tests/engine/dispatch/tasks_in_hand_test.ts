import { assertEquals } from "@std/assert";
import { TasksInHand } from "../../../core/engine/dispatch/tasks_in_hand.ts";

/** A hand whose clock stands still; `timers` are the waits that are still on. */
function world() {
  const timers = new Set<() => void>();
  let wakes = 0;
  const warnings: string[] = [];
  const clock = {
    timer(_ms: number, callback: () => void) {
      timers.add(callback);
      return () => void timers.delete(callback);
    },
  };
  const context = { clock, warn: (message: string) => void warnings.push(message) };
  const hand = new TasksInHand(context as unknown as ConstructorParameters<typeof TasksInHand>[0], () => wakes++);
  return { hand, warnings, seen: () => ({ wakes, waits: timers.size, size: hand.size }) };
}

Deno.test("take() holds a task until its work is done, and wakes when that changed anything", async () => {
  const { hand, seen } = world();
  const work = Promise.withResolvers<boolean>();
  hand.take(1, work.promise);
  assertEquals([hand.has(1), seen()], [true, { wakes: 0, waits: 0, size: 1 }]);
  work.resolve(true);
  await hand.empty();
  assertEquals([hand.has(1), seen()], [false, { wakes: 1, waits: 0, size: 0 }]);
});

Deno.test("take() looks again later, once, after work that changed nothing or failed", async () => {
  const { hand, seen, warnings } = world();
  const last = Promise.withResolvers<boolean>();
  hand.take(1, Promise.resolve(false));
  hand.take(2, Promise.reject(new Error("No")));
  hand.take(3, last.promise);
  while (hand.size > 1) await Promise.resolve();
  assertEquals([seen(), warnings], [{ wakes: 0, waits: 1, size: 1 }, ["Work on task 2 failed"]]);
  last.resolve(true);
  await hand.empty();
  assertEquals(seen(), { wakes: 1, waits: 0, size: 0 });
});
