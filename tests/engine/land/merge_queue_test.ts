// What lands and what is put away when: on a store in memory, with landings that wait to be told to go on.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { eventually } from "../../support/temp.ts";
import { DomainError } from "../../../core/domain/error.ts";
import type { Task } from "../../../core/domain/task.ts";
import { WorkPlaces } from "../../../core/engine/exchange/work_places.ts";
import { MergeQueue } from "../../../core/engine/land/merge_queue.ts";
import type { Landings } from "../../../core/process/git/landings.ts";
import { runEnd } from "../../domain/world.ts";
import { place, runWorld } from "../run_world.ts";

const [from, to] = ["c".repeat(40), "d".repeat(40)];

/** A move that has begun, of the landing of a task. */
interface Move {
  task: number;
  end(): void;
}

async function world({ repos = ["demo"] }: { repos?: string[] } = {}) {
  const done: string[] = [];
  const moves: Move[] = [];
  let arrived = Promise.withResolvers<void>();
  const freed: number[] = [];
  let removal = Promise.resolve();
  const w = await runWorld({
    worktrees: {
      commits: () => Promise.resolve({ head: to, branch: to }),
      snapshot: (_, { task, run }) =>
        Promise.resolve({ ref: `refs/coder/task-${task}/run-${run}`, commit: "b".repeat(40) }),
      remove: async ({ path }) => {
        done.push(`remove ${path}`);
        await removal;
      },
    },
  });
  const landings: Partial<Landings> = {
    conflictMarkers: () => Promise.resolve([]),
    integrate: () => Promise.resolve({ kind: "integrated", target_commit: from, commit: to }),
    outcomeOf: () => Promise.resolve("not_moved"),
    move(_, { task }) {
      done.push(`move ${task}`);
      return new Promise((resolve) => {
        const end = () => resolve({ kind: "moved", backup_ref: `refs/coder/task-${task}/target-1` });
        moves.push({ task, end });
        arrived.resolve();
      });
    },
  };
  const context = { ...w.context, landings: landings as Landings, settings: { ...w.context.settings, repos } };
  const queue = new MergeQueue(context, {
    places: new WorkPlaces(context, () => null, () => {}),
    onFree: () => void freed.push(freed.length),
  });
  const unsubscribe = w.context.store.tail.subscribeOwn(({ heads }) => {
    for (const head of heads) queue.apply(head);
  });
  return {
    ...w,
    context,
    queue,
    done,
    freed,
    /** What removals wait for from now on. */
    holdRemoval(until: Promise<void>) {
      removal = until;
    },
    /** A task with work to look at. */
    async reviewed({ priority = 0, repo = "demo" } = {}): Promise<number> {
      const { id } = await w.claimed({ priority, repo });
      const data = { ...place, repo, branch: `task-${id}-work`, path: `/nowhere/${id}`, worker: "worker-1" };
      await w.give(id, { type: "record", run: 1, events: [{ type: "worktree.added", data }] });
      await w.give(id, { type: "finish_run", run: 1, end: runEnd("succeeded"), changed: true });
      return id;
    },
    ask: (id: number) => w.give(id, { type: "land", request: { method: "squash", target: "main", message: null } }),
    /** The next move that begins. */
    async nextMove(): Promise<Move> {
      while (moves.length === 0) {
        arrived = Promise.withResolvers();
        await deadline(arrived.promise, 5_000);
      }
      return moves.shift()!;
    },
    until: (id: number, fits: (task: Task) => boolean) =>
      eventually(async () => {
        const head = await w.context.store.log.head(id);
        return head && fits(head) ? head : null;
      }, { what: fits.toString() }),
    async [Symbol.asyncDispose]() {
      const stopped = queue.stop();
      for (const { end } of moves) end();
      await stopped;
      unsubscribe();
      await w[Symbol.asyncDispose]();
    },
  };
}

