import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { TaskEvent } from "../../core/domain/event.ts";
import { emptyTask } from "../../core/domain/task.ts";
import { isPack } from "../../core/kv/event_record.ts";
import { eventLog } from "../../core/kv/event_log.ts";
import type { Kv } from "../../core/kv/kv.ts";
import { type History, legalHistories, texts } from "../domain/histories.ts";
import { fold } from "../domain/world.ts";
import { runs } from "../support/runs.ts";
import { handClock, openKv, output, storedEvents, text, writerOn } from "./world.ts";

const clock = handClock();

async function linesOf(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const whole = await new Response(stream).text();
  assert(whole === "" || whole.endsWith("\n"));
  return whole.split("\n").slice(0, -1);
}

/** Appends a history as it is, a few events at a time. */
async function write(kv: Kv, { events }: History): Promise<number> {
  const writer = writerOn(kv, { clock });
  const [created, ...rest] = events as [TaskEvent, ...TaskEvent[]];
  const { head } = await writer.append({ task: "new", by: "api", priority: "command", decide: () => [created] });
  for (let at = 0; at < rest.length; at += 7) await writer.append(output(head.id, rest.slice(at, at + 7)));
  return head.id;
}

Deno.test("read() gives events after a seq, at most as many as asked for, and nothing at the head", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  await writer.say(id, ..."abcdefgh");
  const log = eventLog(kv);
  const seqs = async (after: number, limit: number) =>
    (await log.read(id, { after, limit })).map(({ event }) => event.seq);
  assertEquals(await seqs(0, 3), [1, 2, 3]);
  assertEquals(await seqs(7, 1_000), [8, 9]);
  assertEquals(await seqs(9, 10), []);
  assertEquals(await seqs(100, 10), []);
  assertEquals(await log.read(77, { after: 0, limit: 10 }), []);
});

Deno.test("read() goes no further than its own task", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock });
  for (let n = 0; n < 12; n++) await writer.create();
  for (const id of [1, 2, 10, 11]) assertEquals((await storedEvents(kv, id)).map(({ task }) => task), [id]);
});

Deno.test("read() ends a page at 4 MiB, but never before its first event", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  for (let n = 0; n < 10; n++) await writer.say(id, `${n}`.repeat(1_000_000));
  await writer.say(id, "x".repeat(6_000_000), "the last");
  const log = eventLog(kv);
  const pages: number[] = [];
  for (let after = 0;;) {
    const page = await log.read(id, { after, limit: 1_000 });
    if (page.length === 0) break;
    const bytes = page.reduce((sum, { json }) => sum + json.length, 0);
    assert(page.length === 1 || bytes - page.at(-1)!.json.length <= 4 * 1024 * 1024, `${bytes} bytes`);
    pages.push(page.length);
    after = page.at(-1)!.event.seq;
  }
  assertEquals(pages.reduce((sum, length) => sum + length), 13);
  assert(pages.length >= 3);
  assertEquals((await log.event(id, 12))!.data, { text: "x".repeat(6_000_000) });
});

Deno.test("lines() is the pages as NDJSON, whatever the history holds", async () => {
  const histories = legalHistories({ texts: texts({ maxLength: 80_000 }), maxWishes: 60 });
  await fc.assert(
    fc.asyncProperty(histories, fc.nat({ max: 40 }), async (history, after) => {
      using kv = await openKv();
      const id = await write(kv, history);
      const log = eventLog(kv);
      const events = await storedEvents(kv, id);
      assertEquals(events.map(({ type, data }) => [type, data]), history.events.map(({ type, data }) => [type, data]));
      const expected = events.slice(after).map((event) => JSON.stringify(event));
      assertEquals(await linesOf(log.lines(id, { after })), expected);
      const to = Math.floor((after + events.length) / 2);
      assertEquals(await linesOf(log.lines(id, { after, to })), expected.slice(0, Math.max(0, to - after)));
    }),
    { numRuns: runs(15) },
  );
});

Deno.test("lines() streams large bodies in bounded chunks", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  for (let n = 0; n < 12; n++) await writer.say(id, `${n}`.repeat(1_000_000));
  const chunks: number[] = [];
  for await (const chunk of eventLog(kv).lines(id, { after: 0 })) chunks.push(chunk.length);
  assert(Math.max(...chunks) < 7_000_000, `${chunks}`);
  assert(chunks.reduce((sum, bytes) => sum + bytes) > 12_000_000);
});

Deno.test("lines() can be cancelled in the middle, and is empty at the head", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  for (let n = 0; n < 6; n++) await writer.say(id, ...Array.from({ length: 400 }, () => "x"));
  const log = eventLog(kv);
  const reader = log.lines(id, { after: 0 }).getReader();
  await reader.read();
  await reader.cancel();
  assertEquals(await linesOf(log.lines(id, { after: 2_401 })), []);
  assertEquals(await linesOf(log.lines(99, { after: 0 })), []);
});

