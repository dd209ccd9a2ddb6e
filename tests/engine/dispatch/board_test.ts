// The board in memory against what the log brings, late, early and twice.

import { assertEquals } from "@std/assert";
import type { NewEvent } from "../../../core/domain/event.ts";
import { type BoardEntry, boardEntry } from "../../../core/domain/plan.ts";
import type { Task } from "../../../core/domain/task.ts";
import { systemClock } from "../../../core/host/system.ts";
import { liveBoard } from "../../../core/engine/dispatch/board.ts";
import type { Store } from "../../../core/kv/store.ts";
import {
  accepted,
  discarded,
  integrated,
  landingFinished,
  landingRequested,
  reviewHistory,
} from "../../domain/review_world.ts";
import { begun, completedHistory, events, fold, stamped } from "../../domain/world.ts";

const { created, claimed, finished } = events;

/** The head of task `id` after these events. */
function head(id: number, ...history: NewEvent[]): Task {
  return fold(stamped(history, { task: id }));
}

/** A board whose index and log say what the test says. */
function world({ active = () => Promise.resolve([]), heads = [], now = 0 }: {
  active?: () => Promise<BoardEntry[]>;
  now?: number;
  heads?: Task[];
} = {}) {
  const asked: number[] = [];
  const store = {
    index: { active, countFinished: () => Promise.resolve(0) },
    log: {
      heads(ids: number[]) {
        asked.push(...ids);
        return Promise.resolve(ids.map((id) => heads.find((one) => one.id === id) ?? null));
      },
    },
  } as unknown as Store;
  const board = liveBoard(store, { clock: { ...systemClock, now: () => now } });
  const view = { worker: null, repos: new Set(["demo"]), free_slots: 1, dead: new Set<string>() };
  return {
    board,
    asked,
    ids: () => [...board.entries].map(({ id }) => id),
    /** What would start now. */
    starts(at = 0) {
      board.order.refresh({ now: at, view });
      return board.order.plan().starts.map(({ id }) => id);
    },
  };
}

Deno.test("apply() says whether what the scheduler looks at changed", () => {
  const { board, ids } = world();
  assertEquals(board.apply(head(1, created())), true);
  assertEquals(board.apply(head(1, created(), events.edited({ title: "Another" }))), false);
  assertEquals(board.apply(head(1, created(), events.edited({ priority: 3 }))), true);
  assertEquals(board.apply(head(1, ...completedHistory())), true);
  assertEquals([ids(), board.statusOf(1)], [[], "completed"]);
  assertEquals(board.apply(head(1, ...completedHistory())), false);
  assertEquals(board.apply(head(0, created())), false, "the service's own log is no task");
  assertEquals(ids(), []);
});

Deno.test("learn() holds against older heads that the tail brings yet, and not against newer ones", () => {
  const { board } = world();
  const cancelled = [created(), events.cancelRequested(), events.cancelled()];
  board.apply(head(1, created()));
  assertEquals(board.learn(head(1, ...cancelled)), true);
  assertEquals(board.apply(head(1, ...cancelled.slice(0, 2))), false);
  assertEquals(board.statusOf(1), "cancelled");
  const again = [...cancelled, events.retryScheduled(1, "2026-01-01T00:00:00.000Z")];
  assertEquals(board.apply(head(1, ...again)), true);
  assertEquals(board.statusOf(1), "pending");
});

Deno.test("load() keeps what was committed while it read", async () => {
  const read = Promise.withResolvers<BoardEntry[]>();
  const { board, ids, starts } = world({ active: () => read.promise });
  const loaded = board.load();
  board.apply(head(1, ...completedHistory()));
  board.apply(head(3, created()));
  read.resolve([head(1, created()), head(2, created())].map(boardEntry));
  await loaded;
  assertEquals([ids(), starts()], [[2, 3], [2]]);
});

Deno.test("load() forgets what is no longer there, and whom it waited for", async () => {
  const { board, ids } = world();
  board.apply(head(2, created({ depends_on: [1] })));
  board.apply(head(3, ...begun(), finished(1, "failed", "settle")));
  await board.load();
  assertEquals([ids(), board.dependants(1), board.leftovers()], [[], [], []]);
});

