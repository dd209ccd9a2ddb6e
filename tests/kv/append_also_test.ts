// An append that writes to another task, too: both in one commit, or neither.

import { assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../core/domain/error.ts";
import type { NewEvent } from "../../core/domain/event.ts";
import type { AppendRequest } from "../../core/kv/commit_batch.ts";
import type { Task } from "../../core/domain/task.ts";
import { eventLog } from "../../core/kv/event_log.ts";
import { remoteLimits } from "../../core/kv/kv.ts";
import { verify } from "../../core/kv/verify.ts";
import { creation, handClock, openKv, writerOn } from "./world.ts";

const note = (text: string): NewEvent => ({ type: "service.noticed", data: { worker: "w", kind: "test", text } });

/** A new task, noted in task 0 unless that has `most` events already. */
function noted(most = Infinity): AppendRequest {
  const decide = (head: Task | null, { made }: { made: number }): NewEvent[] => {
    if ((head?.seq ?? 0) >= most) throw new DomainError("conflict", "There is one already");
    return [note(`made ${made}`)];
  };
  return { ...creation({ title: "Both" }), also: { task: 0, decide } };
}

Deno.test("append() writes to the other task in the same commit, and knows there which task was made", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock: handClock() });
  const all = await Promise.all([writer.append(noted()), writer.append(creation()), writer.append(noted())]);
  assertEquals(all.map(({ head, events }) => [head.id, events.length]), [[1, 1], [2, 1], [3, 1]]);
  const log = eventLog(kv);
  const texts = (await log.read(0, { after: 0, limit: 9 })).map(({ event }) =>
    event.type === "service.noticed" && event.data.text
  );
  assertEquals(texts, ["made 1", "made 3"]);
  assertEquals(writer.committed.length, 1);
  assertEquals(writer.committed[0]!.heads.map(({ id }) => id).sort(), [0, 1, 2, 3]);
  assertEquals(writer.committed[0]!.events.length, 5);
  assertEquals((await verify(kv)).differences, []);
});

Deno.test("append() makes nothing when the other task refuses, and others in its commit are made", async () => {
  using kv = await openKv();
  const writer = writerOn(kv, { clock: handClock() });
  const [first, second, other] = await Promise.allSettled([
    writer.append(noted(1)),
    writer.append(noted(1)),
    writer.append(creation({ title: "Other" })),
  ]);
  assertEquals([first.status, second.status, other.status], ["fulfilled", "rejected", "fulfilled"]);
  await assertRejects(() => writer.append(noted(1)), DomainError, "There is one already");
  const log = eventLog(kv);
  assertEquals((await log.heads([1, 2, 3])).map((head) => head?.title ?? null), ["Both", "Other", null]);
  assertEquals((await verify(kv)).differences, []);
});

Deno.test("append() of two processes at once: the other task decides who makes one", async () => {
  using kv = await openKv();
  const writers = [1, 2, 3].map(() => writerOn(kv, { clock: handClock(), limits: remoteLimits }));
  // Each has read the other task, and two of them will be wrong.
  for (const writer of writers) await assertRejects(() => writer.append(noted(0)), DomainError);
  const settled = await Promise.allSettled(writers.map((writer) => writer.append(noted(1))));
  assertEquals(settled.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"]);
  assertEquals((await eventLog(kv).heads([1, 2])).map((head) => head?.id ?? null), [1, null]);
  assertEquals((await verify(kv)).differences, []);
});
