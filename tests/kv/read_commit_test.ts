// What the look at others' commits passes on is in live_tail_test.ts; here is from where each head comes.

import { assertEquals } from "@std/assert";
import { type EventLog, eventLog } from "../../core/kv/event_log.ts";
import { type CommittedRange, readCommits } from "../../core/kv/read_commit.ts";
import { keys } from "../../core/kv/keys.ts";
import { openKv, writerOn } from "./world.ts";

/** What one commit wrote. */
async function readCommit(log: EventLog, ranges: CommittedRange[], options: Parameters<typeof readCommits>[2]) {
  return (await readCommits(log, [ranges], options))[0]!;
}

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

Deno.test("readCommits() folds on from a head that it is given and from the beginning, and reads no other", async () => {
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

Deno.test("readCommits() takes the stored head when it is the one, else folds to the commit", async () => {
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

Deno.test("readCommits() leaves out a head that the log no longer has", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const [gone, there] = [await writer.create(), await writer.create()];
  await writer.say(gone, "x");
  for await (const { key } of kv.raw.list({ prefix: keys.event(gone, 1).slice(0, 2) })) await kv.raw.delete(key);
  await kv.raw.delete(keys.task(gone));
  const { heads } = await readCommit(eventLog(kv), [[gone, 2, 2], [there, 1, 1]], { folded: new Map() });
  assertEquals(heads.map(({ id }) => id), [there]);
});

Deno.test("readCommits() reads what many commits wrote of a task at once, and folds from each to the next", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const [one, two] = [await writer.create(), await writer.create()];
  for (const word of "abcdefgh") await writer.say(one, word);
  await writer.say(two, "x");
  const log = eventLog(kv);
  let reads = 0;
  const counted: EventLog = {
    ...log,
    read: (...args) => (reads++, log.read(...args)),
    heads: (tasks) => tasks.length === 0 ? Promise.resolve([]) : Promise.reject(new Error("No head is read")),
  };
  const commits: CommittedRange[][] = [
    [[one, 1, 1], [two, 1, 1]],
    ...Array.from("abcdefgh", (_, at): CommittedRange[] => [[one, at + 2, at + 2]]),
    [[two, 2, 2]],
  ];
  const read = await readCommits(counted, commits, { folded: new Map() });
  assertEquals(reads, 1);
  assertEquals(read.map(({ events }) => events.map(({ event: { task, seq } }) => [task, seq])), [
    ...commits.map((ranges) => ranges.map(([task, from]) => [task, from])),
  ]);
  assertEquals(read.map(({ heads }) => heads.map(({ seq }) => seq)), commits.map((all) => all.map(([, , to]) => to)));
  assertEquals(read.at(-2)!.heads[0], (await log.head(one))!);
});
