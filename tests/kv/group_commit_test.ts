import { assert, assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../core/domain/error.ts";
import type { TaskEvent } from "../../core/domain/event.ts";
import { type AppendRequest, foldEvery } from "../../core/kv/commit_batch.ts";
import { eventLog } from "../../core/kv/event_log.ts";
import { decodeHead } from "../../core/kv/head_record.ts";
import { StaleGuard } from "../../core/kv/group_commit.ts";
import { keys } from "../../core/kv/keys.ts";
import type { Kv, KvCommit } from "../../core/kv/kv.ts";
import { spec } from "../domain/world.ts";
import { tempDir } from "../support/temp.ts";
import {
  allStream,
  creation,
  handClock,
  interceptedKv,
  limitedKv,
  openKv,
  output,
  storedEvents,
  text,
  writerOn,
} from "./world.ts";

/** Raises the priority by one, so that a lost or doubled decision shows. */
function raise(task: number, by = "api"): AppendRequest {
  return {
    task,
    by,
    priority: "command",
    decide: (head) => [{ type: "task.edited", data: { priority: head!.priority + 1 } }],
  };
}

function refusing(task: number): AppendRequest {
  return {
    task,
    by: "api",
    priority: "command",
    decide: (head) => {
      throw new DomainError("conflict", `Not on ${head?.seq ?? "nothing"}`);
    },
  };
}

Deno.test("append() gives back the state after it, and each event as it is stored", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock: handClock() });
  const created = await writer.append(creation({ title: "First" }));
  assertEquals([created.head.id, created.head.seq, created.head.title, created.created], [1, 1, "First", true]);
  const said = await writer.say(1, "one", "two");
  assertEquals([said.head.seq, said.created], [3, false]);
  const expected: TaskEvent[] = [
    {
      seq: 1,
      type: "task.created",
      at: "2026-01-01T00:00:00.000Z",
      task: 1,
      by: "api",
      v: 1,
      data: spec({ title: "First" }),
    },
    ...["one", "two"].map((words, index): TaskEvent => ({
      seq: 2 + index,
      type: "output.text",
      at: "2026-01-01T00:00:00.000Z",
      task: 1,
      by: "laptop/1",
      v: 1,
      data: { text: words },
    })),
  ];
  assertEquals(await storedEvents(kv, 1), expected);
  assertEquals(said.events.map(({ json }) => JSON.parse(json)), expected.slice(1));
});

Deno.test("append() writes events, head, index, milestone and all-stream entry in one commit, and tells those who share the store", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const written = () =>
    kv.commits.at(-1)!.sets.map(({ key }) => key.map(String).join("/").replace(/^all\/.*/, "all/…"));
  await writerOn(kv, { clock: handClock() }).create({ depends_on: [7] });
  assertEquals(kv.commits.length, 1);
  const at = "2026-01-01T00:00:00.000Z";
  const alone = ["event/1/1", "task/1", "active/1", "dependants/7/1", "next_id", "all/…"];
  const milestone = (task: number) => [`milestone/2026-01-01/${at}/${task}/1`, "milestone_day/2026-01-01"];
  assertEquals(new Set(written()), new Set([...alone, ...milestone(1)]));

  const shared = writerOn(kv, { shared: true, clock: handClock() });
  const id = await shared.create();
  assertEquals(
    new Set(written()),
    new Set([...["event/2/1", "task/2", "active/2", "next_id", "all/…", "sig", "news"], ...milestone(2)]),
  );
  await shared.say(id, "on its way");
  assertEquals(new Set(written()), new Set(["event/2/2", "task/2", "all/…", "sig"]));
});

Deno.test("append() marks the day of many milestones once, and checks nothing of theirs", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const writer = writerOn(kv, { clock: handClock() });
  await Promise.all(Array.from({ length: 20 }, () => writer.create()));
  const [{ sets, checks }] = kv.commits as [KvCommit];
  const of = (kind: string) => sets.filter(({ key }) => key[0] === kind).length;
  assertEquals([of("milestone"), of("milestone_day")], [20, 1]);
  assertEquals(checks.filter(({ key }) => String(key[0]).startsWith("milestone")), []);
});

