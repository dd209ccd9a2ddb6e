import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  blockers,
  type Board,
  type BoardEntry,
  boardEntry,
  isBlockedByFailure,
  obstacleOf,
  plan,
  type WorkerView,
} from "../../core/domain/plan.ts";
import { type Status, statuses } from "../../core/domain/task.ts";
import { begun, events, otherWorker, taskOf, worker } from "./world.ts";

const now = Date.parse("2026-01-01T12:00:00.000Z");
const view = {
  worker,
  repos: new Set(["demo", "broken"]),
  paused_repos: new Map([["broken", "its folder is gone"]]),
  free_slots: 3,
  dead: new Set<string>(),
};

function entry(id: number, changes: Partial<BoardEntry> = {}): BoardEntry {
  return {
    id,
    status: "pending",
    priority: 0,
    depends_on: [],
    due_at: null,
    repo: "demo",
    cancel_requested: false,
    runner: null,
    holder: null,
    ending: false,
    ...changes,
  };
}

function board(entries: BoardEntry[], finished: Record<number, Status> = {}): Board {
  const known = new Map(entries.map(({ id, status }) => [id, status]));
  return { entries, statusOf: (id) => known.get(id) ?? finished[id] };
}

function started(
  entries: BoardEntry[],
  options: { finished?: Record<number, Status>; view?: Partial<WorkerView> } = {},
) {
  const planned = plan(board(entries, options.finished), { now, view: { ...view, ...options.view } });
  return planned.starts.map(({ id }) => id);
}

Deno.test("plan() goes by the order that was given by hand within a priority, and never across", () => {
  const entries = [entry(1, { priority: 1 }), entry(2), entry(3, { order: 1.5 }), entry(4, { order: -9 }), entry(5)];
  assertEquals(plan(board(entries), { now, view }).order, [1, 4, 3, 2, 5]);
});

Deno.test("plan() starts the higher priority first, then the older task", () => {
  const entries = [entry(4), entry(3, { priority: 5 }), entry(2), entry(1, { priority: -1 })];
  assertEquals(started(entries), [3, 2, 4]);
});

Deno.test("plan() never lets a task that cannot run hold back one that can", () => {
  const hindered = [
    entry(1, { priority: 99, depends_on: [50] }),
    entry(2, { priority: 99, due_at: "2026-01-01T12:00:00.001Z" }),
    entry(3, { priority: 99, repo: "elsewhere" }),
    entry(20, { priority: 99, repo: "broken" }),
    entry(4, { priority: 99, holder: otherWorker }),
    entry(5, { priority: 99, cancel_requested: true }),
    entry(6, { priority: 99, status: "in_progress", runner: worker }),
    entry(7, { priority: 99, status: "awaiting_approval" }),
  ];
  assertEquals(started([...hindered, entry(8), entry(9)], { finished: { 50: "failed" } }), [8, 9]);
});

Deno.test("plan() waits for every dependency to be completed", () => {
  const waiting = entry(9, { depends_on: [1, 2] });
  for (const status of statuses) {
    assertEquals(started([waiting], { finished: { 1: "completed", 2: status } }), status === "completed" ? [9] : []);
  }
  assertEquals(started([waiting], { finished: { 1: "completed" } }), [], "one is not known yet");
});

Deno.test("plan() starts what is due now, and says when the next one is", () => {
  const entries = [
    entry(1, { due_at: "2026-01-01T12:00:00.000Z" }),
    entry(2, { due_at: "2026-01-01T12:05:00.000Z" }),
    entry(3, { due_at: "2026-01-01T12:01:00.000Z" }),
  ];
  const planned = plan(board(entries), { now, view });
  assertEquals(planned.order, [1]);
  assertEquals(planned.nextDueAt, Date.parse("2026-01-01T12:01:00.000Z"));
  assertEquals(plan(board([entry(1)]), { now, view }).nextDueAt, null);
});

Deno.test("plan() leaves a task to the worker that has its worktree, until that worker is dead", () => {
  const entries = [entry(1, { holder: otherWorker }), entry(2, { holder: worker })];
  assertEquals(started(entries), [2]);
  assertEquals(started(entries, { view: { dead: new Set([otherWorker]) } }), [1, 2]);
});

