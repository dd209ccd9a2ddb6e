// A line of messages on a real store, with a clock whose timers the test fires, and a receiver that it plays.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import type { EventType, TaskEvent } from "../../../core/domain/event.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { Line, type LineParts, type Receiver, retryAfterMs } from "../../../core/engine/deliver/line.ts";
import { systemRandom } from "../../../core/host/system.ts";
import { buildStore, type Store } from "../../../core/kv/store.ts";
import type { PostAnswer } from "../../../core/process/post.ts";
import { creation, openKv } from "../../kv/world.ts";

const ok: PostAnswer = { status: 204, retryAfterSeconds: null, error: null };
const bad: PostAnswer = { status: 500, retryAfterSeconds: null, error: null };

/** Time stands still until the test lets the next timer come. */
class TimerClock {
  time = Date.parse("2026-01-01T00:00:00.000Z");
  readonly timers = new Map<() => void, number>();
  now = () => this.time;
  monotonic = () => this.time;
  sleep = () => Promise.resolve();
  timer = (ms: number, callback: () => void) => {
    this.timers.set(callback, this.time + ms);
    return () => void this.timers.delete(callback);
  };

  /** Jumps to the next timer, or further. */
  next(until = 0): void {
    for (const [callback, at] of [...this.timers].sort(([, a], [, b]) => a - b).slice(0, 1)) {
      this.timers.delete(callback);
      this.time = Math.max(this.time, at, until);
      callback();
    }
  }
}

interface LineWorld extends AsyncDisposable {
  store: Store;
  clock: TimerClock;
  /** What was sent, `task/seq` each. */
  sent: string[];
  /** And when. */
  times: number[];
  messages: string[];
  ended: string[];
  line: Line;
  stop(): Promise<void>;
  /** Resolves once so many messages were sent, the clock going on as it must. */
  until(count: number): Promise<void>;
  /** Resolves once so many messages have arrived or were given up. */
  settled(count: number): Promise<void>;
}

function rethrow(message: string, error: unknown): never {
  throw new Error(message, { cause: error });
}

async function world(
  {
    types = ["task.created"],
    answer = () => ok,
    sequel = "end",
    shared = false,
    isAlive = () => false,
    warn = rethrow,
  }: {
    types?: EventType[];
    answer?: (nth: number) => PostAnswer | Promise<PostAnswer>;
    sequel?: "end" | "skip";
    shared?: boolean;
    isAlive?: LineParts["isAlive"];
    warn?: EngineContext["warn"];
  } = {},
): Promise<LineWorld> {
  const kv = await openKv();
  const clock = new TimerClock();
  const store = await buildStore(kv, { clock, random: { ...systemRandom, float: () => 0.5 }, shared });
  const random = { ...systemRandom, float: () => 0.5 };
  const context = { store, clock, random, warn, worker: { id: "one", name: "one" }, settings: {} };
  const [sent, messages, ended]: string[][] = [[], [], []];
  const times: number[] = [];
  const receiver: Receiver = {
    line: "webhook-1",
    after: "",
    wants: ({ type }: TaskEvent) => types.includes(type),
    request: (event, { message }) => {
      messages!.push(message);
      return Promise.resolve({ url: `${event.task}/${event.seq}`, headers: {}, body: "" });
    },
    giveUp: (_, reason) => {
      ended!.push(reason);
      if (sequel === "end") stop.abort();
      return Promise.resolve(sequel);
    },
  };
  const post = async ({ url }: { url: string }) => {
    sent!.push(url);
    times.push(clock.time);
    return await answer(sent!.length);
  };
  const stop = new AbortController();
  const line = new Line(context as unknown as EngineContext, receiver, { isAlive, post });
  const running = line.run(stop.signal);
  return {
    ...{ store, clock, sent: sent!, times, messages: messages!, ended: ended!, line },
    stop: () => (stop.abort(), running),
    async until(count) {
      while (sent!.length < count) {
        await new Promise((resolve) => setTimeout(resolve));
        const due_at = (await store.outbox.place("webhook-1"))?.place.due_at ?? 0;
        // Not minute by minute.
        if (clock.timers.size > 0) clock.next(due_at);
      }
    },
    async settled(count) {
      const isSettled = async () => {
        const deliveries = await store.outbox.deliveries("webhook-1");
        return deliveries.filter(({ state }) => state !== "waiting").length >= count;
      };
      while (!await isSettled()) await new Promise((resolve) => setTimeout(resolve));
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      store.close();
    },
  };
}