Deno.test("resolve() asks the log once for each dependency that it does not know", async () => {
  const { board, asked } = world({ heads: [head(1, ...completedHistory())] });
  board.apply(head(3, created({ depends_on: [1, 2] })));
  board.apply(head(2, created()));
  assertEquals(board.statusOf(1), undefined);
  await board.resolve();
  await board.resolve();
  assertEquals([board.statusOf(1), board.statusOf(2)], ["completed", "pending"]);
  assertEquals(asked, [1, 2]);
  assertEquals(board.dependants(1), [3]);
});

Deno.test("the order hears that what a task waits for is over", async () => {
  const { board, starts } = world();
  board.apply(head(1, created()));
  board.apply(head(2, created({ depends_on: [1], priority: 9 })));
  await board.resolve();
  assertEquals(starts(), [1]);
  board.apply(head(1, ...completedHistory()));
  assertEquals(starts(), [2]);
});

Deno.test("who waits for a task that lands by itself starts once that has landed or was accepted", async () => {
  const { board, starts } = world();
  const auto = landingRequested({ auto: true });
  board.apply(head(1, created()));
  board.apply(head(2, created({ depends_on: [1] })));
  await board.resolve();
  const until = (...history: NewEvent[]) => {
    const isNews = board.apply(head(1, ...reviewHistory(), auto, ...history));
    board.order.refresh({ now: 0, view: { worker: null, repos: new Set(["demo"]), free_slots: 1, dead: new Set() } });
    return [board.statusOf(1), isNews, starts(), board.order.size("stuck")];
  };
  assertEquals(until(), ["landing", true, [], 0]);
  assertEquals(until(integrated()), ["landing", false, [], 0]);
  assertEquals(until(landingFinished("conflict")), ["in_review", true, [], 0]);
  assertEquals(until(landingFinished("conflict"), accepted()), ["completed", true, [2], 0]);
  assertEquals(until(landingFinished("conflict"), discarded()), ["discarded", true, [], 1]);
  assertEquals(until(landingFinished("conflict"), auto, landingFinished("landed")), ["completed", true, [2], 0]);
});

Deno.test("resolve() learns of a task that is landing that it is not met", async () => {
  const { board, starts } = world({ heads: [head(1, ...reviewHistory(), landingRequested({ auto: true }))] });
  board.apply(head(2, created({ depends_on: [1] })));
  await board.resolve();
  assertEquals([board.statusOf(1), starts()], ["landing", []]);
});

Deno.test("dependants() goes with the edits of those that wait", () => {
  const { board } = world();
  board.apply(head(3, created({ depends_on: [1] })));
  board.apply(head(3, created({ depends_on: [1] }), events.edited({ depends_on: [2] })));
  assertEquals([board.dependants(1), board.dependants(2)], [[], [3]]);
});

Deno.test("leftovers() are those that are not running and have an end before them", () => {
  const { board } = world();
  const ended = [...begun(), finished(1, "failed", "settle")];
  board.apply(head(1, created()));
  board.apply(head(2, created(), claimed(1), events.cancelRequested()));
  board.apply(head(3, created(), events.cancelRequested()));
  board.apply(head(4, ...ended));
  assertEquals(board.leftovers().map(({ id }) => id), [3, 4]);
  board.apply(head(4, ...ended, events.failed()));
  assertEquals(board.leftovers().map(({ id }) => id), [3]);
});

Deno.test("a retry waits its time from when it is heard of, whatever the clock said that set it", async () => {
  for (const minutes of [20, -20]) {
    const now = Date.parse("2026-03-01T10:00:00.000Z");
    const due = new Date(now + minutes * 60_000 + 10_000).toISOString();
    const failed = head(1, created(), claimed(1), finished(1, "failed", "settle"), events.retryScheduled(2, due));
    const retried = { ...failed, updated_at: new Date(now + minutes * 60_000).toISOString() };
    const { board, starts } = world({ now, active: () => Promise.resolve([boardEntry(retried)]), heads: [retried] });
    board.apply(retried);
    assertEquals([starts(now + 9_999), starts(now + 10_000)], [[], [1]], `${minutes} minutes`);
    await board.load();
    assertEquals([starts(now + 9_999), starts(now + 10_000)], [[], [1]], "it is known when it was heard of");
    if (minutes < 0) continue;
    const anew = world({ now, active: () => Promise.resolve([boardEntry(retried)]), heads: [retried] });
    await anew.board.load();
    assertEquals([anew.starts(now + 9_999), anew.starts(now + 10_000)], [[], [1]], "after a new start, from then on");
  }
});