Deno.test("append() of many in one turn is one commit, and each next round one more", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const writer = writerOn(kv);
  const ids = await Promise.all(Array.from({ length: 20 }, () => writer.create()));
  assertEquals([kv.commits.length, ids], [1, Array.from({ length: 20 }, (_, index) => index + 1)]);
  await Promise.all(ids.map((id) => writer.say(id, "hello")));
  assertEquals(kv.commits.length, 2);
});

Deno.test("append() decides on what was appended before it in the same commit", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const writer = writerOn(kv);
  const id = await writer.create();
  const all = await Promise.all(Array.from({ length: 50 }, () => writer.append(raise(id))));
  assertEquals(all.map(({ head }) => head.priority), Array.from({ length: 50 }, (_, index) => index + 1));
  assertEquals(kv.commits.length, 2);
  assertEquals((await storedEvents(kv, id)).length, 51);
});

for (const place of ["in memory", "in a file"]) {
  Deno.test(`append() by 64 writers at once ${place} keeps every history whole and in order`, async () => {
    await using folder = await tempDir();
    using kv = await openKv(place === "in memory" ? ":memory:" : `${folder.path}/coder.db`);
    const writer = writerOn(kv);
    const shared = [await writer.create(), await writer.create()];
    const count = 30;
    await Promise.all(Array.from({ length: 64 }, async (_, number) => {
      const own = await writer.create();
      let seen = 0;
      for (let n = 0; n < count; n++) {
        const { head } = await writer.append(output(shared[number % 2]!, [text(`${number}/${n}`)]));
        assert(head.seq > seen);
        seen = head.seq;
        assertEquals((await writer.append(raise(own))).head.priority, n + 1);
      }
    }));
    for (const id of shared) {
      const events = await storedEvents(kv, id);
      events.forEach(({ seq }, index) => assertEquals(seq, index + 1));
      const said = events.slice(1).map((event) => (event.data as { text: string }).text);
      assertEquals(said.length, 32 * count);
      for (let number = shared.indexOf(id); number < 64; number += 2) {
        const own = said.filter((words) => words.startsWith(`${number}/`));
        assertEquals(own, Array.from({ length: count }, (_, n) => `${number}/${n}`));
      }
      assertEquals(decodeHead((await kv.get<Uint8Array>(keys.task(id))).value!).seq, events.length);
    }
    await holdsTogether(kv, writer.committed.map(({ versionstamp }) => versionstamp));
  });
}

/** Every event is announced once, in order, and commits were passed on in their order. */
async function holdsTogether(kv: Kv, versionstamps: string[]): Promise<void> {
  assertEquals(versionstamps, versionstamps.toSorted());
  const next = new Map<number, number>();
  for (const [task, from, to] of await allStream(kv)) {
    assertEquals(from, next.get(task) ?? 1);
    assert(to >= from);
    next.set(task, to + 1);
  }
  for (const [task, seq] of next) {
    assertEquals(decodeHead((await kv.get<Uint8Array>(keys.task(task))).value!).seq, seq - 1);
  }
}

Deno.test("append() that is refused leaves the others of its commit alone", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const writer = writerOn(kv);
  const id = await writer.create();
  const [before, refused, after, unknown] = await Promise.allSettled([
    writer.append(raise(id)),
    writer.append(refusing(id)),
    writer.append(raise(id)),
    writer.append(refusing(99)),
  ]);
  assertEquals([before.status, refused.status, after.status, unknown.status], [
    "fulfilled",
    "rejected",
    "fulfilled",
    "rejected",
  ]);
  assertEquals((refused as PromiseRejectedResult).reason.message, "Not on 2");
  assertEquals((unknown as PromiseRejectedResult).reason.message, "Not on nothing");
  assertEquals((await storedEvents(kv, id)).map(({ seq }) => seq), [1, 2, 3]);
  assertEquals(await eventLog(kv).head(99), null);
});

Deno.test("append() after a refused one of the same task and commit announces only what is new", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const id = await writer.create();
  await writer.say(id, ..."abc");
  await Promise.allSettled([writer.append(refusing(id)), writer.say(id, "d")]);
  assertEquals(await allStream(kv), [[id, 1, 1], [id, 2, 4], [id, 5, 5]]);
});

