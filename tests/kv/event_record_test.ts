import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TaskEvent } from "../../core/domain/event.ts";
import { concat } from "@std/bytes";
import {
  type BodyReference,
  commitOf,
  decodeEvent,
  encodeEvent,
  type EventRecord,
  rawJson,
} from "../../core/kv/event_record.ts";
import { runs } from "../support/runs.ts";

const commit = "0123456789abcdef";
const options = { commit, bodyId: () => "a-body" };
const decoder = new TextDecoder();

function eventWith(data: unknown, changes: Partial<TaskEvent> = {}): TaskEvent {
  const envelope = {
    seq: 7,
    type: "output.raw",
    at: "2026-01-01T00:00:00.000Z",
    task: 12,
    run: 1,
    by: "laptop/1",
    v: 1,
  };
  return { ...envelope, data, ...changes } as TaskEvent;
}

/** Reads a record back as the log does. */
function decode(record: EventRecord) {
  return decodeEvent(record.value, (body: BodyReference) => {
    assertEquals(body, { id: record.body!.id, parts: record.body!.slices.length });
    return Promise.resolve(concat(record.body!.slices));
  });
}

Deno.test("encodeEvent() and decodeEvent() give back any JSON data, byte for byte", async () => {
  const data = fc.object({
    key: fc.string({ unit: "binary" }),
    values: [fc.jsonValue(), fc.string({ unit: "binary" })],
  });
  await fc.assert(
    fc.asyncProperty(data, async (value) => {
      const event = eventWith(JSON.parse(JSON.stringify(value)));
      const record = encodeEvent(event, options);
      const back = await decode(record);
      assertEquals(back.json, JSON.stringify(event));
      assertEquals(record.json, back.json);
      assertEquals(JSON.stringify(back.event), back.json);
      assertEquals(commitOf(record.value), commit);
      const raw = rawJson(record.value);
      if (raw) assertEquals(decoder.decode(raw), back.json);
    }),
    { numRuns: runs(60) },
  );
});

Deno.test("encodeEvent() keeps lone surrogates, NUL and line separators", async () => {
  const text = '\ud800 \udc00 \u0000 \u2028 \u2029 " \\ 😀';
  const record = encodeEvent(eventWith({ text }), options);
  assertEquals((await decode(record)).event.data, { text } as never);
  assert(!decoder.decode(rawJson(record.value)!).includes("\n"));
});

Deno.test("encodeEvent() writes what fits into one value, which stays below KV's limit", () => {
  for (const unit of ["a", "é", "日", "😀", "\u0001", "\ud800"]) {
    for (const length of [1, 4_000, 8_000, 16_000, 24_000, 49_000, 60_000]) {
      const record = encodeEvent(eventWith({ text: unit.repeat(length) }), options);
      assert(record.value.length <= 65_536, `${record.value.length} bytes`);
      assertEquals(rawJson(record.value) === null, record.body !== null);
      for (const slice of record.body?.slices ?? []) assert(slice.length <= 60_000 && slice.length > 0);
    }
  }
});

Deno.test("encodeEvent() puts a large body in parts and their concat() gives it back byte for byte", async () => {
  for (const text of ["x".repeat(5_000_000), "日本😀\n".repeat(700_000), "\ud800".repeat(400_000)]) {
    const event = eventWith({ text, nested: [{ text: "y" }] });
    const record = encodeEvent(event, options);
    assert(record.body!.slices.length > 40);
    assert(record.value.length < 1_000);
    const back = await decode(record);
    assertEquals(back.json === JSON.stringify(event), true);
    assertEquals(commitOf(record.value), commit);
    assertEquals(rawJson(record.value), null);
  }
});

Deno.test("encodeEvent() asks for a body id only when it needs one", () => {
  const bodyId = () => {
    throw new Error("not needed");
  };
  assertEquals(encodeEvent(eventWith({ text: "x".repeat(40_000) }), { commit, bodyId }).body, null);
});

Deno.test("encodeEvent() leaves out what an event does not have", async () => {
  const { run: _, by: __, ...bare } = eventWith({ text: "x".repeat(100_000) });
  const record = encodeEvent(bare as TaskEvent, options);
  assertEquals(Object.keys((await decode(record)).event), ["seq", "type", "at", "task", "v", "data"]);
});

Deno.test("decodeEvent() keeps an unknown type and a newer version as they are", async () => {
  const event = eventWith({ anything: [1] }, { type: "moon.risen" as never, v: 9 });
  assertEquals((await decode(encodeEvent(event, options))).event, event);
});
