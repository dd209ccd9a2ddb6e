import denoJson from "../../deno.json" with { type: "json" };
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../core/domain/error.ts";
import { keys } from "../../core/kv/keys.ts";
import { storeFormat } from "../../core/kv/store_format.ts";
import { buildStore, isRemote, openStore, type Store } from "../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
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

Deno.test("openStore() refuses a store of a newer format in one line, and writes nothing to it", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const store = await openStore(path, ports);
  assertEquals((await store.kv.get(keys.format())).value, storeFormat);
  const changes = { checks: [], sets: [{ key: keys.format(), value: storeFormat + 1 }], deletes: [] };
  await store.kv.commit({ ...changes, deletes: [keys.store()] });
  store.close();
  const error = await assertRejects(() => openStore(path, ports), DomainError);
  assertEquals(
    [error.code, error.message],
    [
      "conflict",
      `This store is of format ${
        storeFormat + 1
      }, and Personal Coder ${denoJson.version} knows formats up to ${storeFormat}: use the version that wrote it, or a newer one`,
    ],
  );
  const raw = await Deno.openKv(path);
  assertEquals((await raw.get(keys.store())).value, null);
  raw.close();
});

Deno.test("buildStore() takes a shared store to its format, and refuses one that a newer worker took further meanwhile", async () => {
  const raw = await openKv();
  const options = { ...ports, shared: true, remote: true };
  const first = await buildStore(raw, options);
  // As a program from before left it.
  await raw.commit({ checks: [], sets: [{ key: keys.format(), value: storeFormat - 1 }], deletes: [] });
  await buildStore(raw, options);
  assertEquals((await raw.get(keys.format())).value, storeFormat);

  await raw.commit({ checks: [], sets: [{ key: keys.format(), value: storeFormat + 1 }], deletes: [] });
  const before = await raw.page({ prefix: [] }, { limit: 1_000 });
  const error = await assertRejects(() => buildStore(raw, options), DomainError, `is of format ${storeFormat + 1}`);
  assertEquals([error.message.includes("\n"), await raw.page({ prefix: [] }, { limit: 1_000 })], [false, before]);
  const { head } = await first.writer.append(creation());
  assertEquals(head.id, 1, "one that was there before goes on");
  first.close();
});

Deno.test("openStore() takes a store that says nothing of its format for format 1, and for its own from then on", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const first = await openStore(path, ports);
  const id = await fill(first);
  await first.kv.commit({ checks: [], sets: [], deletes: [keys.format()] });
  first.close();
  const second = await openStore(path, ports);
  assertEquals([second.id, (await second.log.head(id))?.id], [first.id, id]);
  assertEquals((await second.kv.get(keys.format())).value, storeFormat);
  second.close();
});

const others = 0o077;

/** The files in a folder that others than their owner may do something with. */
async function openToOthers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (((await Deno.stat(join(folder, name))).mode! & others) !== 0) found.push(name);
  }
  return found.sort();
}

Deno.test("openStore() keeps the database, its logs and their folder to its owner, also what it finds open to others", async () => {
  await using folder = await tempDir();
  const data = join(folder.path, "data");
  const path = join(data, "coder.db");
  const store = await openStore(path, ports);
  await fill(store);
  assert((await Deno.stat(`${path}-wal`)).size > 0);
  assertEquals(await openToOthers(data), []);
  assertEquals((await Deno.stat(data)).mode! & 0o777, 0o700);
  const files = [...Deno.readDirSync(data)].map(({ name }) => name);
  const copies = await Promise.all(files.map(async (name) => [name, await Deno.readFile(join(data, name))] as const));
  store.close();
  // As an earlier version, killed, left it.
  for (const [name, bytes] of copies) {
    await Deno.writeFile(join(data, name), bytes);
    await Deno.chmod(join(data, name), 0o644);
  }
  await Deno.chmod(data, 0o755);
  const again = await openStore(path, ports);
  await fill(again);
  assertEquals(await openToOthers(data), []);
  // A folder that was there before us may have its reasons.
  assertEquals((await Deno.stat(data)).mode! & 0o777, 0o755);
  again.close();
});

Deno.test("a store refuses to write once its file is gone or another, and goes on when it is back", async () => {
  await using folder = await tempDir();
  const data = join(folder.path, "data");
  const path = join(data, "coder.db");
  const store = await openStore(path, ports);
  const id = await fill(store);
  const away = join(folder.path, "away");
  await Deno.rename(data, away);
  for (const replace of [async () => {}, async () => await Deno.writeTextFile(path, "another")]) {
    await Deno.mkdir(data, { recursive: true });
    await replace();
    const error = await assertRejects(() => store.writer.append(output(id, [text("lost")])), DomainError);
    assertEquals([error.code, error.message], ["unavailable", store.presence.trouble]);
    assert(error.message.includes(path) && !error.message.includes("\n"), error.message);
  }
  assertEquals((await store.log.head(id))?.seq, 2);
  await Deno.remove(data, { recursive: true });
  await Deno.rename(away, data);
  assertEquals((await store.writer.append(output(id, [text("kept")]))).head.seq, 3);
  assertEquals(store.presence.trouble, null);
  store.close();
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
