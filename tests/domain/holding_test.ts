import { assertEquals } from "@std/assert";
import type { EventData, NewEvent } from "../../core/domain/event.ts";
import { type Holding, holdingOf, isExchanged, isFollowUp, mayCross } from "../../core/domain/holding.ts";
import { type BoardEntry, boardEntry, obstacleOf, type WorkerView } from "../../core/domain/plan.ts";
import { begun, events, otherWorker, taskOf, worker } from "./world.ts";

const { claimed, completed, created, failed, finished, messageAdded, placed, ready, removed } = events;
const { retryScheduled, snapshotted, started } = events;

const given = { url: "/x.git", branch: "task-12-a", commit: "b".repeat(40), commits: 2 };
const exchanged = (data: Partial<EventData["work.exchanged"]> = {}): NewEvent => ({
  type: "work.exchanged",
  data: { ...given, ...data },
});
const saved: NewEvent = { type: "work.saved", data: { name: "run-1", ref: "r", commit: "c" } };

Deno.test("work is in the exchange until a run or a saved point comes after it was given", () => {
  const isGiven = (...more: NewEvent[]) => isExchanged(taskOf(...begun(), exchanged(), ...more));
  assertEquals(taskOf(...begun(), exchanged()).exchanged?.content, given.commit);
  assertEquals([isGiven(), isGiven(saved), isGiven(saved, exchanged({ content: "c" }))], [true, false, true]);
  assertEquals(isGiven(finished(1, "lost", "resume"), claimed(2)), false);
});

Deno.test("what another worker had left does not make the exchange lack anything", () => {
  const data = { run: 1, worker: otherWorker, worker_name: "w", ref: "r", commit: "c", commits: 1, exchanged: true };
  const task = taskOf(...begun(), exchanged(), { type: "work.left", data });
  assertEquals([isExchanged(task), task.points.map(({ name }) => name)], [true, ["left-1"]]);
});

Deno.test("a new worktree is not in the exchange; one that came from there still is what was given", () => {
  assertEquals(taskOf(...begun(), exchanged(), placed(1)).exchanged, null);
  const taken = placed(1);
  Object.assign(taken.data, { worker: otherWorker, worker_name: "tower", from: worker });
  const task = taskOf(...begun(), exchanged(), taken);
  assertEquals([task.exchanged?.commit, task.place?.worker_name], [given.commit, "tower"]);
});

const holding: Holding & { follows: boolean } = { worker: otherWorker, name: "w", exchanged: false, follows: false };
const nobody = { dead: new Set<string>(), away: new Set<string>(), yielding: new Set<string>() };
const him = new Set([otherWorker]);

Deno.test("work crosses by the exchange when its holder cannot go on, and begins anew only when it is dead", () => {
  const may = (changes: Partial<typeof holding>, others: Partial<typeof nobody>, hasExchange = true) =>
    mayCross({ ...holding, ...changes }, { hasExchange, others: { ...nobody, ...others } });
  const table = [
    // who it is        alive  busy   away   dead
    [{}, [false, false, false, true]],
    [{ follows: true }, [false, false, false, false]],
    [{ exchanged: true }, [false, true, false, true]],
    [{ exchanged: true, follows: true }, [false, true, true, true]],
  ] as const;
  for (const [changes, expected] of table) {
    const states = [{}, { yielding: him }, { away: him }, { dead: him }];
    assertEquals(states.map((state) => may(changes, state)), [...expected], JSON.stringify(changes));
  }
  // What the exchange has is of use to those who can reach it alone.
  assertEquals(may({ exchanged: true, follows: true }, { dead: him }, false), false);
});

Deno.test("a follow-up is one until somebody asks for a retry, also when its run was cut short", () => {
  const done = [...begun(), finished(1, "succeeded", "complete"), completed(), messageAdded()];
  const again = [claimed(2), started(2, true), ready(2), finished(2, "lost", "resume")];
  const isOne = (...drafts: NewEvent[]) => isFollowUp(taskOf(...drafts));
  assertEquals([isOne(...begun()), isOne(...done), isOne(...done, ...again)], [false, true, true]);
  assertEquals(isOne(...begun(), finished(1, "lost", "resume")), false);
  assertEquals(isOne(...done, ...again, retryScheduled(1, "2026-01-01T00:00:00.000Z")), false);
});

function obstacle(changes: Partial<BoardEntry>, view: Partial<WorkerView>, work: Holding | null = null) {
  const entry = { ...boardEntry(taskOf(created())), ...changes };
  const board = { statusOf: () => undefined, workOf: () => work };
  const own = { worker, repos: new Set(["demo"]), free_slots: 1, dead: new Set<string>() };
  return obstacleOf(entry, { board, now: 0, view: { ...own, ...view } });
}

Deno.test("a task that begins from another's work waits for who has it, unless the exchange has it too", () => {
  assertEquals(boardEntry(taskOf(created({ base: "task:4" }))).base_task, 4);
  assertEquals(boardEntry(taskOf(...begun(1, { base: "task:4" }))).base_task, undefined);
  const work = { worker: otherWorker, name: "laptop", exchanged: false };
  const waits = { kind: "elsewhere", worker: otherWorker, name: "laptop", isGone: false, base: 4 } as const;
  assertEquals(obstacle({ base_task: 4 }, {}, work), waits);
  assertEquals(obstacle({ base_task: 4 }, { dead: him }, work), { ...waits, isGone: true });
  const exchanges = new Set(["demo"]);
  assertEquals(obstacle({ base_task: 4 }, { exchanges }, work), waits);
  assertEquals(obstacle({ base_task: 4 }, { exchanges }, { ...work, exchanged: true }), null);
  assertEquals(obstacle({ base_task: 4 }, {}, { ...work, worker }), null);
  assertEquals(obstacle({ base_task: 4 }, { worker: null }, work), null);
});

Deno.test("holdingOf() knows where a worktree stands and where saved work is", () => {
  const holderOf = (...drafts: NewEvent[]) => holdingOf(taskOf(...drafts))?.worker ?? null;
  const failing = [...begun(), finished(1, "failed", "settle"), snapshotted(1), removed()];
  assertEquals([holderOf(created()), holderOf(...begun())], [null, worker]);
  // Until it is over, what comes next is a new worktree.
  assertEquals([holderOf(...failing), holderOf(...failing, failed())], [null, worker]);
});