Deno.test("plan() fills the free slots and keeps why", () => {
  const entries = Array.from({ length: 20 }, (_, index) => entry(index + 1));
  const { starts, order } = plan(board(entries), { now, view: { ...view, free_slots: 2 } });
  assertEquals(order.length, 20);
  assertEquals(starts, [
    { id: 1, why: { free_slots: 2, rank: 1, candidates: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11], count: 20 } },
    { id: 2, why: { free_slots: 1, rank: 2, candidates: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12], count: 20 } },
  ]);
  for (const free_slots of [0, -2]) assertEquals(started(entries, { view: { free_slots } }), []);
});

Deno.test("plan() on any board starts, in order, exactly the first of those without an obstacle", () => {
  const boards = fc.array(
    fc.record({
      status: fc.constantFrom(...statuses.slice(0, 3)),
      priority: fc.integer({ min: -2, max: 2 }),
      order: fc.option(fc.integer({ min: -3, max: 30 }), { nil: undefined }),
      depends_on: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
      due_at: fc.option(fc.constantFrom("2026-01-01T11:00:00.000Z", "2026-01-01T13:00:00.000Z"), { nil: null }),
      repo: fc.constantFrom("demo", "demo", "other"),
      cancel_requested: fc.boolean(),
      holder: fc.constantFrom(null, worker, otherWorker),
    }),
    { maxLength: 30 },
  ).map((all) => all.map((changes, index) => entry(index + 1, changes)));
  const finished = fc.dictionary(fc.integer({ min: 1, max: 30 }).map(String), fc.constantFrom(...statuses));
  fc.assert(fc.property(boards, finished, fc.nat({ max: 5 }), (entries, over, free_slots) => {
    const all = board(entries, over);
    const { starts, order } = plan(all, { now, view: { ...view, free_slots } });
    const may = entries.filter((one) => one.status === "pending" && !obstacleOf(one, { board: all, now, view }));
    assertEquals(new Set(order), new Set(may.map(({ id }) => id)));
    assertEquals(starts.map(({ id }) => id), order.slice(0, free_slots));
    for (let index = 1; index < order.length; index++) {
      const [before, after] = [entries[order[index - 1]! - 1]!, entries[order[index]! - 1]!];
      const [first, second] = [before.order ?? before.id, after.order ?? after.id];
      const isOlder = first < second || (first === second && before.id < after.id);
      assert(before.priority > after.priority || (before.priority === after.priority && isOlder));
    }
  }));
});

Deno.test("blockers() names each dependency that is not completed, with its status", () => {
  const all = board([entry(1), entry(2, { status: "in_progress" })], { 3: "completed", 4: "cancelled" });
  const blocked = blockers(entry(9, { depends_on: [1, 2, 3, 4] }), all);
  assertEquals(blocked, [{ id: 1, status: "pending" }, { id: 2, status: "in_progress" }, {
    id: 4,
    status: "cancelled",
  }]);
  assertEquals(isBlockedByFailure(blocked), true);
  assertEquals(isBlockedByFailure(blocked.slice(0, 2)), false);
  assertEquals(isBlockedByFailure([{ status: "completed" }]), false);
});

Deno.test("boardEntry() holds what dispatch needs of a head", () => {
  const running = boardEntry(taskOf(...begun(1, { priority: 2, depends_on: [4] })));
  assertEquals(running, {
    id: 12,
    status: "in_progress",
    priority: 2,
    depends_on: [4],
    due_at: null,
    repo: "demo",
    cancel_requested: false,
    runner: worker,
    holder: worker,
    ending: false,
  });
  const ending = boardEntry(taskOf(...begun(), events.finished(1, "failed", "settle"), events.removed()));
  assertEquals([ending.runner, ending.holder, ending.ending], [null, null, true]);
});

Deno.test("plan() starts a task only on a worker that has all of its labels, with their values", () => {
  const labels = (labels: Record<string, string | undefined>) =>
    started([entry(1, { labels: labels as Record<string, string> })], { view: { labels: own } });
  const own = { gpu: "1", os: "linux" };
  for (const wanted of [{}, { gpu: "1" }, { os: "linux", gpu: "1" }]) assertEquals(labels(wanted), [1]);
  for (const wanted of [{ gpu: "2" }, { arch: "arm" }, { gpu: "1", arch: "arm" }]) assertEquals(labels(wanted), []);
  assertEquals(started([entry(1, { labels: { gpu: "1" } })]), [], "a worker without labels");
  assertEquals(started([entry(1, { labels: { toString: "1" } })], { view: { labels: own } }), []);
  assertEquals(
    obstacleOf(entry(1, { labels: { gpu: "2" } }), { board: board([]), now, view: { ...view, labels: own } }),
    {
      kind: "labels",
      labels: { gpu: "2" },
    },
  );
});
