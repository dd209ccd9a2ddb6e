// No commit may pass what a KV store takes at once, whatever is appended. The store under these tests enforces its own
// limits, and limitedKv counts against those of a self-hosted denokv too.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { isPack, packLines } from "../../core/kv/event_record.ts";
import fc from "fast-check";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import type { AppendRequest } from "../../core/kv/commit_batch.ts";
import { keyBytes, keys } from "../../core/kv/keys.ts";
import { localLimits, remoteLimits } from "../../core/kv/kv.ts";
import { runs } from "../support/runs.ts";
import {
  creation,
  denokvLimits,
  limitedKv,
  openKv,
  output,
  realLimits,
  storedEvents,
  text,
  writerOn,
} from "./world.ts";

const stores = [
  { name: "a local file", limits: localLimits, real: realLimits },
  { name: "a self-hosted denokv", limits: remoteLimits, real: denokvLimits },
];

interface Load {
  kind: "output" | "edit" | "create";
  task: number;
  /** Events of one append, and the length of each. */
  count: number;
  length: number;
  unit: string;
  dependencies: number;
  key: string | null;
}

const loads: fc.Arbitrary<Load> = fc.record({
  kind: fc.constantFrom("output" as const, "output" as const, "edit" as const, "create" as const),
  task: fc.nat({ max: 200 }),
  count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 400 })),
  length: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 1_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 150_000 }) },
  ),
  unit: fc.constantFrom("a", "日", "\u0001"),
  dependencies: fc.integer({ min: 0, max: 100 }),
  key: fc.option(fc.integer({ min: 1, max: 600 }).map((length) => "ключ".repeat(length).slice(0, length)), {
    nil: null,
  }),
});

function requestOf({ kind, task, count, length, unit, dependencies, key }: Load, index: number): AppendRequest {
  const depends_on = Array.from({ length: dependencies }, (_, n) => 1_000_000 + n * 7 + index);
  if (kind === "create") {
    return creation(
      { depends_on, prompt: unit.repeat(length) },
      key ? { idempotency: { key: `${index}${key}`, hash: "h" } } : {},
    );
  }
  const changes: Partial<TaskSpec> = { depends_on, prompt: unit.repeat(length) };
  if (kind === "edit") {
    return { task, by: "api", priority: "command", decide: () => [{ type: "task.edited", data: changes }] };
  }
  // As the runner does it: at most 400 events and about 400,000 bytes an append.
  const bytes = Math.min(JSON.stringify(unit).length * length, 50_000) + 200;
  const events = Array.from(
    { length: Math.max(1, Math.min(count, Math.floor(400_000 / bytes))) },
    () => text(unit.repeat(length)),
  );
  return output(task, events);
}

for (const { name, limits, real } of stores) {
  Deno.test(`append() splits any load into commits that ${name} takes`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(loads, { minLength: 1, maxLength: 120, size: "max" }), async (all) => {
        using memory = await openKv();
        const kv = limitedKv(memory, real);
        const writer = writerOn(kv, { limits });
        const appended = await Promise.all(all.map((load, index) => writer.append(requestOf(load, index))));
        assertEquals(appended.length, all.length);
        const values = kv.commits.flatMap(({ sets }) => sets).filter(({ key }) => key[0] === "event")
          .map(({ value }) => value as Uint8Array);
        const written = values.reduce((sum, value) => sum + (isPack(value) ? packLines(value).length : 1), 0);
        assertEquals(written, appended.reduce((sum, { events }) => sum + events.length, 0));
      }),
      { numRuns: runs(5) },
    );
  });
}

Deno.test("append() counts index entries that go as well as those that come", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const writer = writerOn(kv);
  const depends_on = Array.from({ length: 100 }, (_, index) => 1_000 + index);
  const ids = await Promise.all(Array.from({ length: 80 }, () => writer.create({ depends_on })));
  const edit = (task: number, changes: Partial<TaskSpec>): AppendRequest => ({
    task,
    by: "api",
    priority: "command",
    decide: () => [{ type: "task.edited", data: changes }],
  });
  // A first small append of each has the task in the batch already when the large change comes.
  await Promise.all(
    ids.flatMap((id) => [writer.append(edit(id, { priority: 1 })), writer.append(edit(id, { depends_on: [] }))]),
  );
  await Promise.all(
    ids.flatMap((id) => [writer.append(edit(id, { priority: 2 })), writer.append(edit(id, { depends_on }))]),
  );
  assertEquals((await kv.page({ prefix: keys.dependants(1_000) }, { limit: 1_000 })).length, 80);
  assert(kv.most.mutations <= 1_000);
});

Deno.test("append() of more than one commit may hold is refused, and nobody else's", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const id = await writer.create();
  const tooMany = Array.from({ length: 1_200 }, () => text("x".repeat(800)));
  const [before, refused, after] = await Promise.allSettled([
    writer.say(id, "before"),
    writer.append(output(id, tooMany)),
    writer.say(id, "after"),
  ]);
  assertEquals([before.status, refused.status, after.status], ["fulfilled", "rejected", "fulfilled"]);
  assertEquals((await storedEvents(kv, id)).length, 3);
  await assertRejects(() => writer.append(output(id, tooMany)), RangeError, "too many for one append");
});

Deno.test("append() stores a body of several megabytes and gives it back byte for byte", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const writer = writerOn(kv);
  const prompt = "日本😀 \ud800".repeat(500_000);
  const id = await writer.create({ prompt });
  const [event] = await storedEvents(kv, id);
  assertEquals((event!.data as TaskSpec).prompt === prompt, true);
  assertEquals((await kv.page({ prefix: keys.bodyIntents() }, { limit: 10 })).length, 0);
  assert(kv.most.bytes <= realLimits.bytes && kv.most.valueBytes <= realLimits.valueBytes);
});

Deno.test("append() does not write a body again when its batch was full", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const writer = writerOn(kv);
  const id = await writer.create();
  const large = Array.from(
    { length: 12 },
    (_, n) => output(id, [text(`${n}`.repeat(100_000)), text("x".repeat(45_000))]),
  );
  await Promise.all(large.map((request) => writer.append(request)));
  const bodies = new Set(
    kv.commits.flatMap(({ sets }) => sets).filter(({ key }) => key[0] === "body").map(({ key }) => key[1]),
  );
  assertEquals(bodies.size, 12);
});

Deno.test("keyBytes() is never below what a key takes in the store", async () => {
  using kv = await openKv();
  // The store says what a key may hold at most: 2,048 bytes.
  const fits = async (part: string) => {
    try {
      await kv.commit({ checks: [], sets: [{ key: keys.idempotency(part), value: 1 }], deletes: [] });
      return true;
    } catch {
      return false;
    }
  };
  for (const unit of ["a", "é", "日", "😀"]) {
    let length = 1;
    while (await fits(unit.repeat(length + 50))) length += 50;
    assert(keyBytes(keys.idempotency(unit.repeat(length + 50))) >= 2_048, unit);
  }
});