const noted = (task: number, ...texts: string[]) => ({
  ...{ task, by: "w", priority: "output" as const },
  decide: () => texts.map((text) => ({ type: "output.text" as const, data: { text } })),
});

Deno.test("a line sends each event that is wanted, once and in the order of the log, and no other", async () => {
  await using one = await world({ types: ["task.created", "output.text"] });
  const { writer } = one.store;
  await writer.append(creation({ title: "First" }));
  await Promise.all([writer.append(noted(1, "a", "b")), writer.append(creation({ title: "Second" }))]);
  await writer.append({ ...noted(1), decide: () => [{ type: "output.raw", data: { text: "not wanted" } }] });
  await writer.append(noted(1, "c"));
  await one.until(5);
  await one.settled(5);
  assertEquals([...one.sent].sort(), ["1/1", "1/2", "1/3", "1/5", "2/1"]);
  assertEquals(one.sent.filter((at) => at.startsWith("1/")), ["1/1", "1/2", "1/3", "1/5"]);
  assertEquals(new Set(one.messages).size, 5);
});

Deno.test("a message that fails is tried when the specification says, with the same id, and holds up the others", async () => {
  await using one = await world({ answer: (nth) => nth <= 4 ? bad : ok });
  await one.store.writer.append(creation());
  await one.store.writer.append(creation());
  await one.until(6);
  assertEquals(one.sent, ["1/1", "1/1", "1/1", "1/1", "1/1", "2/1"]);
  const gaps = one.times.slice(1, 5).map((time, at) => time - one.times[at]!);
  for (const [at, gap] of gaps.entries()) {
    // It also looks each minute, and is late by that at most.
    assert(gap >= retryAfterMs[at]! && gap <= retryAfterMs[at]! + 60_000, `try ${at + 2} after ${gap} ms`);
  }
  assertEquals(new Set(one.messages.slice(0, 5)).size, 1);
  await one.settled(2);
  const [first] = (await one.store.outbox.deliveries("webhook-1")).toReversed();
  assertEquals([first!.state, first!.tried, first!.tries[0]!.status, first!.tries.at(-1)!.error], [
    "delivered",
    5,
    204,
    "It answered 500",
  ]);
});

Deno.test("a try that a person wants comes at once, and takes none of the others away nor puts them off", async () => {
  await using one = await world({ answer: (nth) => nth <= 21 ? bad : ok });
  const start = one.clock.time;
  const { writer, outbox } = one.store;
  await writer.append(creation());
  while (one.sent.length < 1) await new Promise((resolve) => setTimeout(resolve));
  for (let n = 2; n <= 12; n++) {
    let due = null;
    while (due === null) due = (await outbox.place("webhook-1"))!.place.due_at;
    await outbox.hurry("webhook-1");
    one.line.wake();
    while (one.sent.length < n) await new Promise((resolve) => setTimeout(resolve));
    let after = null;
    while (after === null || after.hurried) after = (await outbox.place("webhook-1"))!.place;
    assertEquals([after.due_at, one.clock.time], [due, start]);
  }
  await deadline(one.until(21), 20_000);
  await one.settled(1);
  const days = (one.clock.time - start) / 86_400_000;
  assertEquals(one.ended.length, 1);
  assert(days > 3 && days < 3.3, `${days} days`);
});

