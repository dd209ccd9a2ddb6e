// Following: from any position every event once and in order, however the follower falls behind, and an end.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Command } from "../../../core/domain/command.ts";
import { decide } from "../../../core/domain/decide.ts";
import { DomainError } from "../../../core/domain/error.ts";
import type { Feed, FeedPage, Positions } from "../../../core/engine/service/feed.ts";
import { Feeds } from "../../../core/engine/service/feeds.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";
import { openStore, type Store } from "../../../core/kv/store.ts";
import { type TaskView, taskView } from "../../../core/view/task_view.ts";
import { creation, output, text } from "../../kv/world.ts";

interface FeedWorld extends Disposable {
  store: Store;
  open(positions: Positions): Promise<Feed>;
  create(): Promise<number>;
  say(task: number, ...texts: string[]): Promise<unknown>;
  give(task: number, command: Command): Promise<unknown>;
  /** Who waits for whom, to be set by the test. */
  dependants: Map<number, number[]>;
  /** What the store answers a cursor with. */
  past: TaskView[] | null;
}

async function feedWorld(): Promise<FeedWorld> {
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  const dependants = new Map<number, number[]>();
  const feeds = new Feeds({
    store,
    head: (id) => store.log.head(id),
    async require(id) {
      const head = await store.log.head(id);
      if (!head) throw new DomainError("not_found", `There is no task ${id}`);
      return head;
    },
    summary: (head) => taskView(head),
    dependants: (id) => dependants.get(id) ?? [],
    changedSince: () => Promise.resolve(world.past),
  });
  store.tail.subscribe((committed) => feeds.heard(committed, { isBoardChanged: true }));
  const world: FeedWorld = {
    store,
    dependants,
    past: [],
    open: (positions) => feeds.open(positions),
    create: async () => (await store.writer.append(creation())).head.id,
    say: (task, ...texts) => store.writer.append(output(task, texts.map(text))),
    give: (task, command) =>
      store.writer.append({
        task,
        by: "test/1",
        priority: "command",
        decide: (head, { now }) => decide(command, head, now),
      }),
    [Symbol.dispose]: () => store.close(),
  };
  return world;
}

const from = (...pairs: [number, number][]): Positions => ({ tasks: new Map(pairs) });
const never = () => new AbortController().signal;
const seqsOf = ({ events }: FeedPage) => events.map(({ event }) => event.seq);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

async function nextPage(pages: AsyncIterator<FeedPage, void>): Promise<FeedPage> {
  const { value, done } = await pages.next();
  if (done) throw new Error("The feed has ended");
  return value!;
}

Deno.test("pages() give history after the position, then what is committed, until the task is over", async () => {
  using world = await feedWorld();
  const id = await world.create();
  await world.say(id, "a", "b");
  const feed = await world.open(from([id, 1]));
  assertEquals(feed.isOver, false);
  const pages = feed.pages(never());
  assertEquals(seqsOf(await nextPage(pages)), [2, 3]);
  const live = nextPage(pages);
  await world.say(id, "c");
  const page = await live;
  assertEquals([seqsOf(page), page.cursor, page.isReset, page.changed], [[4], null, false, []]);
  await world.give(id, { type: "cancel" });
  assertEquals(seqsOf(await nextPage(pages)), [5, 6]);
  assertEquals(await pages.next(), { done: true, value: undefined });
});

Deno.test("open() says whether a task is over after a position, and refuses one that is not there", async () => {
  using world = await feedWorld();
  const id = await world.create();
  await world.give(id, { type: "cancel" });
  const { seq } = (await world.store.log.head(id))!;
  assertEquals((await world.open(from([id, seq - 1]))).isOver, false);
  const feed = await world.open(from([id, seq]));
  assertEquals(feed.isOver, true);
  assertEquals((await feed.pages(never()).next()).done, true);
  await assertRejects(() => world.open(from([99, 0])), DomainError, "There is no task 99");
  assertEquals((await world.open({ ...from([99, 0]), changes: { after: null } })).isOver, false);
});

Deno.test("the feed of an imported task ends with what was imported, though the task is not over", async () => {
  using world = await feedWorld();
  const imported = { store: "s", task: 7, events: 2, exported_at: "2026-03-01T10:00:00.000Z" };
  const { id } = (await world.store.writer.append(creation({ imported }))).head;
  await world.say(id, "a");
  const pages = (await world.open(from([id, 0]))).pages(never());
  assertEquals(seqsOf(await nextPage(pages)), [1, 2]);
  assertEquals(await pages.next(), { done: true, value: undefined });
});

Deno.test("a feed of several tasks ends when all of them are over, and goes on with one that is opened again", async () => {
  using world = await feedWorld();
  const [one, two] = [await world.create(), await world.create()];
  const pages = (await world.open(from([one, 1], [two, 1]))).pages(never());
  const first = nextPage(pages);
  await world.give(one, { type: "cancel" });
  assertEquals(seqsOf(await first), [2, 3]);
  const again = nextPage(pages);
  await world.give(one, { type: "retry" });
  assertEquals(seqsOf(await again), [4]);
  await Promise.all([world.give(two, { type: "cancel" }), world.give(one, { type: "cancel" })]);
  const last = await nextPage(pages);
  assertEquals(new Set(last.events.map(({ event }) => event.task)), new Set([one, two]));
  assertEquals((await pages.next()).done, true);
});

