import { assert, assertEquals } from "@std/assert";
import type { TaskView } from "../../../core/view/task_view.ts";
import { boardState, columnsOf, movesOthers, withTasks } from "../../../islands/state/board_state.ts";
import { placeOf, urlOf } from "../../../islands/state/location.ts";
import { stagesOf } from "../../../islands/task/stages.ts";
import { changesOf, draftOf, emptyDraft, fieldOf, inputOf, readDraft } from "../../../islands/form/task_draft.ts";
import { filterOf, matchesFilter, noFilter, stateOf, waitingLine } from "../../../islands/state/task_state.ts";
import { begun, history, viewOf } from "../sample_events.ts";

const pending = viewOf(history(["task.created"]));
const task = (changes: Partial<TaskView>): TaskView => ({ ...pending, ...changes });

Deno.test("stateOf() says in a word what a pending task waits for", () => {
  const blocked = task({ blocked_by: [{ id: 4, status: "failed" }] });
  assertEquals(stateOf(blocked, 0).word, "Blocked");
  assertEquals(stateOf(task({ queue_position: 1 }), 0).word, "Next");
  const due = task({ due_at: new Date(40_000).toISOString() });
  assertEquals(stateOf(due, 0).word, "Next attempt in 40 s");
  assertEquals([waitingLine(due, 0), waitingLine({ ...due, waiting: "Starting" }, 40_000)], [null, "Starting"]);
});

const board = {
  needs_you: [],
  review: [],
  running: [],
  queue: [task({ id: 2, queue_position: 2 }), task({ id: 3, queue_position: 1 }), task({ id: 4 })],
  done: [],
  counts: { needs_you: 0, review: 0, running: 0, queue: 3, done: 7 },
};

Deno.test("columnsOf() keeps the true dispatch order and applies the filter", () => {
  const state = boardState(board);
  assertEquals(columnsOf(state, noFilter).queue.map(({ id }) => id), [3, 2, 4]);
  assertEquals(columnsOf(state, { ...noFilter, q: "#2" }).queue.map(({ id }) => id), [2]);
});

Deno.test("withTasks() moves a task and its counts, drops older news, and keeps what did not change", () => {
  const state = boardState(board);
  const running = { ...state.tasks.get(3)!, status: "in_progress" as const, seq: 2 };
  const moved = withTasks(state, [running]);
  assertEquals(moved.counts, { needs_you: 0, review: 0, running: 1, queue: 2, done: 7 });
  assertEquals(withTasks(moved, [{ ...running, seq: 1, status: "pending" }]).tasks.get(3)?.status, "in_progress");
  assert(moved.tasks.get(2) === state.tasks.get(2));
  assert(boardState(board, state).tasks.get(2) === state.tasks.get(2));
  assert(movesOthers(pending, running) && !movesOthers(running, { ...running, last_step: "x" }));
});

Deno.test("urlOf() and placeOf() are each other's inverse", () => {
  const filter = { q: "a b&c", status: "failed" as const, repo: "shop" };
  for (
    const place of [
      { page: "board" as const, task: null, tab: "transcript" as const, at: null, filter },
      { page: "board" as const, task: 12, tab: "changes" as const, at: 150, filter },
      { page: "task" as const, task: 12, tab: "events" as const, at: 3, filter: noFilter },
    ]
  ) assertEquals(placeOf(new URL(urlOf(place), "http://localhost")), place);
  assertEquals(filterOf(new URLSearchParams("status=nonsense")), noFilter);
  assert(matchesFilter(pending, { ...noFilter, q: "SAMPLE do" }));
});

Deno.test("a draft becomes the body the API takes, and back", () => {
  const draft = { ...emptyDraft, prompt: "Do it", timeout_minutes: "1.5", max_budget_usd: "2", depends_on: [3] };
  assertEquals(inputOf(draft), {
    prompt: "Do it",
    priority: 0,
    depends_on: [3],
    mode: "execute",
    max_attempts: 1,
    timeout_seconds: 90,
    max_budget_usd: 2,
  });
  assertEquals(changesOf(draft, { ...draft, max_budget_usd: "", priority: "5" }), {
    max_budget_usd: null,
    priority: 5,
  });
  assertEquals(changesOf(draftOf(pending), draftOf(pending)), {});
  assertEquals([fieldOf("depends_on.0"), fieldOf("timeout_seconds"), fieldOf("nonsense")], [
    "depends_on",
    "timeout_minutes",
    null,
  ]);
  assertEquals(readDraft("{broken"), emptyDraft);
  assertEquals(readDraft('{"prompt":"x","priority":7}').prompt, "x");
});

Deno.test("stagesOf() tells the life so far at any event", () => {
  const events = history(...begun, ["run.finished"], ["task.completed"]);
  const at = (seq: number) => {
    const stages = stagesOf(viewOf(events.slice(0, seq)), { events, now: 0 });
    return stages.find(({ phase }) => phase === "now")?.name;
  };
  assertEquals([1, 2, 3, 5, 6, 7].map(at), ["Queued", "Preparing", "Running", "Running", "Finishing", "Completed"]);
});
