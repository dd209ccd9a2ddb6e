import { assertEquals } from "@std/assert";
import { obstacleSentence, waitedSentence, waitingSentence, waitingWord } from "../../core/view/waiting.ts";
import { obstacleOf } from "../../core/domain/plan.ts";
import { events, failedHistory, taskOf } from "../domain/world.ts";

Deno.test("obstacleSentence() says in one sentence what a task waits for", () => {
  assertEquals(obstacleSentence({ kind: "cancelling" }), "Being cancelled");
  assertEquals(
    obstacleSentence({
      kind: "dependencies",
      blocked_by: [{ id: 3, status: "pending" }, { id: 4, status: "in_progress" }],
    }),
    "After #3, #4",
  );
  assertEquals(
    obstacleSentence({
      kind: "dependencies",
      blocked_by: [{ id: 3, status: "pending" }, { id: 4, status: "failed" }, { id: 5, status: "cancelled" }],
    }),
    "After #4, which failed; #5, which is cancelled",
  );
  assertEquals(
    obstacleSentence({
      kind: "dependencies",
      blocked_by: [{ id: 3, status: "landing" }, { id: 4, status: "in_review" }, { id: 5, status: "pending" }],
    }),
    "After #3, which is landing, #4, which waits for its review, #5",
  );
  assertEquals(
    obstacleSentence({
      kind: "dependencies",
      blocked_by: [{ id: 3, status: "landing" }, { id: 4, status: "discarded" }],
    }),
    "After #4, which is discarded",
  );
  assertEquals(
    obstacleSentence({ kind: "due", due_at: "2026-01-01T00:00:00.000Z", due_here: 0 }),
    "Next attempt at 2026-01-01T00:00:00.000Z",
  );
  assertEquals(
    obstacleSentence({ kind: "repository", repo: "demo" }),
    "No worker here has the repository demo",
  );
  const elsewhere = { kind: "elsewhere", worker: "7f1e0f5a-1111", name: "tower", isGone: false } as const;
  assertEquals(obstacleSentence(elsewhere), "Waits for tower, which has its work");
  assertEquals(
    obstacleSentence({ ...elsewhere, name: null, isGone: true, base: 4 }),
    "Waits for worker 7f1e0f5a, which has the work of #4 and is away",
  );
});

Deno.test("waitingSentence() says the obstacle, else the pause, else the slots", () => {
  const free = { obstacle: null, pause: null, position: 1, slots: { free: 1, total: 3 }, others: false };
  const busy = { ...free, slots: { free: 0, total: 3 } };
  assertEquals(waitingSentence(free), "Starting");
  assertEquals(waitingSentence(busy), "Next; all 3 slots are busy");
  assertEquals(waitingSentence({ ...busy, position: 2, slots: { free: 0, total: 1 } }), "The only slot is busy");
  assertEquals(waitingSentence({ ...busy, position: 2, slots: { free: 0, total: 2 } }), "Both slots are busy");
  assertEquals(waitingSentence({ ...busy, pause: "no login" }), "Dispatch is paused: no login");
  const door = { ...busy, slots: { free: 0, total: 0 } };
  assertEquals(waitingSentence(door), "No living worker runs agents: this one is a door without any");
  assertEquals(
    waitingSentence({ ...door, others: true }),
    "Waits for another worker: this one is a door without agents",
  );
  const labels = { kind: "labels", labels: { gpu: "1", os: "linux" } } as const;
  assertEquals(waitingSentence({ ...free, obstacle: labels }), "No living worker has gpu=1, os=linux");
  assertEquals(waitingSentence({ ...free, obstacle: labels, others: true }), "Waits for a worker with gpu=1, os=linux");
  const repository = { kind: "repository", repo: "demo" } as const;
  assertEquals(
    waitingSentence({ ...free, obstacle: repository, others: true }),
    "Waits for a worker with the repository demo",
  );
  assertEquals(waitingSentence({ ...busy, obstacle: { kind: "cancelling" }, pause: "no login" }), "Being cancelled");
});

Deno.test("waitingWord() and the dispatcher agree on what is due, also about a clock that ran ahead", () => {
  const now = Date.parse("2026-01-01T00:00:00.000Z");
  const board = { statusOf: () => undefined };
  const view = { worker: null, repos: new Set(["demo"]), free_slots: 1, dead: new Set<string>() };
  const entry = {
    id: 1,
    status: "pending" as const,
    priority: 0,
    depends_on: [],
    repo: "demo",
    cancel_requested: false,
    runner: null,
    holder: null,
    ending: false,
  };
  for (const inMs of [-5_000, 0, 1, 40_000, 300_000, 300_001, 86_400_000]) {
    const due_at = new Date(now + inMs).toISOString();
    const { kind } = waitingWord({ blocked_by: [], due_at, queue_position: 1 }, { now, words: String });
    const isHeld = obstacleOf({ ...entry, due_at }, { board, now, view })?.kind === "due";
    assertEquals(kind, isHeld ? "due" : "queued", `${inMs} ms`);
  }
});

Deno.test("waitedSentence() tells no attempt to come that no retry waits for", () => {
  const then = (due_at: string) =>
    waitedSentence(taskOf(...failedHistory().slice(0, -1), events.retryScheduled(2, due_at)), []);
  assertEquals(then("2026-01-01T00:01:00.000Z"), "Next attempt at 2026-01-01T00:01:00.000Z");
  assertEquals(then("2026-01-02T00:00:00.000Z"), "It could start and waited for a free slot");
});
