// The store of a page for the tests of what is done on it; the service behind it is played.

import type { Health } from "../../core/view/api_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type BoardView, columnOf } from "../../core/view/board_view.ts";
import { noFilter } from "../../core/view/task_state.ts";
import { OpenTask } from "../../islands/state/open_task.ts";
import type { PageData } from "../../islands/state/page_data.ts";
import { createStore, type Store } from "../../islands/state/store.ts";
import { history, viewOf } from "./sample_events.ts";

const health = {
  repos: [{ name: "shop", path: "/shop", branch: "main", head: "" }],
  token: false,
} as unknown as Health;

/** Of a board with these tasks, or of a page without one. */
export function storeOf({ tasks, open }: { tasks?: TaskView[]; open?: TaskView }): Store {
  const columns: Pick<BoardView, "needs_you" | "review" | "running" | "queue" | "done"> = {
    ...{ needs_you: [], review: [], running: [], queue: [], done: [] },
  };
  for (const task of tasks ?? []) columns[columnOf(task)].push(task);
  const counts = { needs_you: 0, review: 0, running: 0, queue: 0, done: 0 };
  const board = tasks ? { ...columns, counts } : null;
  const locale = { tag: "en", zone: "UTC" };
  const page = { kind: "board", health, board, filter: noFilter, found: null, task: null, now: 0, locale };
  const store = createStore(page as unknown as PageData);
  if (open) {
    const data = { task: open, past: null, at: null, tab: "transcript" as const, file: null };
    store.open.value = new OpenTask({ ...data, events: [], related: [], diff: null, log: null }, store.now);
  }
  return store;
}

const pending = viewOf(history(["task.created"]));

export function task(changes: Partial<TaskView>): TaskView {
  return { ...pending, ...changes };
}

/**
 * Until it is disposed, what is asked of the service is answered with the JSON of `answer`; `asked` says what that was. What a
 * page does seconds later, as to take a message away, is not done.
 */
export function playService(answer: (path: string, body: unknown) => unknown): Disposable & { asked: string[] } {
  const real = { fetch: globalThis.fetch, setTimeout: globalThis.setTimeout };
  const asked: string[] = [];
  globalThis.fetch = (input, init) => {
    asked.push(`${init?.method ?? "GET"} ${input}`);
    return Promise.resolve(Response.json(answer(String(input), JSON.parse(String(init?.body ?? "null")))));
  };
  globalThis.setTimeout = ((run: () => void, ms = 0) => ms < 1_000 ? real.setTimeout(run, ms) : 0) as typeof setTimeout;
  return { asked, [Symbol.dispose]: () => void Object.assign(globalThis, real) };
}

/** Lets pass what was begun and not waited for. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}
