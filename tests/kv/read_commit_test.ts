// What the look at others' commits passes on is in live_tail_test.ts; here is from where each head comes.

import { assertEquals } from "@std/assert";
import { type EventLog, eventLog } from "../../core/kv/event_log.ts";
import { readCommit } from "../../core/kv/read_commit.ts";
import { keys } from "../../core/kv/keys.ts";
import { openKv, writerOn } from "./world.ts";

/** A log that counts the heads it is asked for. */
function counting(log: EventLog) {
  const asked = { stored: [] as number[], at: [] as [number, number][] };
  const counted: EventLog = {
    ...log,
    heads(tasks) {
      asked.stored.push(...tasks);
      return log.heads(tasks);
    },
    headAt(task, seq) {
      asked.at.push([task, seq]);
      return log.headAt(task, seq);
    },
  };
  return { log: counted, asked };
}

Deno.test("readCommit() folds on from a head that it is given and from the beginning, and reads no other", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const [one, two] = [await writer.create(), await writer.create()];
  const before = await eventLog(kv).head(one);
  await writer.say(one, "x", "y");
  const { log, asked } = counting(eventLog(kv));
  const { events, heads } = await readCommit(log, [[one, 2, 3], [two, 1, 1]], { folded: new Map([[one, before!]]) });
  assertEquals(events.map(({ event }) => [event.task, event.seq]), [[one, 2], [one, 3], [two, 1]]);
  assertEquals(heads, [(await log.head(one))!, (await log.head(two))!]);
  assertEquals(asked, { stored: [], at: [] });
});

Deno.test("readCommit() takes the stored head when it is the one, else folds to the commit", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const id = await writer.create();
  await writer.say(id, "x");
  const stale = await eventLog(kv).headAt(id, 1);
  await writer.say(id, "y");
  const { log, asked } = counting(eventLog(kv));
  const last = await readCommit(log, [[id, 3, 3]], { folded: new Map([[id, stale!]]) });
  assertEquals([last.heads, asked], [[(await log.head(id))!], { stored: [id], at: [] }]);
  const { heads } = await readCommit(log, [[id, 2, 2]], { folded: new Map() });
  assertEquals(heads.map(({ seq, last_step }) => [seq, last_step]), [[2, "x"]]);
  assertEquals(asked.at, [[id, 2]]);
});

Deno.test("readCommit() leaves out a head that the log no longer has", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const [gone, there] = [await writer.create(), await writer.create()];
  await writer.say(gone, "x");
  for await (const { key } of kv.raw.list({ prefix: keys.event(gone, 1).slice(0, 2) })) await kv.raw.delete(key);
  await kv.raw.delete(keys.task(gone));
  const { heads } = await readCommit(eventLog(kv), [[gone, 2, 2], [there, 1, 1]], { folded: new Map() });
  assertEquals(heads.map(({ id }) => id), [there]);
});
