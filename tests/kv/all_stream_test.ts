import { assertEquals } from "@std/assert";
import { AllStream } from "../../core/kv/all_stream.ts";
import { keys } from "../../core/kv/keys.ts";
import { openKv, writerOn } from "./world.ts";

Deno.test("AllStream names the commits after a versionstamp and the tasks they changed", async () => {
  using kv = await openKv();
  const all = new AllStream(kv);
  assertEquals([await all.last(), await all.after("", { limit: 10 })], ["", []]);
  const writer = writerOn(kv);
  const one = await writer.create();
  const first = await all.last();
  const two = await writer.create();
  await writer.say(two, "a", "b");
  await writer.append({
    task: 0,
    by: "laptop",
    priority: "command",
    decide: () => [{ type: "service.noticed", data: { worker: "laptop", kind: "test", text: "a fact" } }],
  });
  assertEquals((await all.after("", { limit: 10 })).map(({ ranges }) => ranges), [
    [[one, 1, 1]],
    [[two, 1, 1]],
    [[two, 2, 3]],
    [[0, 1, 1]],
  ]);
  assertEquals((await all.after(first, { limit: 1 })).map(({ ranges }) => ranges), [[[two, 1, 1]]]);
  assertEquals(await all.after(await all.last(), { limit: 10 }), []);
  const lookBack = 5_000;
  assertEquals(await all.changedSince("", { lookBack }), new Set([one, two]));
  assertEquals(await all.changedSince(first, { lookBack }), new Set([two]));
  assertEquals(await all.changedSince(await all.last(), { lookBack }), new Set<number>());
});

Deno.test("AllStream.changedSince() says when that is too long ago", async () => {
  using kv = await openKv();
  for (let from = 1; from <= 2_500; from += 500) {
    const sets = Array.from({ length: 500 }, (_, index) => ({
      key: keys.all((from + index).toString().padStart(20, "0")),
      value: [[from + index, 1, 1]],
    }));
    await kv.commit({ checks: [], sets, deletes: [] });
  }
  const all = new AllStream(kv);
  assertEquals((await all.changedSince("", { lookBack: 2_500 }))?.size, 2_500);
  assertEquals(await all.changedSince("", { lookBack: 1_000 }), null);
});