Deno.test("MergeQueue lands by priority and then by age, one at a time, and puts away last", async () => {
  await using w = await world();
  const ids = [await w.reviewed(), await w.reviewed(), await w.reviewed({ priority: 2 })];
  for (const id of ids) await w.ask(id);
  await w.queue.load();
  assertEquals(w.done, []);
  w.queue.open();
  for (const expected of [ids[2]!, ids[0]!, ids[1]!]) {
    const { task, end } = await w.nextMove();
    assertEquals([task, w.queue.has(task)], [expected, true]);
    assertEquals(w.done.at(-1), `move ${expected}`);
    end();
  }
  for (const id of ids) await w.until(id, ({ place }) => place?.present === false);
  assertEquals(w.done, [
    ...[ids[2], ids[0], ids[1]].map((id) => `move ${id}`),
    ...[ids[2], ids[0], ids[1]].map((id) => `remove /nowhere/${id}`),
  ]);
});

Deno.test("MergeQueue lands in two repositories at once", async () => {
  await using w = await world({ repos: ["demo", "other"] });
  const ids = [await w.reviewed(), await w.reviewed({ repo: "other" })];
  w.queue.open();
  for (const id of ids) await w.ask(id);
  const moves = [await w.nextMove(), await w.nextMove()];
  assertEquals(moves.map(({ task }) => task).sort(), ids);
  for (const { end } of moves) end();
});

Deno.test("MergeQueue does not wait for a landing that was cancelled", async () => {
  await using w = await world();
  const [first, second] = [await w.reviewed({ priority: 1 }), await w.reviewed()];
  let isAborted = false;
  const integrating = Promise.withResolvers<void>();
  const { integrate } = w.context.landings;
  w.context.landings.integrate = async (...args) => {
    w.context.landings.integrate = integrate;
    await w.give(first, { type: "cancel" });
    isAborted = true;
    integrating.resolve();
    return await integrate(...args);
  };
  w.queue.open();
  await w.ask(first);
  await w.ask(second);
  await integrating.promise;
  const { task, end } = await w.nextMove();
  assertEquals([task, isAborted], [second, true]);
  end();
  const { last_landing, review } = await w.until(first, ({ landing }) => landing === null);
  assertEquals([last_landing?.error, review], ["It was cancelled", "open"]);
});

Deno.test("MergeQueue stops once a move that has begun is over and in the log; the rest goes on after the next start", async () => {
  await using w = await world();
  const [first, second] = [await w.reviewed(), await w.reviewed()];
  w.queue.open();
  await w.ask(first);
  const { end } = await w.nextMove();
  await w.ask(second);
  const stopped = w.queue.stop();
  end();
  await stopped;
  assertEquals((await w.context.store.log.head(first))!.review, "landed");
  assertEquals((await w.context.store.log.head(second))!.landing !== null, true);
  assertEquals(w.done, [`move ${first}`]);
  await w.queue.load();
  w.queue.open();
  const next = await w.nextMove();
  assertEquals(next.task, second);
  next.end();
  await w.until(second, ({ review }) => review === "landed");
});

Deno.test("MergeQueue finds in the target how a landing ended that a crash cut short", async () => {
  for (const [outcome, expected] of [["moved", "landed"], ["elsewhere", "moved"]] as const) {
    await using w = await world();
    const id = await w.reviewed();
    const { landing } = await w.ask(id);
    const data = { method: "squash", target: "main", target_commit: from, commit: to } as const;
    const events = [{ type: "landing.integrated" as const, data }];
    await w.give(id, { type: "record_landing", landing: landing!.seq, holder: "worker-1", events });
    w.context.landings.outcomeOf = () => Promise.resolve(outcome);
    await w.queue.load();
    w.queue.open();
    const { last_landing } = await w.until(id, (task) => task.landing === null);
    assertEquals(last_landing!.outcome, expected);
    assertEquals(w.done.filter((line) => line.startsWith("move")), []);
  }
});