Deno.test("append() that decides on nothing writes nothing", async () => {
  using memory = await openKv();
  const kv = limitedKv(memory);
  const writer = writerOn(kv);
  const id = await writer.create();
  const { head, events } = await writer.append({ ...raise(id), decide: () => [] });
  assertEquals([head.seq, events], [1, []]);
  assertEquals(kv.commits.flatMap(({ sets }) => sets).filter(({ key }) => key[0] === "event").length, 1);
  // A task that does not exist does not come to be by that, not even for the next append of the commit.
  const [, next] = await Promise.allSettled([
    writer.append({ ...raise(50), decide: () => [] }),
    writer.append(refusing(50)),
  ]);
  assertEquals((next as PromiseRejectedResult).reason.message, "Not on nothing");
});

Deno.test("append() allots ids without a gap, whatever is refused in between", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const ids: number[] = [];
  for (let round = 0; round < 5; round++) {
    const all = await Promise.allSettled(
      Array.from(
        { length: 12 },
        (_, number) => number % 3 === 0 ? writer.append({ ...refusing(0), task: "new" }) : writer.append(creation()),
      ),
    );
    for (const one of all) if (one.status === "fulfilled") ids.push(one.value.head.id);
  }
  assertEquals(ids, Array.from({ length: 40 }, (_, index) => index + 1));
  assertEquals((await kv.get<number>(keys.nextId())).value, 41);
});

// Idempotency

const keyed = (key: string, hash: string, title = "First") => creation({ title }, { idempotency: { key, hash } });

Deno.test("append() with one idempotency key in parallel makes one task and gives it to all", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const all = await Promise.all(Array.from({ length: 30 }, () => writer.append(keyed("k", "h"))));
  assertEquals(new Set(all.map(({ head }) => head.id)), new Set([1]));
  assertEquals(all.filter(({ created }) => created).length, 1);
  assertEquals((await storedEvents(kv, 1)).length, 1);
  assertEquals((await writer.append(creation())).head.id, 2);
});

Deno.test("append() with a used idempotency key gives the first task as it is now, also to a later process", async () => {
  using kv = await openKv();
  await writerOn(kv).append(keyed("k", "h"));
  const later = writerOn(kv);
  await later.append(raise(1));
  const again = await later.append(keyed("k", "h", "Another title"));
  assertEquals([again.created, again.events, again.head.title, again.head.priority], [false, [], "First", 1]);
});

Deno.test("append() refuses another request under a used idempotency key, and only that one", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const all = await Promise.allSettled([
    writer.append(keyed("k", "h")),
    writer.append(keyed("k", "other")),
    writer.append(keyed("k2", "other")),
  ]);
  assertEquals(all.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const error = await assertRejects(() => writer.append(keyed("k", "other")), DomainError, "choose a new key");
  assertEquals(error.code, "conflict");
  assertEquals((await kv.get<number>(keys.nextId())).value, 3);
});

Deno.test("append() that was refused does not use up its idempotency key", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  await assertRejects(() => writer.append({ ...refusing(0), task: "new", idempotency: { key: "k", hash: "h" } }));
  assertEquals((await writer.append(keyed("k", "other"))).created, true);
});

// Guards

const guardKey = keys.deps();
const guarded = async (kv: Kv, task: number): Promise<AppendRequest> => ({
  ...raise(task),
  guard: { key: guardKey, versionstamp: (await kv.get(guardKey)).versionstamp },
});

Deno.test("append() with a guard passes once and moves it on", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const id = await writer.create();
  const first = await guarded(kv, id);
  await writer.append(first);
  await assertRejects(() => writer.append(first), StaleGuard);
  await writer.append(await guarded(kv, id));
  assertEquals((await eventLog(kv).head(id))!.priority, 2);
});

Deno.test("append() of two that looked at the same guard lets one pass, although they come at once", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const [one, two] = [await writer.create(), await writer.create()];
  const [first, second] = [await guarded(kv, one), await guarded(kv, two)];
  const both = await Promise.allSettled([writer.append(first), writer.append(second), writer.append(raise(two))]);
  assertEquals(both.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert((both[1] as PromiseRejectedResult).reason instanceof StaleGuard);
  assertEquals([(await eventLog(kv).head(one))!.priority, (await eventLog(kv).head(two))!.priority], [1, 1]);
});

