import { assertEquals } from "@std/assert";
import { type Status, statuses } from "../../../core/domain/task.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { storeCondition } from "../../../core/engine/service/store_condition.ts";

const none = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
const noon = Date.parse("2026-01-01T12:00:00Z");

/** A store that answers, is silent, or says what is wrong; silence is over when its time is. */
function looking() {
  let now = noon;
  let trouble: { since: number; reason: string } | null = null;
  let read = () => Promise.resolve({ ...none, pending: 2 });
  const clock = {
    now: () => now,
    timer(ms: number, late: () => void) {
      const id = setTimeout(() => {
        now += ms;
        late();
      }, 0);
      return () => clearTimeout(id);
    },
  };
  const context = { store: { trouble: () => trouble }, clock } as unknown as EngineContext;
  return {
    look: storeCondition(context, () => read()),
    silent: () => void (read = () => new Promise(() => {})),
    answering: () => void ([read, trouble] = [() => Promise.resolve({ ...none, pending: 3 }), null]),
    troubled: (reason: string) => void (trouble = { since: noon - 60_000, reason }),
  };
}

Deno.test("a store that does not answer is told in time, since when, with what was known last", async () => {
  const { look, silent, answering } = looking();
  assertEquals(await look(), { counts: { ...none, pending: 2 }, trouble: null });
  silent();
  const words = "The store has not answered since 2026-01-01T12:00:00.000Z";
  for (let time = 0; time < 2; time++) {
    assertEquals(await look(), { counts: { ...none, pending: 2 }, trouble: words }, "of its first silence");
  }
  answering();
  assertEquals(await look(), { counts: { ...none, pending: 3 }, trouble: null });
});

Deno.test("what a store says of itself counts, also where counts are at hand", async () => {
  const { look, troubled, answering } = looking();
  troubled("Invalid access token");
  const { trouble } = await look();
  assertEquals(trouble, "The store has not answered since 2026-01-01T11:59:00.000Z (Invalid access token)");
  answering();
  assertEquals((await look()).trouble, null);
});
