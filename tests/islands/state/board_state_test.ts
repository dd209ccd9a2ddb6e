import { assert, assertEquals } from "@std/assert";
import { boardState, columnsOf, movesOthers, repositoriesOf, withTasks } from "../../../islands/state/board_state.ts";
import { placeOf, urlOf } from "../../../islands/state/location.ts";
import { changesOf, draftOf, emptyDraft, fieldOf, inputOf, readDraft } from "../../../islands/form/task_draft.ts";
import {
  type BoardFilter,
  filterOf,
  matchesFilter,
  noFilter,
  stateOf,
  waitingLine,
} from "../../../core/view/task_state.ts";
import { pageUrlOf } from "../../../islands/state/open_task.ts";
import { storeOf, task } from "../page_store.ts";

const pending = task({});

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

Deno.test("columnsOf() shows what the service found for the words, as long as it fits the choices", () => {
  const state = boardState(board);
  const found = new Set([2, 4]);
  const ids = (filter: Partial<BoardFilter>) =>
    columnsOf(state, { ...noFilter, ...filter }, found).queue.map(({ id }) => id);
  assertEquals(ids({ q: "only in the log" }), [2, 4]);
  assertEquals(ids({ q: "only in the log", status: "failed" }), []);
  assertEquals(ids({ label: "web" }), []);
});

Deno.test("matchesFilter() looks at every text, at the outcome, and at tags and labels", () => {
  const one = task({ output: "A Needle", outcome: "timed_out", tags: ["web"], labels: { gpu: "1" } });
  const fits = (filter: Partial<BoardFilter>) => matchesFilter(one, { ...noFilter, ...filter });
  assert(fits({ q: "needle" }) && fits({ outcome: "timed_out" }) && fits({ label: "web" }) && fits({ label: "gpu=1" }));
  assert(!fits({ q: "null" }) && !fits({ outcome: "failed" }) && !fits({ label: "gpu" }));
});

Deno.test("the queue goes by the order that was given by hand where the service gives no place", () => {
  const queue = [task({ id: 5 }), task({ id: 6, order: 1 }), task({ id: 7, priority: 1 })];
  assertEquals(columnsOf(boardState({ ...board, queue }), noFilter).queue.map(({ id }) => id), [7, 6, 5]);
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

Deno.test("repositoriesOf() names those of this worker and those that only tasks are of", () => {
  const repos = [{ name: "shop" }];
  assertEquals([...repositoriesOf(null, { repos })], ["shop"]);
  const state = boardState({ ...board, done: [task({ id: 8, repo: "removed" }), task({ id: 9, repo: "shop" })] });
  assertEquals([...repositoriesOf(state, { repos })], ["shop", "removed"]);
});

Deno.test("pageUrlOf() leads to the file and the line that are shown, where they are", () => {
  const open = storeOf({ open: task({ id: 4 }) }).open.peek()!;
  open.files.place.value = { path: "src/a.ts", line: 7 };
  assertEquals(pageUrlOf(open), "/tasks/4");
  open.tab.value = "files";
  assertEquals(pageUrlOf(open), "/tasks/4/files?file=src%2Fa.ts&line=7");
});

Deno.test("urlOf() and placeOf() are each other's inverse", () => {
  const chosen = { status: "failed" as const, repo: "shop", outcome: "timed_out" as const, label: "gpu=1" };
  const filter = { q: "a b&c", ...chosen };
  for (
    const place of [
      { page: "board" as const, task: null, tab: "transcript" as const, at: null, filter },
      { page: "board" as const, task: 12, tab: "changes" as const, at: 150, filter },
      { page: "task" as const, task: 12, tab: "events" as const, at: 3, filter: noFilter },
      {
        ...{ page: "task" as const, task: 12, tab: "files" as const, at: null, filter: noFilter },
        file: { path: "src/ü &.ts", line: 7 },
      },
      {
        ...{ page: "board" as const, task: 12, tab: "files" as const, at: 3, filter: noFilter },
        file: { path: "a", line: null },
      },
    ]
  ) assertEquals(placeOf(new URL(urlOf(place), "http://localhost")), place);
  assertEquals(filterOf(new URLSearchParams("status=nonsense&repo=&label=")), noFilter);
  assert(matchesFilter(pending, { ...noFilter, q: "SAMPLE do" }));
});

Deno.test("a draft becomes the body the API takes, and back", () => {
  const draft = {
    ...emptyDraft,
    prompt: "Do it",
    timeout_minutes: "1.5",
    silence_minutes: "2",
    max_budget_usd: "2",
    depends_on: [3],
  };
  assertEquals(inputOf(draft), {
    prompt: "Do it",
    priority: 0,
    depends_on: [3],
    mode: "execute",
    max_attempts: 1,
    timeout_seconds: 90,
    silence_seconds: 120,
    max_budget_usd: 2,
  });
  const tagged = { ...draft, tags: "web, flaky" };
  assertEquals([inputOf(tagged).tags, changesOf(tagged, draft)], [["web", "flaky"], { tags: [] }]);
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
