// A task's history over HTTP: pages, NDJSON and the live stream say the same, from any point on.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { TaskEvent } from "../../../core/domain/event.ts";
import { eventSchema } from "../../../routes/api/history_schemas.ts";
import { sseReader } from "../../support/temp.ts";
import { ready, type RoutesWorld, routesWorld, text } from "../world.ts";

/** Texts that break naive framing. */
const oddTexts = [
  "two\nlines\n\nand a gap",
  "carriage\r\nreturn\rhere",
  "data: not a field\n\nevent: end\n\n",
  "\u2028\u2029 \u0000 \ufeff",
  "日本語 👩‍👩‍👧 \ud800 alone",
  "",
  "x".repeat(200_000),
];

async function readStream(
  world: RoutesWorld,
  path: string,
  headers?: Record<string, string>,
): Promise<{ events: TaskEvent[]; end: unknown }> {
  const response = await world.call(path, { headers });
  assertEquals(response.status, 200);
  const events: TaskEvent[] = [];
  await using stream = sseReader(response, { timeoutMs: 10_000 });
  for await (const { id, event, data } of stream) {
    if (event === "end") return { events, end: JSON.parse(data) };
    const parsed: TaskEvent = JSON.parse(data);
    assertEquals([id, event], [String(parsed.seq), parsed.type]);
    events.push(parsed);
  }
  return { events, end: null };
}

async function history(world: RoutesWorld, id: number): Promise<TaskEvent[]> {
  const response = await world.call(`/api/tasks/${id}/events`, { headers: { accept: "application/x-ndjson" } });
  assertMatch(response.headers.get("content-type")!, /^application\/x-ndjson/);
  const lines = (await response.text()).split("\n");
  assertEquals(lines.pop(), "");
  return lines.map((line) => JSON.parse(line));
}

Deno.test("pages, NDJSON and the stream from every Last-Event-ID give the same events", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const run = await world.nextRun();
  run.say(ready, ...oddTexts.map(text));
  run.finish();
  await world.until(id, ({ status }) => status === "completed");
  const events = await history(world, id);
  assertEquals(events.map(({ seq }) => seq), events.map((_, index) => index + 1));
  const said = events.flatMap((event) => event.type === "output.text" ? [event.data.text] : []);
  assertEquals(said, oddTexts);
  for (const event of events) eventSchema.strict().parse(event);
  const last = events.length;

  const path = `/api/tasks/${id}/stream`;
  for (let from = 0; from <= last; from++) {
    const rest = events.slice(from);
    assertEquals((await readStream(world, `${path}?after=${from}`)).events, rest);
    const page = await world.json(200, `/api/tasks/${id}/events?after=${from}`);
    assertEquals([page.events, page.next], [rest, null]);
    if (from === last) continue;
    const resumed = await readStream(world, path, { "last-event-id": String(from) });
    assertEquals(resumed, { events: rest, end: { task: id, seq: last } });
  }
  // The header is what the client really has; the address is what it once asked for.
  const both = await readStream(world, `${path}?after=1`, { "last-event-id": "3" });
  assertEquals(both.events, events.slice(3));
  assertEquals((await readStream(world, path, { "last-event-id": "none" })).events, events);

  const over = await world.call(path, { headers: { "last-event-id": String(last) } });
  assertEquals([over.status, await over.text()], [204, ""]);

  // A follow-up opens the task again, and its stream with it.
  await world.json(202, `/api/tasks/${id}/messages`, { json: { text: "More" } });
  (await world.nextRun()).finish({ text: "More done" });
  const more = await readStream(world, path, { "last-event-id": String(last) });
  assertEquals(more.events[0]?.type, "message.added");
  assertEquals(more.events, (await history(world, id)).slice(last));
});