Deno.test("who stops, or may not send any more, leaves the line to the others", async () => {
  const one = await world({ shared: true });
  await one.store.writer.append(creation());
  await one.until(1);
  await one.settled(1);
  const { outbox } = one.store;
  const holder = async () => (await outbox.place("webhook-1"))!.place.worker;
  assertEquals(await holder(), "one");
  await outbox.release("webhook-1", "two");
  assertEquals(await holder(), "one");
  await one.stop();
  assertEquals(await holder(), null);
  one.store.close();
});

Deno.test("a receiver that asks for more time gets it", async () => {
  await using one = await world({ answer: (nth) => nth === 1 ? { ...bad, retryAfterSeconds: 3_600 } : ok });
  const start = one.clock.time;
  await one.store.writer.append(creation());
  await one.until(2);
  assert(one.clock.time - start >= 3_600_000);
});

Deno.test("410 ends a line at once, and it goes on with that message when it is allowed again", async () => {
  await using one = await world({ answer: (nth) => nth === 2 ? { ...bad, status: 410 } : ok });
  await one.store.writer.append(creation());
  await one.store.writer.append(creation());
  await one.until(2);
  await one.settled(2);
  assertStringIncludes(one.ended[0]!, "410 Gone");
  const { place } = (await one.store.outbox.place("webhook-1"))!;
  assertEquals([place.waiting, place.due_at], [null, null]);
  const { all, log } = one.store;
  const { nextEvent } = await import("../../../core/engine/deliver/next_event.ts");
  const next = await nextEvent({ all, log }, place, { wants: ({ type }) => type === "task.created" });
  assertEquals([next.event?.task, next.event?.seq], [2, 1]);
});

Deno.test("after ten tries over three days a line ends, or skips the message where its receiver says so", async () => {
  await using one = await world({ answer: () => bad });
  const start = one.clock.time;
  await one.store.writer.append(creation());
  await one.until(10);
  await one.settled(1);
  assertStringIncludes(one.ended[0]!, "in 10 tries; the last one: It answered 500");
  const days = (one.clock.time - start) / 86_400_000;
  assert(days > 3 && days < 3.3, `${days} days`);

  await using two = await world({ answer: (nth) => nth <= 10 ? bad : ok, sequel: "skip" });
  await two.store.writer.append(creation());
  await two.store.writer.append(creation());
  await two.until(11);
  assertEquals(two.sent.slice(-2), ["1/1", "2/1"]);
});

Deno.test("what others wrote to the line's place meanwhile is not written over: the message is sent again", async () => {
  const stolen = Promise.withResolvers<void>();
  await using one = await world({
    shared: true,
    isAlive: () => true,
    async answer() {
      const known = (await one.store.outbox.place("webhook-1"))!;
      await one.store.outbox.move("webhook-1", { ...known.place, worker: "two" }, { from: known.versionstamp });
      stolen.resolve();
      return ok;
    },
  });
  await one.store.writer.append(creation());
  await stolen.promise;
  await one.until(1);
  for (let n = 0; n < 20; n++) {
    await new Promise((resolve) => setTimeout(resolve));
    one.clock.next();
  }
  // The other one has it now, and lives: nothing more is sent from here, and its place is as it was.
  const { place } = (await one.store.outbox.place("webhook-1"))!;
  assertEquals([one.sent, place.worker, place.done, place.last], [["1/1"], "two", 0, 0]);
});

Deno.test("what could not be read is not passed over, whatever is committed until it is read again", async () => {
  const failed = Promise.withResolvers<void>();
  await using one = await world({ warn: () => failed.resolve() });
  const { writer, all } = one.store;
  const read = all.after.bind(all);
  const idle = Promise.withResolvers<void>();
  all.after = async (...args) => {
    const commits = await read(...args);
    if (one.sent.length === 1 && commits.length === 0) idle.resolve();
    return commits;
  };
  await writer.append(creation({ title: "First" }));
  await idle.promise;
  all.after = () => Promise.reject(new Error("The store does not answer"));
  await writer.append(creation({ title: "Second" }));
  await failed.promise;
  await writer.append(noted(1, "not wanted"));
  all.after = read;
  await one.until(2);
  assertEquals(one.sent, ["1/1", "2/1"]);
});
