import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../core/domain/error.ts";
import { keys } from "../../core/kv/keys.ts";
import { buildStore, isRemote, openStore, type Store } from "../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../core/system.ts";
import { tempDir } from "../support/temp.ts";
import { creation, openKv, output, text } from "./world.ts";

const ports = { clock: systemClock, random: systemRandom };
const program = new URL("./open_store.ts", import.meta.url).pathname;

/** Another process that opens the store, and what it says first. */
async function openElsewhere(path: string): Promise<{ said: string; child: Deno.ChildProcess }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program, path],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) break;
    said += value;
  }
  await reader.cancel();
  return { said: said.trim(), child };
}

async function killed(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
}

async function fill(store: Store): Promise<number> {
  const { head } = await store.writer.append(creation());
  await store.writer.append(output(head.id, [text("hello")]));
  return head.id;
}

Deno.test("openStore() gives a store its uuid once, and everything else again after a restart", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "data", "coder.db");
  const first = await openStore(path, ports);
  const id = await fill(first);
  const { cursor } = first.tail;
  first.close();
  const second = await openStore(path, ports);
  assertEquals([second.id, second.tail.cursor, second.shared], [first.id, cursor, false]);
  assertEquals((await second.log.read(id, { after: 0, limit: 10 })).length, 2);
  assertEquals((await second.writer.append(creation())).head.id, id + 1);
  second.close();
});

Deno.test("openStore() of two memories makes two stores", async () => {
  const [one, two] = [await openStore(":memory:", ports), await openStore(":memory:", ports)];
  assert(one.id !== two.id);
  one.close();
  two.close();
});

Deno.test("openStore() names the process that holds the database, and works once that was killed", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const holder = await openElsewhere(path);
  assert(holder.said.startsWith("open "), holder.said);
  const error = await assertRejects(() => openStore(path, ports), DomainError);
  assertEquals(error.code, "unavailable");
  assertEquals(
    error.message,
    `Another Personal Coder (pid ${holder.child.pid}) uses ${path}: stop it, or set CODER_DATA to another folder`,
  );
  await killed(holder.child);
  const store = await openStore(path, ports);
  assertEquals(store.id, holder.said.slice("open ".length));
  const refused = await openElsewhere(path);
  assert(refused.said.includes(`(pid ${Deno.pid})`), refused.said);
  await refused.child.status;
  store.close();
  const next = await openElsewhere(path);
  assertEquals(next.said, `open ${store.id}`);
  await killed(next.child);
});

Deno.test("openStore() twice in one process is refused too", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const store = await openStore(path, ports);
  await assertRejects(() => openStore(path, ports), DomainError, `(pid ${Deno.pid})`);
  // The refusal took nothing away from the one that holds it.
  await fill(store);
  store.close();
});

Deno.test("openStore() says in one line which folder cannot be written to, and what to do", async () => {
  await using folder = await tempDir();
  const file = join(folder.path, "a-file");
  await Deno.writeTextFile(file, "");
  const places = [join(file, "coder.db"), join(file, "deeper", "coder.db"), "/proc/no-such/coder.db"];
  if (Deno.uid() !== 0) {
    const closed = join(folder.path, "closed");
    await Deno.mkdir(closed, { mode: 0o500 });
    places.push(join(closed, "coder.db"));
  }
  for (const place of places) {
    const error = await assertRejects(() => openStore(place, ports), DomainError, "Cannot write to the data folder");
    assert(!error.message.includes("\n") && error.message.includes("set CODER_DATA"), error.message);
    assertEquals(error.code, "unavailable");
  }
});

Deno.test("openStore() that cannot open the database lets go of the lock", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  await Deno.mkdir(path);
  await assertRejects(() => openStore(path, ports), DomainError);
  await Deno.remove(path);
  (await openStore(path, ports)).close();
});

Deno.test("openStore() sweeps the body of an append that a crash cut short", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const first = await openStore(path, ports);
  const { head } = await first.writer.append(creation({ prompt: "kept".repeat(50_000) }));
  const sets = [
    { key: keys.bodyIntent("half"), value: true },
    ...Array.from({ length: 20 }, (_, index) => ({ key: keys.part("half", index), value: new Uint8Array(30_000) })),
  ];
  await first.kv.commit({ checks: [], sets, deletes: [] });
  first.close();
  const second = await openStore(path, ports);
  assertEquals(await second.kv.page({ prefix: keys.parts("half") }, { limit: 100 }), []);
  assertEquals(await second.kv.page({ prefix: keys.bodyIntents() }, { limit: 100 }), []);
  const event = await second.log.event(head.id, 1);
  assertEquals((event!.data as { prompt: string }).prompt.length, 200_000);
  second.close();
});

Deno.test("buildStore() with others at work leaves their unfinished bodies alone", async () => {
  using kv = await openKv();
  await kv.commit({ checks: [], sets: [{ key: keys.bodyIntent("theirs"), value: true }], deletes: [] });
  await buildStore(kv, { ...ports, shared: true });
  assertEquals((await kv.page({ prefix: keys.bodyIntents() }, { limit: 10 })).length, 1);
});

Deno.test("buildStore() by several processes at once agrees on one uuid", async () => {
  using kv = await openKv();
  const stores = await Promise.all(Array.from({ length: 5 }, () => buildStore(kv, { ...ports, shared: true })));
  assertEquals(new Set(stores.map(({ id }) => id)).size, 1);
});

Deno.test("isRemote() tells a KV Connect URL from a path", () => {
  assertEquals(["https://kv.example/x", "http://localhost:4512"].map(isRemote), [true, true]);
  assertEquals([":memory:", "./data/coder.db", "/srv/https:/coder.db", "data.http"].map(isRemote), [
    false,
    false,
    false,
    false,
  ]);
});