Deno.test("headAt() is the fold of the events up to any seq", async () => {
  await fc.assert(
    fc.asyncProperty(legalHistories({ texts: texts({ maxLength: 2_000 }) }), async (history) => {
      using kv = await openKv();
      const id = await write(kv, history);
      const log = eventLog(kv);
      const events = await storedEvents(kv, id);
      for (let seq = 0; seq <= events.length; seq++) {
        assertEquals(await log.headAt(id, seq), JSON.parse(JSON.stringify(fold(events.slice(0, seq), emptyTask(id)))));
      }
      assertEquals(await log.headAt(id, events.length + 5), await log.head(id));
    }),
    { numRuns: runs(12) },
  );
});

Deno.test("headAt() of a long history begins at the nearest kept fold", async () => {
  using memory = await openKv();
  let rows = 0;
  const kv: Kv = {
    ...memory,
    async page<T>(range: Parameters<Kv["page"]>[0], options: Parameters<Kv["page"]>[1]) {
      const page = await memory.page<T>(range, options);
      if (range.prefix[0] === "event") rows += page.length;
      return page;
    },
  };
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  const usage = { message_id: "m", input_tokens: 1, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };
  for (let n = 0; n < 12; n++) {
    await writer.append(
      output(id, Array.from({ length: 200 }, () => ({ type: "usage.counted" as const, data: usage }))),
    );
  }
  const log = eventLog(kv);
  for (const seq of [1, 2, 499, 500, 501, 600, 601, 602, 1_000, 1_001, 1_599, 2_000, 2_001, 2_200, 2_401]) {
    rows = 0;
    const then = await log.headAt(id, seq);
    assertEquals([then!.seq, then!.usage.input_tokens], [seq, seq - 1]);
    assert(rows <= 700, `${rows} events read for ${seq}`);
  }
  assertEquals(await log.headAt(99, 5), null);
});

Deno.test("headAtTime() is the task as it was at a moment", async () => {
  using kv = await openKv();
  const own = handClock();
  const writer = writerOn(kv, { clock: own });
  const begin = own.time;
  const id = await writer.create();
  for (let n = 0; n < 6; n++) {
    own.time += 1_000;
    await writer.say(id, "a", "b");
  }
  const log = eventLog(kv);
  const at = async (ms: number) => (await log.headAtTime(id, new Date(begin + ms).toISOString()))?.seq ?? null;
  assertEquals([await at(-1), await at(0), await at(999), await at(1_000), await at(5_500), await at(9e9)], [
    null,
    1,
    1,
    3,
    11,
    13,
  ]);
});

Deno.test("heads() gives up to ten at once, null for each that is not there", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock });
  await Promise.all(Array.from({ length: 3 }, () => writer.create()));
  assertEquals((await eventLog(kv).heads([3, 9, 1])).map((head) => head?.id ?? null), [3, null, 1]);
});

Deno.test("read() says which body is incomplete, wherever a part is missing, and reads what comes before it", async () => {
  for (const missing of [0, 2, 4]) {
    using kv = await openKv();
    const writer = writerOn(kv, { clock });
    const id = await writer.create();
    await writer.append(output(id, [text("x".repeat(200_000))]));
    const parts = await kv.page({ prefix: ["part"] }, { limit: 10 });
    await kv.commit({ checks: [], sets: [], deletes: [parts[missing]!.key] });
    const log = eventLog(kv);
    assertEquals((await log.read(id, { after: 0, limit: 1 })).length, 1);
    await assertRejects(() => log.read(id, { after: 1, limit: 1 }), Error, `has ${missing} of 5 parts`);
  }
});

Deno.test("every event of a pack is found by its number, in pages and in lines from and to any event", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  // Alone, packed, too large for a pack, packed in two, and alone.
  await writer.say(id, "alone");
  await writer.say(id, ..."abcdef");
  await writer.append(output(id, [text("a"), text("x".repeat(60_000)), ...[..."abcd"].map(text)]));
  await writer.append(output(id, Array.from({ length: 12 }, (_, n) => text(`${n}`.padEnd(5_000, "é\n")))));
  await writer.say(id, "z", "z");
  const rows = await kv.page<Uint8Array>({ prefix: ["event", id] }, { limit: 1_000 });
  assertEquals(rows.map(({ key, value }) => `${String(key[2])}${isPack(value) ? " packed" : ""}`), [
    ...["1", "2", "8 packed", "9", "10", "14 packed"],
    ...["18 packed", "22 packed", "26 packed", "27", "28"],
  ]);
  assert(rows.every(({ value }) => value.length < 64 * 1024));
  const log = eventLog(kv);
  const all = await log.read(id, { after: 0, limit: 1_000 });
  const last = all.length;
  assertEquals(all.map(({ event }) => event.seq), Array.from({ length: last }, (_, index) => index + 1));
  assertEquals(last, 28);
  for (let seq = 1; seq <= last; seq++) {
    assertEquals(await log.event(id, seq), all[seq - 1]!.event);
    assertEquals((await log.events([[id, seq]])).map(({ json }) => json), [all[seq - 1]!.json]);
    for (const limit of [1, 3, 100]) {
      const page = await log.read(id, { after: seq, limit });
      assertEquals(page.map(({ json }) => json), all.slice(seq, seq + limit).map(({ json }) => json));
      const to = seq + limit;
      assertEquals(await linesOf(log.lines(id, { after: seq, to })), all.slice(seq, to).map(({ json }) => json));
    }
  }
  assertEquals([await log.event(id, last + 1), await log.events([[id, last + 1], [id + 1, 1]])], [null, []]);
});
