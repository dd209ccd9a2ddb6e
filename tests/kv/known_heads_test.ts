import { assertEquals } from "@std/assert";
import { emptyTask } from "../../core/domain/task.ts";
import type { Known } from "../../core/kv/commit_batch.ts";
import { encodeHead } from "../../core/kv/head_record.ts";
import { keys } from "../../core/kv/keys.ts";
import { KnownHeads } from "../../core/kv/known_heads.ts";
import type { Kv } from "../../core/kv/kv.ts";
import { openKv } from "./world.ts";

const known = (seq: number): Known => ({ task: { ...emptyTask(1), seq }, versionstamp: String(seq) });

Deno.test("load() reads what is not known, and remembers what does not exist", async () => {
  using kv = await openKv();
  await kv.raw.set(keys.task(2), encodeHead({ ...emptyTask(2), title: "Stored" }));
  const heads = new KnownHeads(kv);
  heads.remember(1, known(7));
  await heads.load([1, 2, 3]);
  assertEquals(heads.get(1), known(7));
  assertEquals(heads.get(2)?.task?.title, "Stored");
  assertEquals(heads.get(3), { task: null, versionstamp: null });
});

Deno.test("require() reads again when what it read is forgotten in the very turn after", async () => {
  using kv = await openKv();
  const heads = new KnownHeads(kv);
  let reads = 0;
  heads.remember = (task, known) => {
    KnownHeads.prototype.remember.call(heads, task, known);
    if (++reads === 1) heads.forget([task]);
  };
  assertEquals(await heads.require(1), { task: null, versionstamp: null });
  assertEquals(reads, 2);
});

Deno.test("forgetChanged() also forgets what the commit in flight goes on to remember", () => {
  const heads = new KnownHeads(null as unknown as Kv);
  heads.remember(1, known(1));
  heads.remember(2, known(1));
  heads.forgetChanged(1, { inFlight: true });
  assertEquals(heads.get(1), undefined);
  heads.remember(1, known(2));
  heads.remember(2, known(2));
  heads.settle();
  assertEquals([heads.get(1), heads.get(2)], [undefined, known(2)]);
  heads.remember(1, known(3));
  heads.settle();
  assertEquals(heads.get(1), known(3), "once");
});

Deno.test("what is learned while a commit is in flight counts once that is lost, as if it was read", async () => {
  using kv = await openKv();
  const heads = new KnownHeads(kv);
  for (const task of [1, 2, 3]) heads.remember(task, known(1));
  heads.learn(3, known(9));
  heads.forgetChanged(1, { inFlight: true });
  heads.forgetChanged(2, { inFlight: true });
  heads.learn(1, known(2));
  heads.forgetLost([1, 2, 3]);
  heads.settle();
  assertEquals([heads.get(1), heads.get(2), heads.get(3)], [known(2), undefined, undefined]);
  assertEquals(await heads.load([1, 2]), new Set([1, 2]), "both are as the store says now");
  assertEquals(await heads.load([1, 2]), new Set());
});

Deno.test("what is learned of a task does not outlive a commit that wrote it", () => {
  const heads = new KnownHeads(null as unknown as Kv);
  heads.forgetChanged(1, { inFlight: true });
  heads.learn(1, known(2));
  heads.remember(1, known(3));
  heads.settle();
  assertEquals(heads.get(1), undefined);
});

Deno.test("forgetChanged() is over at once when nothing is in flight", () => {
  const heads = new KnownHeads(null as unknown as Kv);
  heads.remember(1, known(1));
  heads.forgetChanged(1, { inFlight: false });
  heads.remember(1, known(2));
  heads.settle();
  assertEquals(heads.get(1), known(2));
});

Deno.test("remember() keeps a bounded number of them, those that were remembered last", () => {
  const heads = new KnownHeads(null as unknown as Kv);
  for (let task = 1; task <= 4_096; task++) heads.remember(task, known(1));
  heads.remember(1, known(2));
  heads.remember(4_097, known(1));
  assertEquals([heads.get(1)?.versionstamp, heads.get(2), heads.get(3)?.versionstamp], ["2", undefined, "1"]);
});
