import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DispatchOrder } from "../../core/domain/dispatch_order.ts";
import {
  blockers,
  type BoardEntry,
  inDispatchOrder,
  isBlockedByFailure,
  plan,
  type WorkerView,
} from "../../core/domain/plan.ts";
import { isOver, type Status, statuses } from "../../core/domain/task.ts";
import { otherWorker, worker } from "./world.ts";

const noon = Date.parse("2026-01-01T12:00:00.000Z");
const repos = new Set(["demo"]);

const change = fc.record({
  id: fc.integer({ min: 1, max: 25 }),
  status: fc.constantFrom(...statuses),
  priority: fc.integer({ min: -2, max: 2 }),
  order: fc.option(fc.integer({ min: -3, max: 30 }), { nil: undefined }),
  depends_on: fc.uniqueArray(fc.integer({ min: 1, max: 25 }), { maxLength: 3 }),
  dueInMs: fc.option(fc.integer({ min: -5_000, max: 5_000 }), { nil: null }),
  repo: fc.constantFrom("demo", "demo", "other"),
  cancel_requested: fc.boolean(),
  holder: fc.constantFrom(null, worker, otherWorker),
});
const moment = fc.record({
  passedMs: fc.integer({ min: -3_000, max: 3_000 }),
  free_slots: fc.integer({ min: -1, max: 5 }),
  isOtherDead: fc.boolean(),
  isDemoPaused: fc.boolean(),
});
const pauses = { none: new Map<string, string>(), demo: new Map([["demo", "its folder is gone"]]) };

function world() {
  const entries = new Map<number, BoardEntry>();
  const over = new Map<number, Status>();
  const statusOf = (id: number) => entries.get(id)?.status ?? over.get(id);
  const order = new DispatchOrder({ entry: (id) => entries.get(id), statusOf });
  return {
    order,
    board: { entries: { [Symbol.iterator]: () => entries.values() }, statusOf },
    set({ id, dueInMs, ...rest }: Omit<BoardEntry, "due_at" | "runner" | "ending"> & { dueInMs: number | null }) {
      entries.delete(id);
      over.delete(id);
      if (isOver(rest.status)) over.set(id, rest.status);
      else {
        const due_at = dueInMs === null ? null : new Date(noon + dueInMs).toISOString();
        entries.set(id, { id, ...rest, due_at, runner: null, ending: false });
      }
      order.touch(id);
      for (const entry of entries.values()) if (entry.depends_on.includes(id)) order.touch(entry.id);
    },
  };
}

Deno.test("DispatchOrder says what plan() says, after any changes and at any moment", () => {
  const steps = fc.array(fc.record({ changes: fc.array(change, { maxLength: 4 }), moment }), { maxLength: 20 });
  fc.assert(fc.property(steps, fc.boolean(), (steps, areTouchedAll) => {
    const { order, board, set } = world();
    let now = noon;
    for (const { changes, moment: { passedMs, free_slots, isOtherDead, isDemoPaused } } of steps) {
      for (const one of changes) set(one);
      if (areTouchedAll) order.touchAll([...board.entries].map(({ id }) => id));
      now += passedMs;
      const dead = new Set(isOtherDead ? [otherWorker] : []);
      const paused_repos = isDemoPaused ? pauses.demo : pauses.none;
      const view: WorkerView = { worker, repos, paused_repos, free_slots, dead };
      order.refresh({ now, view });
      const expected = plan(board, { now, view });
      assertEquals(order.plan(), { starts: expected.starts, nextDueAt: expected.nextDueAt });
      assertEquals(order.first("ready", Infinity).map(({ id }) => id), expected.order);
      expected.order.forEach((id, index) => assertEquals(order.rank(id), index + 1));
      const others = [...board.entries].filter(({ id }) => !expected.order.includes(id)).sort(inDispatchOrder);
      const isStuck = (entry: BoardEntry) => isBlockedByFailure(blockers(entry, board));
      const pending = others.filter(({ status }) => status === "pending");
      assertEquals(order.first("stuck", Infinity), pending.filter(isStuck));
      assertEquals(order.first("waiting", Infinity), pending.filter((entry) => !isStuck(entry)));
      assertEquals(order.first("running", Infinity), others.filter(({ status }) => status === "in_progress"));
      assertEquals(order.first("approval", Infinity), others.filter(({ status }) => status === "awaiting_approval"));
      for (const { id } of others) assertEquals(order.rank(id), null);
    }
  }));
});

Deno.test("DispatchOrder keeps its order when thousands come at once and go one by one", () => {
  const { order, board, set } = world();
  const entry = { status: "pending" as const, depends_on: [], dueInMs: null, repo: "demo", cancel_requested: false };
  for (let id = 1; id <= 3_000; id++) set({ ...entry, id, priority: id % 7, holder: null });
  const moment = { now: noon, view: { worker, repos, free_slots: 0, dead: new Set<string>() } };
  order.refresh(moment);
  assertEquals(order.first("ready", Infinity).map(({ id }) => id), plan(board, moment).order);
  for (const id of [1, 1_500, 3_000, 7]) {
    set({ ...entry, id, status: "completed" as never, priority: 0, holder: null });
    order.refresh(moment);
  }
  assertEquals(order.size("ready"), 2_996);
  assertEquals(order.first("ready", Infinity).map(({ id }) => id), plan(board, moment).order);
});

Deno.test("DispatchOrder follows a repository that is paused and goes on", () => {
  const { order, set } = world();
  const entry = { status: "pending" as const, priority: 0, depends_on: [], dueInMs: null, cancel_requested: false };
  set({ ...entry, id: 1, repo: "demo", holder: null });
  for (const paused_repos of [pauses.none, pauses.demo, pauses.none]) {
    order.refresh({ now: noon, view: { worker, repos, paused_repos, free_slots: 1, dead: new Set<string>() } });
    assertEquals([order.size("ready"), order.size("waiting")], paused_repos === pauses.demo ? [0, 1] : [1, 0]);
  }
});

Deno.test("DispatchOrder gives away what a dead worker held, and not after its return", () => {
  const { order, set } = world();
  const entry = { status: "pending" as const, priority: 0, depends_on: [], dueInMs: null, cancel_requested: false };
  set({ ...entry, id: 1, repo: "demo", holder: otherWorker });
  for (const isDead of [false, true, false]) {
    const dead = new Set(isDead ? [otherWorker] : []);
    order.refresh({ now: noon, view: { worker, repos, paused_repos: pauses.none, free_slots: 1, dead } });
    assertEquals(order.size("ready"), isDead ? 1 : 0);
  }
});

Deno.test("DispatchOrder looks again at what waits for its time when the clock was set back", () => {
  const { order, set } = world();
  const entry = { status: "pending" as const, priority: 0, depends_on: [], cancel_requested: false, holder: null };
  set({ ...entry, id: 1, repo: "demo", dueInMs: 1_000 });
  const view = { worker, repos, paused_repos: pauses.none, free_slots: 1, dead: new Set<string>() };
  for (const [now, ready] of [[noon, 0], [noon + 1_000, 1], [noon, 0]] as const) {
    order.refresh({ now, view });
    assertEquals(order.size("ready"), ready);
  }
});