Deno.test("every follower gets every event once and in order, however it falls behind", async () => {
  using world = await feedWorld();
  const id = await world.create();
  const last = 3_001;
  const farAhead = Promise.withResolvers<void>();
  let fromLog = 0;
  const { read } = world.store.log;
  world.store.log.read = (task, options) => {
    fromLog++;
    return read(task, options);
  };
  async function follow(isLazy: boolean): Promise<number[]> {
    const seen: number[] = [];
    for await (const page of (await world.open(from([id, 0]))).pages(never())) {
      seen.push(...seqsOf(page));
      if (seen.at(-1) === last) break;
      // A slow one sleeps through so much that memory no longer has it.
      if (isLazy) await farAhead.promise;
    }
    return seen;
  }
  const followers = [follow(false), follow(false), follow(true)];
  for (let n = 0; n < 30; n++) {
    await world.say(id, ...Array.from({ length: 100 }, () => "x"));
    if (n === 25) farAhead.resolve();
  }
  for (const seen of await Promise.all(followers)) assertEquals(seen, upTo(last));
  assert(fromLog >= 1);
});

Deno.test("what is committed while the past is read comes once", async () => {
  using world = await feedWorld();
  const id = await world.create();
  const { since } = world.store.tail;
  world.store.tail.since = () => null;
  const { read } = world.store.log;
  world.store.log.read = async (task, options) => {
    const page = await read(task, options);
    await world.say(id, "meanwhile");
    world.store.tail.since = since;
    return page;
  };
  const pages = (await world.open(from([id, 0]))).pages(never());
  assertEquals([seqsOf(await nextPage(pages)), seqsOf(await nextPage(pages))], [[1], [2]]);
});

Deno.test("a page of the log that is cut at its limit is followed by the rest", async () => {
  using world = await feedWorld();
  const id = await world.create();
  for (const text of ["one", "two"]) await world.say(id, text);
  const { read } = world.store.log;
  world.store.tail.since = () => null;
  world.store.log.read = (task, options) => read(task, { ...options, limit: 1 });
  const pages = (await world.open(from([id, 0]))).pages(never());
  for (const seq of [1, 2, 3]) assertEquals(seqsOf(await nextPage(pages)), [seq]);
});

Deno.test("a follower that waits ends with its signal, and one that is gone is told nothing", async () => {
  using world = await feedWorld();
  const id = await world.create();
  const leaving = new AbortController();
  const feed = await world.open(from([id, 1]));
  const pages = feed.pages(leaving.signal);
  const waiting = pages.next();
  const staying = feed.pages(never()).next();
  leaving.abort();
  assertEquals((await waiting).done, true);
  await world.say(id, "x");
  assertEquals((await pages.next()).done, true);
  assertEquals((await staying).done, false);
  assertEquals((await feed.pages(AbortSignal.abort()).next()).done, true);
});

Deno.test("a log that cannot be read rejects, and ends the feed", async () => {
  using world = await feedWorld();
  const id = await world.create();
  world.store.tail.since = () => null;
  world.store.log.read = () => Promise.reject(new TypeError("cannot read"));
  const pages = (await world.open(from([id, 0]))).pages(never());
  await assertRejects(() => pages.next(), TypeError, "cannot read");
  assertEquals((await pages.next()).done, true);
});

Deno.test("changes: of a task the newest summary comes, once, and each whole page brings the cursor", async () => {
  using world = await feedWorld();
  const id = await world.create();
  const waiting = await world.create();
  const cursor = () => `${world.store.id}.${world.store.tail.cursor}`;
  const pages = (await world.open({ tasks: new Map(), changes: { after: null } })).pages(never());
  assertEquals(await nextPage(pages), { cursor: cursor(), isReset: false, events: [], changed: [] });
  await world.say(id, "a");
  await world.say(id, "b");
  const page = await nextPage(pages);
  assertEquals([page.changed.map(({ seq }) => seq), page.cursor, page.events], [[3], cursor(), []]);
  // Those that wait for it look different, too.
  world.dependants.set(id, [waiting]);
  await world.say(id, "c");
  const changed: number[] = [];
  while (!changed.includes(waiting)) changed.push(...(await nextPage(pages)).changed.map((view) => view.id));
  assertEquals(changed, [id, waiting]);
});

Deno.test("changes: only a page that leaves nothing behind has the cursor, and it is owed until then", async () => {
  using world = await feedWorld();
  const id = await world.create();
  for (let n = 0; n < 6; n++) await world.say(id, ...Array.from({ length: 400 }, () => "x"));
  const positions: Positions = { tasks: new Map([[id, 0]]), changes: { after: `${world.store.id}.` } };
  const pages = (await world.open(positions)).pages(never());
  const seen: number[] = [];
  let page = await nextPage(pages);
  for (; seen.push(...seqsOf(page)) < 2_401; page = await nextPage(pages)) assertEquals(page.cursor, null);
  assertEquals([seen, page.cursor], [upTo(2_401), `${world.store.id}.${world.store.tail.cursor}`]);
});

Deno.test("changes: a cursor brings what changed since, and one that cannot be gone on from a reset", async () => {
  using world = await feedWorld();
  const id = await world.create();
  const known = `${world.store.id}.${world.store.tail.cursor}`;
  const view = taskView((await world.store.log.head(id))!);
  const first = async (after: string) => {
    const pages = (await world.open({ tasks: new Map(), changes: { after } })).pages(never());
    return await nextPage(pages);
  };
  world.past = [view];
  assertEquals(await first(known), { cursor: known, isReset: false, events: [], changed: [view] });
  world.past = [];
  assertEquals(await first(known), { cursor: known, isReset: false, events: [], changed: [] });
  world.past = null;
  assertEquals(await first(known), { cursor: known, isReset: true, events: [], changed: [] });
  world.past = [];
  for (const after of ["", "12", world.store.id, `${crypto.randomUUID()}.00`, `${world.store.id}.x`]) {
    assertEquals((await first(after)).isReset, true, after);
  }
});
