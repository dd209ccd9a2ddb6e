// A store that fails, answers late or not at all, and other processes that write between.

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { DomainError } from "../../core/domain/error.ts";
import type { Appended, AppendRequest } from "../../core/kv/commit_batch.ts";
import { keys } from "../../core/kv/keys.ts";
import { type Kv, UnknownOutcome } from "../../core/kv/kv.ts";
import { sweepBodies } from "../../core/kv/sweep.ts";
import { runs } from "../support/runs.ts";
import { handClock, interceptedKv, openKv, output, storedEvents, text, writerOn } from "./world.ts";
import { allStream, creation } from "./world.ts";

const clock = handClock();
const full = () => Promise.reject(new TypeError("database or disk is full"));

/** A Kv whose commits meet these fates one after the other; afterwards all is well. */
type Fate = "ok" | "lost before" | "lost after" | "sent twice";

function fatedKv(kv: Kv, fates: Fate[]): Kv {
  return interceptedKv(kv, async (commit) => {
    switch (fates.shift() ?? "ok") {
      case "ok":
        return await commit();
      case "lost before":
        throw new UnknownOutcome("No answer");
      case "lost after":
        await commit();
        throw new UnknownOutcome("No answer");
      case "sent twice":
        // The layer below lost a reply and sent again: the checks fail on our own commit.
        await commit();
        return await commit();
    }
  });
}

Deno.test("append() is written exactly once whatever becomes of the replies", async () => {
  const fates = fc.array(fc.constantFrom<Fate>("ok", "lost before", "lost after", "sent twice"), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fates, fc.integer({ min: 1, max: 4 }), async (list, rounds) => {
      using memory = await openKv();
      const writer = writerOn(fatedKv(memory, [...list]), { clock });
      const ids = await Promise.all([writer.create(), writer.create({ prompt: "long".repeat(20_000) })]);
      assertEquals(ids, [1, 2]);
      for (let round = 0; round < rounds; round++) {
        await Promise.all(ids.flatMap((id) => ["a", "b"].map((name) => writer.say(id, `${round}${name}`))));
      }
      for (const id of ids) {
        const said = (await storedEvents(memory, id)).slice(1).map(({ data }) => (data as { text: string }).text);
        assertEquals(said, Array.from({ length: rounds }, (_, round) => [`${round}a`, `${round}b`]).flat());
      }
      const announced = (await allStream(memory)).reduce((sum, [, from, to]) => sum + to - from + 1, 0);
      assertEquals(announced, 2 + rounds * 4);
      assertEquals(writer.committed.flatMap(({ events }) => events).length, announced);
    }),
    { numRuns: runs(60) },
  );
});

Deno.test("append() whose reply was lost passes on the versionstamp it was written at", async () => {
  for (const fate of ["lost after", "sent twice"] as const) {
    using memory = await openKv();
    const writer = writerOn(fatedKv(memory, [fate]), { clock });
    const id = await writer.create();
    const [entry] = await memory.page({ prefix: keys.events(id) }, { limit: 1 });
    assertEquals(writer.committed.map(({ versionstamp }) => versionstamp), [entry!.versionstamp]);
    // And so the next commit's check holds at once.
    assertEquals((await writer.say(id, "next")).head.seq, 2);
  }
});

Deno.test("append() with an idempotency key is one task although its reply was lost and others wrote since", async () => {
  using memory = await openKv();
  const other = writerOn(memory, { clock });
  let lost = false;
  const kv = interceptedKv(memory, async (commit) => {
    if (lost) return await commit();
    lost = true;
    await commit();
    await other.say(1, "from another process");
    throw new UnknownOutcome("No answer");
  });
  const writer = writerOn(kv, { clock });
  const request = creation({}, { idempotency: { key: "k", hash: "h" } });
  const [one, two] = await Promise.all([writer.append(request), writer.append(request)]);
  assertEquals([one.head.id, two.head.id, one.created, two.created], [1, 1, true, false]);
  assertEquals((await writer.say(1, "ours")).head.seq, 3);
});

Deno.test("append() after close() does not wait for a store that never answers", async () => {
  using memory = await openKv();
  const writer = writerOn(interceptedKv(memory, () => Promise.reject(new UnknownOutcome("No answer"))), { clock });
  writer.close();
  const error = await assertRejects(() => writer.create(), DomainError, "the outcome is unknown");
  assertEquals(error.code, "unavailable");
});

// Errors

Deno.test("append() on a full disk is refused as unavailable, writes nothing, and the next one works", async () => {
  using memory = await openKv();
  let broken = false;
  const writer = writerOn(interceptedKv(memory, (commit) => broken ? full() : commit()), { clock });
  const id = await writer.create();
  broken = true;
  const all = await Promise.allSettled([writer.say(id, "a"), writer.create(), writer.say(id, "x".repeat(200_000))]);
  for (const one of all) {
    assert(one.status === "rejected" && one.reason instanceof DomainError && one.reason.code === "unavailable");
    assertEquals(one.reason.message, "The disk with the data folder is full; nothing was written");
  }
  broken = false;
  assertEquals((await storedEvents(memory, id)).length, 1);
  assertEquals([(await writer.say(id, "b")).head.seq, await writer.create()], [2, 2]);
});

