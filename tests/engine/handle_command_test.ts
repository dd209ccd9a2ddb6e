import { assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../core/domain/error.ts";
import { emptyTask } from "../../core/domain/task.ts";
import { type CommandOptions, handleCommand, noteFact } from "../../core/engine/handle_command.ts";
import type { EngineContext } from "../../core/engine/context.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import type { Appended, AppendRequest } from "../../core/kv/commit_batch.ts";
import { openStore } from "../../core/kv/store.ts";
import { spec } from "../domain/world.ts";

const written: Appended = { head: emptyTask(7), events: [], created: false };

/** A writer that answers each append by the next of `answers`; sleeping takes no time, and timers are fired by hand. */
function worldWith(...answers: (() => Promise<Appended>)[]) {
  const requests: AppendRequest[] = [];
  const warned: unknown[] = [];
  const timers = new Map<() => void, number>();
  let ms = 0;
  const clock = {
    now: () => ms,
    monotonic: () => ms,
    sleep: (pause: number) => Promise.resolve(void (ms += pause)),
    timer(after: number, callback: () => void) {
      timers.set(callback, after);
      return () => void timers.delete(callback);
    },
  };
  const append = (request: AppendRequest) => {
    requests.push(request);
    return (answers.length > 1 ? answers.shift()! : answers[0]!)();
  };
  const warn = (...said: unknown[]) => void warned.push(said);
  const context = { store: { writer: { append } }, clock, warn } as unknown as EngineContext;
  return { context, requests, warned, timers, now: () => ms };
}

const unavailable = () => Promise.reject(new DomainError("unavailable", "The disk is full"));
const conflict = () => Promise.reject(new DomainError("conflict", "It is completed"));
const cancel = (context: EngineContext, options: Partial<CommandOptions> = {}) =>
  handleCommand(context, 7, { type: "cancel" }, { by: "api", ...options });

Deno.test("handleCommand() that is owed until written waits for the store, warns once, and gives up after a day", async () => {
  const { context, requests, warned } = worldWith(unavailable, unavailable, () => Promise.resolve(written));
  assertEquals(await cancel(context, { until: "written" }), written);
  assertEquals([requests.length, warned.length], [3, 1]);
  const hopeless = worldWith(unavailable);
  await assertRejects(() => cancel(hopeless.context, { until: "written" }), DomainError, "The disk is full");
  assertEquals(Math.round(hopeless.now() / 3_600_000), 24);
});

Deno.test("handleCommand() gives a refusal back at once, and a store's trouble too unless more is owed", async () => {
  for (const until of ["answered", "written", undefined] as const) {
    const { context, requests, timers } = worldWith(conflict);
    await assertRejects(() => cancel(context, { until }), DomainError, "It is completed");
    assertEquals([requests.length, timers.size], [1, 0]);
  }
  for (const until of ["answered", undefined] as const) {
    const { context, requests } = worldWith(unavailable);
    await assertRejects(() => cancel(context, { until }), DomainError, "The disk is full");
    assertEquals(requests.length, 1);
  }
});

Deno.test("handleCommand() answers within 20 s when the store does not", async () => {
  const { context, timers } = worldWith(() => new Promise(() => {}));
  const late = assertRejects(
    () => cancel(context, { until: "answered" }),
    DomainError,
    "whether this took effect will show later",
  );
  const [[fire, ms]] = [...timers] as [[() => void, number]];
  assertEquals(ms, 20_000);
  fire();
  await late;
});

Deno.test("handleCommand() decides on the newest state, says what it saw, and knows a task that is not there", async () => {
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  const context = { store, clock: systemClock, warn() {} } as unknown as EngineContext;
  await assertRejects(() => cancel(context), DomainError, "There is no task 7");
  const create = { type: "create", spec: spec() } as const;
  const idempotency = { key: "a", hash: "b" };
  const first = await handleCommand(context, "new", create, { by: "api", idempotency });
  const again = await handleCommand(context, "new", create, { by: "api", idempotency });
  assertEquals([first.created, again.created, again.head.id], [true, false, first.head.id]);
  const seen: (number | undefined)[] = [];
  const onDecide = (head: { seq: number } | null) => void seen.push(head?.seq);
  const { head } = await handleCommand(context, first.head.id, { type: "cancel" }, { by: "ui", onDecide });
  assertEquals([head.status, seen], ["cancelled", [1]]);
  assertEquals((await store.log.event(head.id, 2))?.by, "ui");
  store.close();
});

Deno.test("noteFact() writes to the service's own log, also its first event", async () => {
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  const context = { store, clock: systemClock, warn() {} } as unknown as EngineContext;
  const data = { worker: "w", kind: "disk", text: "a fact" };
  await noteFact(context, { type: "service.noticed", data }, { by: "laptop" });
  await noteFact(context, { type: "service.noticed", data }, { by: "laptop" });
  const events = await store.log.read(0, { after: 0, limit: 10 });
  assertEquals(events.map(({ event }) => [event.type, event.by]), Array(2).fill(["service.noticed", "laptop"]));
  store.close();
});