Deno.test("pages end at their limit and at 4 MiB, and `next` goes on", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const run = await world.nextRun();
  for (let n = 0; n < 9; n++) run.say(text(`${n}`.repeat(1024 * 1024)));
  run.finish();
  await world.until(id, ({ status }) => status === "completed");
  const events = await history(world, id);
  for (const limit of [1, 3, 1_000]) {
    const found: TaskEvent[] = [];
    let pages = 0;
    for (let after: number | null = 0; after !== null; pages++) {
      const answer = await world.call(`/api/tasks/${id}/events?after=${after}&limit=${limit}`);
      const body = await answer.text();
      assert(body.length < 6 * 1024 * 1024);
      const page: { events: TaskEvent[]; next: number | null } = JSON.parse(body);
      assert(page.events.length <= limit);
      found.push(...page.events);
      after = page.next;
    }
    assertEquals(found.length, events.length);
    assertEquals(found, events);
    if (limit === 1_000) assert(pages >= 3, `${pages} pages`);
  }
  for (const query of ["limit=0", "limit=1001", "limit=x", "after=-1", "after=x"]) {
    const answer = await world.call(`/api/tasks/${id}/events?${query}`);
    assertEquals([answer.status, (await answer.json()).errors[0].path], [422, query.split("=")[0]]);
  }
  assertEquals(await world.json(200, `/api/tasks/${id}/events?after=999`), { events: [], next: null });
});

Deno.test("followers that come, go and come back during the output miss nothing and get nothing twice", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const run = await world.nextRun();
  run.say(ready);
  const total = 3_000;

  async function followInPieces(pieces: number[]): Promise<TaskEvent[]> {
    const events: TaskEvent[] = [];
    for (let turn = 0;; turn++) {
      const headers = { "last-event-id": String(events.at(-1)?.seq ?? 0) };
      const response = await world.call(`/api/tasks/${id}/stream`, { headers });
      if (response.status === 204) return events;
      await using stream = sseReader(response, { timeoutMs: 20_000 });
      let left = pieces[turn % pieces.length]!;
      for await (const { event, data } of stream) {
        if (event === "end") return events;
        events.push(JSON.parse(data));
        if (--left === 0) break;
      }
    }
  }

  const followers = [[10_000], [1, 7, 400], [33], [500, 2]].map(followInPieces);
  for (let n = 0; n < total; n++) {
    run.say(text(`line ${n}`));
    if (n % 100 === 0) await world.until(id, ({ seq }) => seq >= n / 2);
  }
  run.finish();
  const late = await world.until(id, ({ status }) => status === "completed").then(() => followInPieces([10_000]));
  const events = await history(world, id);
  assertEquals(events.length, late.length);
  assertEquals(late, events);
  for (const follower of followers) assertEquals(await follower, events);
  assertEquals(world.app.streams.size, 0);
});

Deno.test("a client that does not read is held back alone, and then gets all of it in order", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const run = await world.nextRun();
  run.say(ready);
  await world.until(id, (task) => task.run?.spoke || task.next.kind === "resume");
  const path = `/api/tasks/${id}/stream`;
  const slow = await world.call(path);
  const fast = readStream(world, path);
  for (let n = 0; n < 50; n++) {
    run.say(text(`line ${n}`));
    const { seq } = (await world.until(id, (task) => task.last_step === `line ${n}`))!;
    assert(seq > n);
  }
  run.finish();
  await world.until(id, ({ status }) => status === "completed");
  const expected = (await history(world, id)).map(({ seq }) => seq);
  assertEquals((await fast).events.map(({ seq }) => seq), expected);
  const late: number[] = [];
  await using stream = sseReader(slow, { timeoutMs: 10_000 });
  for await (const { event, id } of stream) {
    if (event === "end") break;
    late.push(Number(id));
  }
  assertEquals(late, expected);
});

Deno.test("a stream has its headers, tells when to come back, and is let go when the client leaves", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const run = await world.nextRun();
  const response = await world.call(`/api/tasks/${id}/stream`);
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  assertEquals(response.headers.get("cache-control"), "no-store, no-transform");
  assertEquals(response.headers.get("x-accel-buffering"), "no");
  const reader = response.body!.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "retry: 1000\n\n");
  assertEquals(world.app.streams.size, 1);
  await reader.cancel();
  assertEquals(world.app.streams.size, 0);

  // A stop of the service ends streams without saying that the task is over.
  await using stream = sseReader(await world.call(`/api/tasks/${id}/stream`));
  assertEquals((await stream.next()).value?.event, "task.created");
  world.app.streams.closeAll();
  const rest = await Array.fromAsync(stream);
  assert(rest.every(({ event }) => event !== "end"));
  run.finish();
  await world.until(id, ({ status }) => status === "completed");
});