Deno.test("append() whose body cannot be written is refused alone: the others of its batch are answered", async () => {
  using memory = await openKv();
  const kv = interceptedKv(memory, (commit, { sets }) => sets.some(({ key }) => key[0] === "part") ? full() : commit());
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  const all = await Promise.allSettled([
    writer.say(id, "before"),
    writer.say(id, "x".repeat(200_000)),
    writer.say(id, "after"),
  ]);
  assertEquals(all.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assertEquals((await storedEvents(memory, id)).length, 3);
});

Deno.test("append() whose data is no JSON is refused alone", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock });
  const id = await writer.create();
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const broken = output(id, [{ type: "output.tool_use", data: { id: "t", name: "n", summary: "s", input: circular } }]);
  const [before, refused] = await Promise.allSettled([writer.say(id, "before"), writer.append(broken)]);
  assertEquals([before.status, refused.status], ["fulfilled", "rejected"]);
});

Deno.test("append() passes on an error of the store that it cannot explain, and goes on afterwards", async () => {
  using memory = await openKv();
  let broken = true;
  const kv = interceptedKv(memory, (commit) => broken ? Promise.reject(new TypeError("something else")) : commit());
  const writer = writerOn(kv, { clock });
  await assertRejects(() => writer.create(), TypeError, "something else");
  broken = false;
  assertEquals(await writer.create(), 1);
});

Deno.test("append() is answered when heads, ids or keys cannot be read, and the next one works", async () => {
  using memory = await openKv();
  for (const broken of ["getMany", "get"] as const) {
    let isBroken = false;
    const fail = (() => isBroken ? Promise.reject(new TypeError("cannot read")) : null) as () => Promise<never> | null;
    const kv: Kv = {
      ...memory,
      get: (key) => (broken === "get" ? fail() : null) ?? memory.get(key),
      getMany: (all) => (broken === "getMany" ? fail() : null) ?? memory.getMany(all),
    };
    const id = await writerOn(memory, { clock }).create();
    const writer = writerOn(kv, { clock });
    isBroken = true;
    const request: AppendRequest = broken === "getMany"
      ? output(id, [text("x")])
      : creation({}, { idempotency: { key: "k", hash: "h" } });
    const both = await Promise.allSettled([writer.append(request), writer.append(request)]);
    assertEquals(both.map(({ status }) => status), ["rejected", "rejected"]);
    isBroken = false;
    assert((await writer.append(request)).head.seq >= 1);
  }
});

Deno.test("sweepBodies() removes what a failed append left behind and nothing else", async () => {
  using memory = await openKv();
  let broken = false;
  const kv = interceptedKv(
    memory,
    (commit, { sets }) => broken && sets.some(({ key }) => key[0] === "event") ? full() : commit(),
  );
  const writer = writerOn(kv, { clock });
  const kept = "kept".repeat(50_000);
  const id = await writer.create({ prompt: kept });
  broken = true;
  await assertRejects(() => writer.say(id, "x".repeat(3_000_000)));
  const parts = async () => (await memory.page({ prefix: ["part"] }, { limit: 1_000 })).length;
  assert(await parts() > 60);
  assertEquals(await sweepBodies(memory), 1);
  assertEquals(await parts(), Math.ceil(200_000 / (48 * 1024)));
  assertEquals(await sweepBodies(memory), 0);
  assertEquals(((await storedEvents(memory, id))[0]!.data as { prompt: string }).prompt, kept);
});

// Other processes

function claim(task: number, epoch: number): AppendRequest {
  return {
    task,
    by: "scheduler",
    priority: "command",
    decide(head) {
      if (head!.epoch >= epoch) throw new DomainError("conflict", "Claimed already");
      const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
      return [{ type: "run.claimed", run: epoch, data: { worker: "w", epoch, attempt: 1, mark: "m", why } }];
    },
  };
}

Deno.test("append() decides again when another process was faster", async () => {
  using kv = await openKv();
  const [one, two] = [writerOn(kv, { clock }), writerOn(kv, { clock })];
  const id = await one.create();
  await two.say(id, "from the other");
  // The first one still has the head at 1 in memory.
  assertEquals((await one.say(id, "ours")).head.seq, 3);
  assertEquals((await storedEvents(kv, id)).map(({ seq }) => seq), [1, 2, 3]);
});