Deno.test("MergeQueue tries what failed by the machine's fault again with the next look, and not before", async () => {
  await using w = await world();
  const [id, other] = [await w.reviewed({ priority: 1 }), await w.reviewed()];
  const { integrate } = w.context.landings;
  const warnings: string[] = [];
  w.context.warn = (message) => void warnings.push(message);
  w.context.landings.integrate = () => {
    w.context.landings.integrate = integrate;
    return Promise.reject(new Error("no memory"));
  };
  w.queue.open();
  await w.ask(id);
  await w.ask(other);
  const second = await w.nextMove();
  assertEquals([second.task, warnings], [other, [`Cannot land task ${id}`]]);
  second.end();
  await w.until(other, ({ place }) => place?.present === false);
  assertEquals((await w.context.store.log.head(id))!.landing !== null, true);
  await w.queue.load();
  const again = await w.nextMove();
  assertEquals(again.task, id);
  again.end();
});

Deno.test("MergeQueue holds a task whose worktree it puts away, and says when it is free", async () => {
  await using w = await world();
  const id = await w.reviewed();
  const removal = Promise.withResolvers<void>();
  w.holdRemoval(removal.promise);
  w.queue.open();
  await w.give(id, { type: "discard" });
  await eventually(() => w.done.includes(`remove /nowhere/${id}`));
  await w.give(id, { type: "add_message", text: "Go on" });
  assertEquals(w.queue.has(id), true);
  const before = w.freed.length;
  removal.resolve();
  await eventually(() => w.freed.length > before);
  assertEquals(w.queue.has(id), false);
  const { status, place, snapshot } = (await w.context.store.log.head(id))!;
  assertEquals([status, place?.present, snapshot?.commit], ["pending", false, "b".repeat(40)]);
});

Deno.test("MergeQueue removes the checkouts of our own landings that were left, and no other folder", async () => {
  await using w = await world();
  const [mine, theirs, taken] = [await w.reviewed(), await w.reviewed(), await w.reviewed()];
  const removed: string[] = [];
  // One lands by another worker, which may use the same repository; one was taken over by it, and has landed.
  const { log } = w.context.store;
  const head = async (id: number) => {
    const task = await log.head(id);
    if (task === null || id === mine) return task;
    return { ...task!, place: { ...task!.place!, worker: "worker-2" }, landing: id === theirs ? {} : null };
  };
  w.context.store = Object.create(w.context.store, { shared: { value: true }, log: { value: { head } } });
  w.context.worktrees.names = () =>
    Promise.resolve(
      new Set([
        ...[`landing-${mine}`, `landing-${theirs}`, `landing-${taken}`],
        ...["landing-99", "landing-01", `task-${mine}-landing`],
      ]),
    );
  w.context.landings.removeCheckout = (_, { name }) => Promise.resolve(void removed.push(name));
  await w.queue.load();
  w.queue.open();
  await eventually(() => removed.length > 1);
  await w.queue.stop();
  assertEquals(removed, [`landing-${mine}`, `landing-${taken}`]);
});

Deno.test("MergeQueue asks with each look for what is to land and is on a worker that is gone", async () => {
  await using w = await world();
  const id = await w.reviewed();
  await w.ask(id);
  const context = { ...w.context, worker: { id: "worker-2", name: "desk" } };
  context.store = Object.create(w.context.store, { shared: { value: true } });
  const asked: number[] = [];
  const places = {
    mayAdopt: () => true,
    isAdopting: () => false,
    adopt: (task: Task) => Promise.reject(new DomainError("conflict", `Not now: ${asked.push(task.id)}`)),
  };
  const queue = new MergeQueue(context, { places: places as unknown as WorkPlaces, onFree: () => {} });
  await queue.load();
  queue.open();
  assertEquals(asked, []);
  for (const times of [1, 2]) {
    await queue.load();
    await eventually(() => asked.length === times);
  }
  await queue.stop();
});
