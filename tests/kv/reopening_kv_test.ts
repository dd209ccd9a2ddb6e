import { assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../core/domain/error.ts";
import { systemClock } from "../../core/host/system.ts";
import { UnknownOutcome } from "../../core/kv/kv.ts";
import { reopeningKv } from "../../core/kv/reopening_kv.ts";
import { eventually } from "../support/temp.ts";

const refused = () => Promise.reject(new Error("Failed to fetch metadata: Invalid access token."));

/** Connections by turns: each either works or refuses everything. Time passes as it is told to. */
async function reopening(works: (boolean | "too large" | "silent")[]) {
  let now = 0;
  const timers = new Set<() => void>();
  const opened: { isClosed: boolean; watched: number }[] = [];
  const kv = await reopeningKv({
    clock: {
      ...systemClock,
      monotonic: () => now,
      timer(_, callback) {
        timers.add(callback);
        return () => timers.delete(callback);
      },
    },
    open() {
      const does = works[opened.length];
      if (does === undefined) return Promise.reject(new Error("nobody there"));
      const connection = { isClosed: false, watched: 0 };
      opened.push(connection);
      if (does === "silent") return new Promise<never>(() => {});
      const entry = { key: ["a"], value: opened.length, versionstamp: "1" };
      return Promise.resolve({
        get: () => does ? Promise.resolve(entry) : refused(),
        atomic() {
          const tooLarge = new TypeError("Value too large (max 65536 bytes)");
          const commit = () =>
            does === "too large"
              ? Promise.reject(tooLarge)
              : does
              ? Promise.resolve({ ok: true, versionstamp: "2" })
              : refused();
          const atomic = { check: () => atomic, set: () => atomic, delete: () => atomic, commit };
          return atomic;
        },
        watch() {
          connection.watched++;
          return new ReadableStream();
        },
        commitVersionstamp: () => "stamp",
        close: () => void (connection.isClosed = true),
      } as unknown as Deno.Kv);
    },
  });
  /** Every deadline that runs is missed. */
  const expire = () => timers.forEach((callback) => callback());
  return { kv, opened, pass: (ms: number) => void (now += ms), expire };
}

const empty = { checks: [], sets: [], deletes: [] };
const read = (kv: { get<T>(key: Deno.KvKey): Promise<{ value: T | null }> }) => kv.get<number>(["a"]);

Deno.test("what a server refuses may work later: a read is unavailable, of a commit the outcome is unknown", async () => {
  const { kv } = await reopening([false]);
  const error = await assertRejects(() => read(kv), DomainError);
  assertEquals(error.code, "unavailable");
  await assertRejects(() => kv.commit(empty), UnknownOutcome);
});

Deno.test("a connection that refuses is left for a new one, which has its watches; the old one is closed", async () => {
  const { kv, opened, pass } = await reopening([false, true]);
  let heard = 0;
  kv.watch(["a"], () => heard++);
  pass(1_000);
  await assertRejects(() => read(kv));
  assertEquals((await read(kv)).value, 2);
  assertEquals(await kv.commit(empty), "2");
  assertEquals(opened, [{ isClosed: true, watched: 1 }, { isClosed: false, watched: 1 }]);
  assertEquals(heard, 1, "what came in between is looked for");
});

Deno.test("no more than one connection a second is opened, also where none can be had", async () => {
  const { kv, opened, pass } = await reopening([false, false]);
  for (let call = 0; call < 5; call++) await assertRejects(() => read(kv));
  assertEquals(opened.length, 1, "the first is kept for a second");
  pass(1_000);
  for (let call = 0; call < 5; call++) await assertRejects(() => read(kv));
  assertEquals(opened.length, 2);
  pass(1_000);
  for (let call = 0; call < 5; call++) await assertRejects(() => read(kv));
  assertEquals(opened.map(({ isClosed }) => isClosed), [true, false], "the one that refuses is better than none");
});

Deno.test("what is wrong with a request itself is told as it is, and costs no connection", async () => {
  const { kv, opened, pass } = await reopening(["too large", true]);
  pass(5_000);
  await assertRejects(() => kv.commit(empty), TypeError, "Value too large");
  assertEquals(opened.length, 1);
});

Deno.test("a new connection that is not answered is tried again until one is", async () => {
  const { kv, opened, pass, expire } = await reopening([false, "silent", "silent", true]);
  pass(1_000);
  await assertRejects(() => read(kv));
  await eventually(() => (expire(), opened.length === 4));
  assertEquals((await read(kv)).value, 4);
});

Deno.test("who asks while nobody answers is told so in time", async () => {
  const { kv, opened, pass, expire } = await reopening([false, "silent"]);
  pass(1_000);
  await assertRejects(() => read(kv));
  assertEquals(opened.length, 2);
  const late = assertRejects(() => read(kv), DomainError, "does not answer");
  expire();
  await late;
  kv.close();
});