Deno.test("append() of one claim by two processes lets exactly one win, every time", async () => {
  using kv = await openKv();
  const writers = [writerOn(kv, { clock }), writerOn(kv, { clock })];
  const id = await writers[0]!.create();
  for (let epoch = 1; epoch <= 30; epoch++) {
    const both = await Promise.allSettled(writers.map((writer) => writer.append(claim(id, epoch))));
    assertEquals(both.filter(({ status }) => status === "fulfilled").length, 1);
  }
  assertEquals((await storedEvents(kv, id)).length, 31);
});

Deno.test("append() that lost its tasks to another process is refused by what it reads, without one more commit", async () => {
  using kv = await openKv();
  let commits = 0;
  const counted: Kv = {
    ...kv,
    commit(commit) {
      commits++;
      return kv.commit(commit);
    },
  };
  const [one, two] = [writerOn(counted, { clock }), writerOn(kv, { clock })];
  // More than one commit takes: those that waited behind the first are refused by the same read.
  const ids = await Promise.all(Array.from({ length: 120 }, () => one.create()));
  const left = ids.pop()!;
  await Promise.all(ids.map((id) => two.append(claim(id, 1))));
  commits = 0;
  const claims = await Promise.allSettled([...ids, left].map((id) => one.append(claim(id, 1))));
  assertEquals(claims.map(({ status }) => status), [...ids.map(() => "rejected"), "fulfilled"]);
  assertEquals(commits, 2, "the one that was lost, and that of the task that was left");
});

Deno.test("append() by several processes at once keeps every history whole and every id unique", async () => {
  using kv = await openKv();
  const writers = Array.from({ length: 4 }, () => writerOn(kv, { clock }));
  const shared = await writers[0]!.create();
  const made: number[] = [];
  await Promise.all(writers.flatMap((writer, number) =>
    Array.from({ length: 5 }, async () => {
      for (let n = 0; n < 8; n++) {
        await writer.say(shared, `${number}`);
        made.push(await writer.create());
      }
    })
  ));
  assertEquals(made.toSorted((a, b) => a - b), Array.from({ length: 160 }, (_, index) => index + 2));
  const events = await storedEvents(kv, shared);
  events.forEach(({ seq }, index) => assertEquals(seq, index + 1));
  assertEquals(events.length, 161);
  const announced = (await allStream(kv)).filter(([task]) => task === shared);
  assertEquals(announced.reduce((sum, [, from, to]) => sum + to - from + 1, 0), 161);
});

Deno.test("append() with one idempotency key by two processes at once makes one task", async () => {
  using kv = await openKv();
  for (let round = 0; round < 20; round++) {
    const request = () => creation({}, { idempotency: { key: `k${round}`, hash: "h" } });
    const both = await Promise.all(
      [writerOn(kv, { clock }), writerOn(kv, { clock })].map((one) => one.append(request())),
    );
    assertEquals(both[0]!.head.id, both[1]!.head.id);
    assertEquals(both.filter(({ created }) => created).length, 1);
  }
});

Deno.test("append() tells a head that was forgotten while another append's body was written", async () => {
  using memory = await openKv();
  const other = writerOn(memory, { clock });
  const ids = [await other.create(), await other.create()];
  let during = () => Promise.resolve();
  const kv = interceptedKv(memory, async (commit, { sets }) => {
    if (sets.some(({ key }) => key[0] === "part")) await during();
    return await commit();
  });
  const writer = writerOn(kv, { clock });
  // As the tail does it when it sees what another process wrote.
  during = async () => {
    await other.say(ids[1]!, "meanwhile");
    writer.forget(ids[1]!);
    writer.forget(ids[0]!);
  };
  const both: Appended[] = await Promise.all([writer.say(ids[0]!, "x".repeat(100_000)), writer.say(ids[1]!, "y")]);
  assertEquals(both.map(({ head }) => head.seq), [2, 3]);
});

Deno.test("append() with a used key finds its task although the head is forgotten in the very turn after it was read", async () => {
  using memory = await openKv();
  const id = await writerOn(memory, { clock }).create({}, { idempotency: { key: "k", hash: "h" } });
  for (let turns = 0; turns < 12; turns++) {
    let reads = 0;
    const kv: Kv = {
      ...memory,
      async getMany(wanted) {
        const entries = await memory.getMany<never>(wanted);
        if (++reads === 1) void forgetLater();
        return entries;
      },
    };
    const forgetLater = async () => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      writer.forget(id);
    };
    const writer = writerOn(kv, { clock });
    const { head, created } = await writer.append(creation({}, { idempotency: { key: "k", hash: "h" } }));
    assertEquals([head.id, created], [id, false], `forgotten ${turns} turns later`);
  }
});

Deno.test("append() gives up after losing every race, and says so", async () => {
  using memory = await openKv();
  const id = await writerOn(memory, { clock }).create();
  let races = 0;
  const kv = interceptedKv(memory, () => {
    races++;
    return Promise.resolve(null);
  });
  const error = await assertRejects(() => writerOn(kv, { clock }).say(id, "x"), DomainError, "too busy");
  assertEquals([error.code, races], ["unavailable", 101]);
});
