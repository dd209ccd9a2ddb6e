// Any moment of any history: what the server folds, what the browser folds and what an export folds to are one.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { evolve } from "../../../core/domain/evolve.ts";
import type { Clock } from "../../../core/domain/ports.ts";
import type { TaskEvent } from "../../../core/domain/event.ts";
import { emptyTask, type Task } from "../../../core/domain/task.ts";
import { type ExportHeader, exportTask, readWhy } from "../../../core/engine/service/history.ts";
import { openStore, type Store } from "../../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";
import { TaskPast } from "../../../islands/state/task_past.ts";
import { legalHistories } from "../../domain/histories.ts";
import { claimed, created } from "../samples.ts";
import { runs } from "../../support/runs.ts";

interface World extends AsyncDisposable {
  store: Store;
  /** Appends events as they are; their `at` is kept. */
  write(events: TaskEvent[]): Promise<Task>;
}

async function world(): Promise<World> {
  let now = 0;
  const clock: Clock = { ...systemClock, now: () => now };
  const store = await openStore(":memory:", { clock, random: systemRandom });
  return {
    store,
    async write(events) {
      let head: Task | null = null;
      for (const event of events) {
        now = Date.parse(event.at);
        ({ head } = await store.writer.append({
          task: event.task,
          by: event.by ?? "api",
          priority: "command",
          decide: () => [{ type: event.type, data: event.data, run: event.run } as never],
        }));
      }
      return head!;
    },
    async [Symbol.asyncDispose]() {
      await store.writer.idle();
      store.close();
    },
  };
}

function foldTo(events: TaskEvent[], seq: number): Task {
  return events.slice(0, seq).reduce(evolve, emptyTask(events[0]!.task));
}

/** As JSON, the way a fold is stored and sent. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("headAt(), the player and the fold agree at every event of random histories, in any order", async () => {
  await fc.assert(
    fc.asyncProperty(legalHistories({ maxWishes: 60 }), fc.infiniteStream(fc.nat()), async ({ events }, picks) => {
      await using given = await world();
      await given.write(events);
      const past = new TaskPast(events[0]!.task);
      const stored = await given.store.log.read(events[0]!.task, { after: 0, limit: 1_000 });
      for (const { event } of stored) assert(past.take(event));
      const forward = events.map((_, index) => index + 1);
      const shuffled = forward.map(() => 1 + picks.next().value! % events.length);
      for (const seq of [...forward, ...forward.toReversed(), ...shuffled]) {
        const server = plain(await given.store.log.headAt(events[0]!.task, seq));
        const player = past.at(seq, (one) => stored[one - 1]?.event);
        assertEquals(server, plain(foldTo(stored.map(({ event }) => event), seq)));
        assertEquals(plain(player), server);
      }
    }),
    { numRuns: runs(15) },
  );
});

Deno.test("headAtTime() is the fold of all events up to a moment", async () => {
  await fc.assert(
    fc.asyncProperty(legalHistories({ maxWishes: 40 }), async ({ events }) => {
      await using given = await world();
      await given.write(events);
      for (const { at } of events) {
        const upTo = events.filter((event) => event.at <= at).length;
        assertEquals(plain(await given.store.log.headAtTime(events[0]!.task, at)), plain(foldTo(events, upTo)));
      }
      assertEquals(await given.store.log.headAtTime(events[0]!.task, "2000-01-01T00:00:00.000Z"), null);
    }),
    { numRuns: runs(10) },
  );
});

Deno.test("exportTask() writes a header whose hash is that of the lines, and lines that fold to the same task", async () => {
  await fc.assert(
    fc.asyncProperty(legalHistories({ maxWishes: 60 }), async ({ events }) => {
      await using given = await world();
      const head = await given.write(events);
      const text = await new Response(await exportTask(given.store, head, { now: 0, bundle: null })).text();
      const end = text.indexOf("\n") + 1;
      const header = JSON.parse(text.slice(0, end)) as ExportHeader;
      const lines = text.slice(end).trimEnd().split("\n").map((line) => JSON.parse(line) as TaskEvent);
      assertEquals(header.events, lines.length);
      assertEquals(header.sha256, createHash("sha256").update(text.slice(end)).digest("hex"));
      assertEquals(plain(foldTo(lines, lines.length)), plain(head));
    }),
    { numRuns: runs(15) },
  );
});

Deno.test("readWhy() tells of a running task its rank, the free slots and what it had waited for", async () => {
  await using given = await world();
  await given.write([created(1, 0)]);
  await given.write([created(2, 1, { depends_on: [1] })]);
  await given.write([claimed(1, 2), { ...claimed(1, 3), seq: 3, type: "task.completed", data: { output: "" } }]);
  const head = await given.write([claimed(2, 4)]);

  const why = await readWhy(given.store, head, { waiting: null });
  assertEquals(why.claim?.rank, 2);
  assertEquals(why.dependencies.map(({ id, status }) => [id, status]), [[1, "completed"]]);
  assertEquals(
    why.reason,
    "Started because it was number 2 of 5 tasks that could start and 1 slot was free; it had waited for #1",
  );
});

Deno.test("readWhy() tells of a moment of the past what the task waited for then", async () => {
  await using given = await world();
  await given.write([created(1, 0)]);
  await given.write([created(2, 1, { depends_on: [1] })]);
  await given.write([claimed(1, 2), { ...claimed(1, 3), seq: 3, type: "task.completed", data: { output: "" } }]);
  await given.write([claimed(2, 4)]);

  const then = (await given.store.log.headAt(2, 1))!;
  assertEquals((await readWhy(given.store, then, { waiting: null })).reason, "After #1 (pending)");
});