// Order, time, folds

/** A Kv whose commits wait until they are let through. */
function gatedKv(kv: Kv): { kv: Kv; open(): void; waiting(): Promise<void> } {
  let gate = Promise.withResolvers<void>();
  let arrived = Promise.withResolvers<void>();
  return {
    kv: interceptedKv(kv, async (commit) => {
      arrived.resolve();
      await gate.promise;
      return await commit();
    }),
    open() {
      gate.resolve();
      gate = Promise.withResolvers();
      arrived = Promise.withResolvers();
    },
    waiting: () => arrived.promise,
  };
}

Deno.test("append() of a command goes before output that waited longer", async () => {
  using memory = await openKv();
  const gated = gatedKv(memory);
  const writer = writerOn(gated.kv);
  const created = writer.create();
  await gated.waiting();
  const outputs = Array.from({ length: 5 }, (_, n) => writer.say(1, `${n}`));
  const command = writer.append(raise(1));
  gated.open();
  await created;
  await gated.waiting();
  gated.open();
  assertEquals((await command).head.seq, 2);
  assertEquals((await Promise.all(outputs)).map(({ head }) => head.seq), [3, 4, 5, 6, 7]);
});

Deno.test("append() during a commit joins the next one", async () => {
  using memory = await openKv();
  const gated = gatedKv(memory);
  const kv = limitedKv(gated.kv);
  const writer = writerOn(kv);
  const first = writer.create();
  await gated.waiting();
  const rest = Array.from({ length: 10 }, () => writer.create());
  gated.open();
  await first;
  await gated.waiting();
  gated.open();
  assertEquals(await Promise.all(rest), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  assertEquals(kv.commits.length, 2);
});

Deno.test("append() never lets the time of a task go back, though the clock does", async () => {
  using kv = await openKv();
  const clock = { ...handClock(), monotonic: () => 0 };
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  for (const step of [5_000, -60_000, 1_000, -3_600_000, 7_200_000]) {
    clock.time += step;
    await writer.say(id, "tick");
  }
  const times = (await storedEvents(kv, id)).map(({ at }) => at);
  assertEquals(times, times.toSorted());
  assertEquals(new Set(times).size, 3);
});

Deno.test("append() passes the clamped time to decide", async () => {
  using kv = await openKv();
  const clock = handClock(5_000);
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  clock.time = 1_000;
  const seen: number[] = [];
  await writer.append({
    ...raise(id),
    decide: (_, { now }) => {
      seen.push(now);
      return [text("x")];
    },
  });
  assertEquals(seen, [5_000]);
});

Deno.test("append() keeps a fold each time a history passes a multiple of 500", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const id = await writer.create();
  for (let n = 0; n < 6; n++) await writer.say(id, ...Array.from({ length: 251 }, () => "x"));
  const kept = await kv.page<Uint8Array>({ prefix: keys.folds(id) }, { limit: 100 });
  assertEquals(foldEvery, 500);
  assertEquals(kept.map(({ key }) => key[2]), [503, 1005, 1507]);
  for (const { key, value } of kept) assertEquals(decodeHead(value).seq, key[2] as number);
});

Deno.test("idle() resolves once everything appended is settled", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  await writer.idle();
  let settled = 0;
  for (let n = 0; n < 10; n++) writer.create().then(() => settled++);
  await writer.idle();
  assertEquals(settled, 10);
});

Deno.test("onCommit gets each commit with its events and heads before the appends resolve", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const [one, two] = await Promise.all([writer.create(), writer.create()]);
  await Promise.all([writer.say(one, "a"), writer.say(two, "b"), writer.say(one, "c")]);
  assertEquals(writer.committed.length, 2);
  const last = writer.committed[1]!;
  assertEquals(last.events.map(({ event }) => [event.task, event.seq]), [[one, 2], [two, 2], [one, 3]]);
  assertEquals(last.heads.map(({ id, seq }) => [id, seq]), [[one, 3], [two, 2]]);
});
