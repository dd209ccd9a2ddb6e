import { assertEquals } from "@std/assert";
import { WakeUp } from "../../../core/engine/dispatch/wake_up.ts";

Deno.test("next() takes all wake-ups since the last look for one, also those that came before it", async () => {
  const { wake, next } = wakeUp();
  wake();
  wake();
  await next();
  let looks = 0;
  const looked = next().then(() => looks++);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assertEquals(looks, 0, "what was taken wakes nobody again");
  wake();
  await looked;
});

function wakeUp() {
  const one = new WakeUp();
  return { wake: one.wake, next: () => one.next() };
}
