import { assert, assertEquals } from "@std/assert";
import { evolveAll } from "../../core/domain/evolve.ts";
import { emptyTask } from "../../core/domain/task.ts";
import type { Appended } from "../../core/kv/commit_batch.ts";
import { eventLog } from "../../core/kv/event_log.ts";
import type { Published } from "../../core/kv/event_record.ts";
import { type Committed, type GroupCommit, groupCommit } from "../../core/kv/group_commit.ts";
import { keys } from "../../core/kv/keys.ts";
import { type Kv, localLimits } from "../../core/kv/kv.ts";
import { type LiveTail, liveTail } from "../../core/kv/live_tail.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { creation, openKv, output, text } from "./world.ts";

interface Process {
  writer: GroupCommit;
  tail: LiveTail;
  /** What the tail passed on. */
  passed: Committed[];
  create(): Promise<number>;
  say(task: number, ...texts: string[]): Promise<unknown>;
}

/** One process over a store: its writer and its tail, joined as the store joins them. */
function processOn(kv: Kv, { shared = false, cursor = "", clock = systemClock } = {}): Process {
  const passed: Committed[] = [];
  const log = eventLog(kv);
  const writer: GroupCommit = groupCommit({
    kv,
    clock: systemClock,
    random: systemRandom,
    limits: localLimits,
    shared,
    onCommit: (committed) => tail.committed(committed),
    catchUp: () => tail.look(),
  });
  const tail = liveTail({
    kv,
    log,
    clock,
    random: systemRandom,
    shared,
    cursor,
    writer: () => writer,
  });
  tail.subscribe((committed) => void passed.push(committed));
  return {
    writer,
    tail,
    passed,
    create: async () => (await writer.append(creation())).head.id,
    say: (task, ...texts) => writer.append(output(task, texts.map(text))),
  };
}

const seqs = (published: Published[] | null) => published?.map(({ event }) => event.seq) ?? null;
const passedOf = (process: Process) =>
  process.passed.flatMap(({ events }) => events.map(({ event }) => `${event.task}/${event.seq}`));

