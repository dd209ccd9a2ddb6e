import { assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../core/domain/error.ts";
import { UnknownOutcome } from "../../core/kv/kv.ts";
import { WorkerNotes } from "../../core/kv/worker_notes.ts";
import { openKv } from "./world.ts";

Deno.test("WorkerNotes keeps what each worker reported and how far its retention came", async () => {
  using kv = await openKv();
  const notes = new WorkerNotes(kv);
  assertEquals([await notes.notices("one"), await notes.retention("one")], [[], null]);
  await notes.keepNotices("one", ["a", "b"]);
  await notes.keepRetention("one", { at: "2026-01-01T00:00:00.000Z", task: 7 });
  assertEquals(await notes.notices("one"), ["a", "b"]);
  assertEquals(await notes.retention("one"), { at: "2026-01-01T00:00:00.000Z", task: 7 });
  assertEquals([await notes.notices("two"), await notes.retention("two")], [[], null]);
});

Deno.test("WorkerNotes.removals() names what is being removed, of one worker or of all, and nothing else", async () => {
  using kv = await openKv();
  const notes = new WorkerNotes(kv);
  await notes.keepRetention("one", { at: "2026-01-01T00:00:00.000Z", task: 3 });
  await notes.keepRemoval("one", 7);
  await notes.keepRemoval("two", 8);
  assertEquals(await notes.removals("one"), [{ worker: "one", task: 7 }]);
  assertEquals(await notes.removals(null), [{ worker: "one", task: 7 }, { worker: "two", task: 8 }]);
  await notes.keepRemoval("one", null);
  assertEquals(await notes.removals(null), [{ worker: "two", task: 8 }]);
  assertEquals((await notes.retention("one"))?.task, 3);
});

Deno.test("WorkerNotes.changeUnsent() says that the store is away when it does not know how a change ended", async () => {
  using kv = await openKv();
  const silent = { ...kv, commit: () => Promise.reject(new UnknownOutcome("No answer")) };
  const notes = new WorkerNotes(Object.assign(Object.create(kv), silent));
  const error = await assertRejects(() => notes.changeUnsent("one", () => [7]), DomainError);
  assertEquals(error.code, "unavailable");
  await new WorkerNotes(kv).changeUnsent("one", () => [7]);
  assertEquals(await new WorkerNotes(kv).unsent("one"), [7]);
});
