import { assertEquals, assertRejects } from "@std/assert";
import { boardEntry } from "../../core/domain/plan.ts";
import { eventLog } from "../../core/kv/event_log.ts";
import { StaleGuard } from "../../core/kv/group_commit.ts";
import { keys } from "../../core/kv/keys.ts";
import { TaskIndex } from "../../core/kv/task_index.ts";
import { EndedCounts } from "../../core/kv/ended_counts.ts";
import { type Kv } from "../../core/kv/kv.ts";
import { openKv, type TestWriter, writerOn } from "./world.ts";

const newest = { before: Number.MAX_SAFE_INTEGER, limit: 100 };

async function cancel(writer: TestWriter, task: number): Promise<string> {
  const decide = () => [{ type: "task.cancelled" as const, data: { reason: "asked for" } }];
  return (await writer.append({ task, by: "api", priority: "command", decide })).head.completed_at!;
}

/** Writes index entries as they are. */
async function set(kv: Kv, ...all: Deno.KvKey[]): Promise<void> {
  await kv.commit({ checks: [], sets: all.map((key) => ({ key, value: "" })), deletes: [] });
}

Deno.test("TaskIndex knows the unfinished, the finished, their ends, who waits for whom, and the newest id", async () => {
  using kv = await openKv();
  const index = new TaskIndex(kv);
  assertEquals([await index.lastId(), await index.active()], [0, []]);
  const writer = writerOn(kv);
  const [one, two, three] = [await writer.create(), await writer.create(), await writer.create({ depends_on: [1, 2] })];
  const ends = [{ at: await cancel(writer, two), task: two }, { at: await cancel(writer, one), task: one }];

  assertEquals(await index.active(), [boardEntry((await eventLog(kv).head(three))!)]);
  assertEquals(await index.finished("cancelled", newest), [two, one]);
  assertEquals(await index.finished("cancelled", { before: two, limit: 100 }), [one]);
  assertEquals(await index.finished("cancelled", { ...newest, limit: 1 }), [two]);
  assertEquals([await index.countFinished("cancelled"), await index.countFinished("failed")], [2, 0]);
  assertEquals(await index.dependants(two, { limit: 10 }), [three]);
  assertEquals(await index.lastId(), three);

  const inOrder = ends.toSorted((a, b) => a.at.localeCompare(b.at) || a.task - b.task);
  assertEquals(await index.endedAfter(null, { limit: 10 }), inOrder);
  assertEquals(await index.endedAfter(inOrder[0]!, { limit: 10 }), inOrder.slice(1));
  assertEquals(await index.endedAfter(inOrder[1]!, { limit: 10 }), []);
});

Deno.test("TaskIndex.standing() goes through standing worktrees in the order of ids", async () => {
  using kv = await openKv();
  await set(kv, keys.standing(4), keys.standing(7), keys.standing(30));
  const index = new TaskIndex(kv);
  assertEquals(await index.standing({ after: 0, limit: 2 }), [4, 7]);
  assertEquals(await index.standing({ after: 7, limit: 2 }), [30]);
});

Deno.test("TaskIndex.countFinished() counts beyond a page", async () => {
  using kv = await openKv();
  for (let from = 0; from < 2_500; from += 500) {
    await set(kv, ...Array.from({ length: 500 }, (_, index) => keys.finished("failed", from + index)));
  }
  assertEquals(await new TaskIndex(kv).countFinished("failed"), 2_500);
});

Deno.test("TaskIndex.dependencyGuard() refuses an edit that was checked before another one", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const id = await writer.create();
  const index = new TaskIndex(kv);
  const edit = async (guard = index.dependencyGuard()) =>
    await writer.append({
      task: id,
      by: "api",
      priority: "command",
      guard: await guard,
      decide: () => [{ type: "task.edited", data: { depends_on: [] } }],
    });
  const early = await index.dependencyGuard();
  await edit();
  await assertRejects(() => edit(Promise.resolve(early)), StaleGuard);
  await edit();
});

Deno.test("EndedCounts counts once, then by what moved, and anew when it cannot know", async () => {
  let counts = 0;
  const counted = { failed: 3, cancelled: 1 };
  const ended = new EndedCounts({
    countFinished(status) {
      counts++;
      return Promise.resolve(counted[status as keyof typeof counted]);
    },
  });
  assertEquals(await ended.read(), { failed: 3, cancelled: 1 });
  ended.moved({ before: "in_progress", after: "failed" });
  ended.moved({ before: "failed", after: "pending" });
  ended.moved({ before: "pending", after: "cancelled" });
  ended.moved({ before: "pending", after: "pending" });
  assertEquals([await ended.read(), counts], [{ failed: 3, cancelled: 2 }, 2]);
  ended.moved({ before: null, after: "pending" });
  assertEquals([await ended.read(), counts], [{ failed: 3, cancelled: 1 }, 4]);
});

Deno.test("EndedCounts does not keep a count during which something moved", async () => {
  let counts = 0;
  const ended: EndedCounts = new EndedCounts({
    countFinished() {
      if (counts++ === 0) ended.moved({ before: "pending", after: "failed" });
      return Promise.resolve(5);
    },
  });
  await ended.read();
  await ended.read();
  assertEquals(counts, 4);
});