/** Resolves when the tail has passed that event on. */
async function passedOn({ tail, passed }: Process, name: string): Promise<void> {
  const has = ({ events }: Committed) => events.some(({ event }) => `${event.task}/${event.seq}` === name);
  if (passed.some(has)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = tail.subscribe((committed) => has(committed) && resolve());
  await promise;
  end();
}

Deno.test("subscribe() gets each commit once and in order, until it is ended", async () => {
  using kv = await openKv();
  const process = processOn(kv);
  const seen: string[] = [];
  const end = process.tail.subscribe(({ versionstamp }) => void seen.push(versionstamp));
  const id = await process.create();
  for (let n = 0; n < 5; n++) await process.say(id, "x");
  assertEquals(seen, process.passed.map(({ versionstamp }) => versionstamp));
  assertEquals([seen.length, process.tail.cursor], [6, seen.at(-1)!]);
  end();
  await process.say(id, "x");
  assertEquals([seen.length, process.passed.length], [6, 7]);
});

Deno.test("a writer that loses a race for many tasks learns from the log what others made of them, and reads no head again", async () => {
  using memory = await openKv();
  const other = processOn(memory, { shared: true });
  const ids = await Promise.all(Array.from({ length: 10 }, () => other.create()));
  let reads = 0;
  let races = 0;
  const kv: Kv = {
    ...memory,
    getMany(wanted) {
      reads += wanted.filter(([kind]) => kind === keys.task(1)[0]).length;
      return memory.getMany(wanted);
    },
    async commit(commit) {
      if (races++ === 0) { for (const id of ids) await other.say(id, "theirs"); }
      return await memory.commit(commit);
    },
  };
  const loser = processOn(kv, { shared: true });
  const said = await Promise.all(ids.map((id) => loser.say(id, "ours")));
  assertEquals(races, 2);
  assertEquals(reads, ids.length, "before the race alone");
  const log = eventLog(memory);
  for (const [at, id] of ids.entries()) {
    const events = (await log.read(id, { after: 0, limit: 10 })).map(({ event }) => event);
    assertEquals(events.slice(1).map(({ data }) => (data as { text: string }).text), ["theirs", "ours"]);
    assertEquals(await log.head(id), evolveAll(emptyTask(id), events));
    assertEquals((said[at] as Appended).head, evolveAll(emptyTask(id), events));
  }
});

Deno.test("since() gives what memory has without a gap, and null when it does not reach back", async () => {
  using kv = await openKv();
  const { tail, create, say } = processOn(kv);
  const id = await create();
  await say(id, "a", "b");
  await say(id, "c");
  assertEquals(seqs(tail.since(id, 0)), [1, 2, 3, 4]);
  assertEquals(seqs(tail.since(id, 3)), [4]);
  assertEquals(seqs(tail.since(id, 4)), []);
  assertEquals(tail.since(id, 5), null, "ahead of memory");
  assertEquals(tail.since(99, 0), null, "nothing known");
});

Deno.test("since() of a process that came later reaches back to its own start only", async () => {
  using kv = await openKv();
  const before = processOn(kv);
  const id = await before.create();
  await before.say(id, "a", "b");
  const { tail, say } = processOn(kv);
  await say(id, "c");
  assertEquals([seqs(tail.since(id, 3)), tail.since(id, 2), tail.since(id, 0)], [[4], null, null]);
});

Deno.test("since() forgets the oldest of a long history, and what remains has no gap", async () => {
  using kv = await openKv();
  const { tail, create, say } = processOn(kv);
  const id = await create();
  for (let n = 0; n < 12; n++) await say(id, ...Array.from({ length: 400 }, () => "x"));
  assertEquals(tail.since(id, 0), null);
  const kept = seqs(tail.since(id, 4_000))!;
  assertEquals(kept, Array.from({ length: 801 }, (_, index) => 4_001 + index));
});

Deno.test("since() holds a bounded number of characters: one event that is too large is read from the log", async () => {
  using kv = await openKv();
  const { tail, create, say } = processOn(kv);
  const id = await create();
  await say(id, "x".repeat(1_500_000));
  assert(tail.since(id, 1) === null);
  await say(id, "small");
  assertEquals(seqs(tail.since(id, 2)), [3]);
});

Deno.test("since() keeps the newest tasks only", async () => {
  using kv = await openKv();
  const { tail, create } = processOn(kv);
  for (let n = 0; n < 70; n++) await create();
  assertEquals([tail.since(1, 0), seqs(tail.since(70, 0))], [null, [1]]);
});

// Shared stores

Deno.test("look() passes on what other processes wrote, each commit once and in order", async () => {
  using kv = await openKv();
  const [one, two] = [processOn(kv, { shared: true }), processOn(kv, { shared: true })];
  const id = await one.create();
  await Promise.all(Array.from({ length: 20 }, async () => {
    await one.say(id, "one");
    await two.say(id, "two");
    await two.create();
  }));
  await Promise.all([one.tail.look(), two.tail.look()]);
  // A look that was going on when the last commit came did not see it.
  await Promise.all([one.tail.look(), two.tail.look()]);
  const written = (await kv.page<[number, number, number][]>({ prefix: ["all"] }, { limit: 1_000 })).map(({ key }) =>
    key[1]
  );
  for (const process of [one, two]) {
    assertEquals(process.passed.map(({ versionstamp }) => versionstamp), written as string[]);
    const all = passedOf(process);
    assertEquals([all.length, new Set(all).size], [61, 61]);
    const ofTask = all.filter((name) => name.startsWith(`${id}/`));
    assertEquals(ofTask, Array.from({ length: 41 }, (_, index) => `${id}/${index + 1}`));
  }
  assertEquals(passedOf(one), passedOf(two));
});

Deno.test("look() gives each commit the heads as they were after it", async () => {
  using kv = await openKv();
  const other = processOn(kv, { shared: true });
  const id = await other.create();
  await other.say(id, "a", "b");
  await other.say(id, "c");
  const process = processOn(kv, { shared: true });
  await process.tail.look();
  assertEquals(process.passed.map(({ heads }) => heads.map(({ seq, last_step }) => [seq, last_step])), [
    [[1, null]],
    [[3, "b"]],
    [[4, "c"]],
  ]);
  assertEquals(seqs(process.tail.since(id, 0)), [1, 2, 3, 4]);
});

Deno.test("look() begins after its cursor and reads on over many commits", async () => {
  using kv = await openKv();
  const other = processOn(kv);
  const id = await other.create();
  const cursor = other.tail.cursor;
  for (let n = 0; n < 450; n++) await other.say(id, "x");
  const process = processOn(kv, { shared: true, cursor });
  await process.tail.look();
  assertEquals(process.passed.length, 450);
  assertEquals(passedOf(process)[0], `${id}/2`);
  await process.tail.look();
  assertEquals(process.passed.length, 450);
});

Deno.test("look() lets the writer forget what others changed", async () => {
  using kv = await openKv();
  const [one, two] = [processOn(kv, { shared: true }), processOn(kv, { shared: true })];
  const id = await one.create();
  await two.say(id, "from the other");
  await one.tail.look();
  const decidedOn: number[] = [];
  await one.writer.append({
    ...output(id, []),
    decide(head) {
      decidedOn.push(head!.seq);
      return [];
    },
  });
  assertEquals(decidedOn, [2], "not on what it wrote itself");
});

Deno.test("look() that fails passes nothing on twice when it is repeated", async () => {
  using memory = await openKv();
  const other = processOn(memory);
  const id = await other.create();
  for (let n = 0; n < 10; n++) await other.say(id, "x");
  let reads = 0;
  const kv: Kv = {
    ...memory,
    page: (range, options) =>
      range.prefix[0] === "event" && ++reads % 3 !== 0
        ? Promise.reject(new TypeError("cannot read"))
        : memory.page(range, options),
  };
  const process = processOn(kv, { shared: true });
  let failed = 0;
  while (process.passed.length < 11) await process.tail.look().catch(() => failed++);
  assert(failed > 0);
  assertEquals(passedOf(process), Array.from({ length: 11 }, (_, index) => `${id}/${index + 1}`));
});

Deno.test("run() passes on others' commits by itself, and ends with its signal", async () => {
  using kv = await openKv();
  const [one, two] = [processOn(kv, { shared: true }), processOn(kv, { shared: true })];
  const ending = new AbortController();
  const running = one.tail.run(ending.signal);
  const id = await two.create();
  await passedOn(one, `${id}/1`);
  await two.say(id, "x");
  await passedOn(one, `${id}/2`);
  assertEquals(passedOf(one), [`${id}/1`, `${id}/2`]);
  ending.abort();
  await running;
});

Deno.test("run() hears of others' commits by its poll alone when watch stays silent", async () => {
  using memory = await openKv();
  const kv: Kv = { ...memory, watch: () => () => {} };
  const [one, two] = [processOn(kv, { shared: true }), processOn(kv, { shared: true })];
  const ending = new AbortController();
  const running = one.tail.run(ending.signal);
  const id = await two.create();
  await passedOn(one, `${id}/1`);
  ending.abort();
  await running;
});

Deno.test("look() passes on commits of few events of many tasks and of many events of one, with the heads after each", async () => {
  using memory = await openKv();
  const other = processOn(memory);
  const ids = await Promise.all(Array.from({ length: 23 }, () => other.create()));
  await Promise.all(ids.flatMap((id) => Array.from({ length: id % 9 }, (_, n) => other.say(id, `${n}`))));
  const process = processOn(memory, { shared: true });
  await process.tail.look();
  for (const id of ids) {
    const events = passedOf(process).filter((name) => name.startsWith(`${id}/`));
    assertEquals(events, Array.from({ length: 1 + id % 9 }, (_, index) => `${id}/${index + 1}`));
    const head = process.passed.flatMap(({ heads }) => heads).findLast((head) => head.id === id);
    assertEquals(head, await eventLog(memory).head(id));
  }
});

Deno.test("what an agent says is looked for together, and at once when somebody follows; all else is at once", async () => {
  using kv = await openKv();
  // The next moment at which it would be looked by itself never comes.
  const never = (signal?: AbortSignal) =>
    new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const clock = {
    ...systemClock,
    timer: () => () => {},
    sleep: (_: number, { signal }: { signal?: AbortSignal } = {}) => never(signal),
  };
  const process = processOn(kv, { shared: true, clock });
  const stop = new AbortController();
  const running = process.tail.run(stop.signal);
  const id = await process.create();
  await passedOn(process, `${id}/1`);
  await process.say(id, "x");
  await process.say(id, "y");
  assertEquals(passedOf(process), [`${id}/1`], "it was looked a moment ago");
  const unfollow = process.tail.follow();
  await passedOn(process, `${id}/3`);
  await process.say(id, "z");
  await passedOn(process, `${id}/4`);
  unfollow();
  await process.say(id, "later");
  const other = await process.create();
  await passedOn(process, `${other}/1`);
  assertEquals(passedOf(process).slice(-2), [`${id}/5`, `${other}/1`]);
  stop.abort();
  await running;
});
