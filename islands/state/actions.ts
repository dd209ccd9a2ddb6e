// What people do on a page: each a plain function of the store. Browser only.

import { batch } from "@preact/signals";
import type { TaskView } from "../../core/view/task_view.ts";
import type { NewTask } from "../../core/view/api_view.ts";
import type { FilePlace } from "../parts/places.ts";
import { api, Problem } from "../stream/api.ts";
import { boardState, withOlder, withTasks } from "./board_state.ts";
import { rememberChoice } from "./choices.ts";
import { type Place, placeOf, urlOf } from "./location.ts";
import { OpenTask } from "./open_task.ts";
import type { RelatedTask, Tab, Theme } from "./page_data.ts";
import type { Store, Toast } from "./store.ts";
import { type ColumnName, columnOf } from "../../core/view/board_view.ts";
import { type BoardFilter, noFilter } from "../../core/view/task_state.ts";

export function currentPlace(store: Store): Place {
  const open = store.open.peek();
  return {
    page: store.page.kind === "task" ? "task" : "board",
    task: open?.id ?? null,
    tab: open?.tab.peek() ?? "transcript",
    at: open?.at.peek() ?? null,
    filter: store.filter.peek(),
    file: open?.files.place.peek() ?? undefined,
  };
}

function showPlace(store: Store, options: { replace: boolean }): void {
  const url = urlOf(currentPlace(store));
  if (url === location.pathname + location.search) return;
  if (options.replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
}

/** Follows the browser's back and forward. */
export async function showUrl(store: Store): Promise<void> {
  const place = placeOf(new URL(location.href));
  store.filter.value = place.filter;
  if (place.task === null) {
    store.open.value = null;
  } else {
    if (store.open.peek()?.id !== place.task) await readOpen(store, place.task, place.tab);
    const open = store.open.peek();
    if (!open) return;
    open.tab.value = place.tab;
    if (place.file) open.files.place.value = place.file;
    open.moveTo(place.at);
  }
}

/** Opens a task in the drawer. */
export async function openTask(store: Store, id: number, tab: Tab = "transcript"): Promise<void> {
  if (store.page.kind !== "board") return location.assign(`/tasks/${id}`);
  store.selected.value = id;
  if (store.open.peek()?.id !== id) await readOpen(store, id, tab);
  showPlace(store, { replace: false });
}

let opening = 0;

async function readOpen(store: Store, id: number, tab: Tab): Promise<void> {
  const turn = ++opening;
  try {
    const task = await api.task(id);
    const after = Math.max(0, task.seq - 200);
    const [events, related] = await Promise.all([api.events(id, after, 200), readRelated(store, task)]);
    if (turn !== opening) return;
    const page = { task, past: null, at: null, tab, file: null, events, related, diff: null, log: null };
    batch(() => {
      store.open.value = new OpenTask(page, store.now);
      store.selected.value = id;
    });
  } catch (error) {
    complain(store, error);
  }
}

/** Titles of the tasks this one names; from the board where it has them. */
async function readRelated(store: Store, task: TaskView): Promise<RelatedTask[]> {
  const ids = [...task.depends_on, ...task.dependants].slice(0, 40);
  const known = store.board.peek()?.tasks;
  return await Promise.all(ids.map(async (id) => {
    const { title, status } = known?.get(id) ?? await api.task(id);
    return { id, title, status };
  }));
}

export function closeTask(store: Store): void {
  opening++;
  if (store.page.kind !== "board") return location.assign("/");
  const id = store.open.peek()?.id;
  store.open.value = null;
  showPlace(store, { replace: false });
  if (id !== undefined) document.querySelector<HTMLElement>(`[data-card="${id}"]`)?.focus();
}

/** `isStep`: the browser's Back returns from it. */
export function showTab(store: Store, tab: Tab, { isStep = false } = {}): void {
  const open = store.open.peek();
  if (!open) return;
  open.tab.value = tab;
  showPlace(store, { replace: !isStep });
}

/** Shows a file of the open task in the tab Files. */
export function showFile(store: Store, place: FilePlace): void {
  const open = store.open.peek();
  if (!open) return;
  batch(() => {
    open.files.place.value = place;
    open.tab.value = "files";
  });
  showPlace(store, { replace: false });
}

let atTimer: ReturnType<typeof setTimeout> | undefined;

/** Goes to a moment of the open task. The URL follows a little later: browsers limit how often it may change. */
export function showMoment(store: Store, at: number | null, momentMs: number | null = null): void {
  const open = store.open.peek();
  if (!open) return;
  open.moveTo(at, momentMs);
  clearTimeout(atTimer);
  atTimer = setTimeout(() => showPlace(store, { replace: true }), 250);
}

/** The board shows what fits; what is not here is asked for (board_search.ts). */
export function setFilter(store: Store, filter: BoardFilter): void {
  store.filter.value = filter;
  if (store.page.kind === "board") showPlace(store, { replace: true });
}

export function clearFilter(store: Store): void {
  setFilter(store, noFilter);
}

/** Where the next page of a column begins; null when there is none. */
const cursors = new Map<ColumnName, string | null>();
/** The status that narrows the search for more of a column; the finished have two. */
const statusOfMore: Record<ColumnName, string | null> = {
  needs_you: "failed",
  review: "completed",
  running: "in_progress",
  queue: "pending",
  done: null,
};

/** More tasks of a column that is longer than what the board carries. False when there are no more. */
export async function loadMoreTasks(store: Store, name: ColumnName): Promise<boolean> {
  try {
    let found = 0;
    while (found < 25) {
      const cursor = cursors.get(name);
      if (cursor === null) return false;
      const status = statusOfMore[name];
      const page = await api.list({ limit: "200", ...(cursor && { cursor }), ...(status !== null && { status }) });
      cursors.set(name, page.next);
      const board = store.board.peek();
      if (!board) return false;
      const more = page.tasks.filter((task) => columnOf(task) === name && !board.tasks.has(task.id));
      found += more.length;
      store.board.value = withOlder(board, more);
    }
    return cursors.get(name) !== null;
  } catch (error) {
    complain(store, error);
    return true;
  }
}

export async function readBoard(store: Store): Promise<void> {
  if (store.page.kind !== "board") return;
  try {
    store.board.value = boardState(await api.board(), store.board.peek() ?? undefined);
  } catch { /* the connection's state says it */ }
}

/** The open task as it is now, with the events that have not come. */
export async function readOpenTask(store: Store): Promise<void> {
  const open = store.open.peek();
  if (!open || open.isRecorded) return;
  try {
    open.update(await api.task(open.id));
    await open.catchUp();
  } catch { /* the connection's state says it */ }
}

export async function readHealth(store: Store): Promise<void> {
  try {
    store.health.value = await api.health();
  } catch { /* the connection's state says it */ }
}

/** Ends the pause of the queue before its time. */
export async function resumeDispatch(store: Store): Promise<void> {
  try {
    store.health.value = await api.resume();
    toast(store, { tone: "done", text: "The queue goes on", task: null });
    void readBoard(store);
  } catch (error) {
    complain(store, error);
  }
}

/** Newer summaries, from the stream or from an answer. */
export function takeTasks(store: Store, tasks: TaskView[]): void {
  batch(() => {
    const board = store.board.peek();
    if (board) store.board.value = withTasks(board, tasks);
    const open = store.open.peek();
    for (const task of tasks) open?.update(task);
    const names = new Map(tasks.map((task) => [task.id, task]));
    if (open && open.related.peek().some(({ id }) => names.has(id))) {
      open.related.value = open.related.peek().map((one) => {
        const { title, status } = names.get(one.id) ?? one;
        return { id: one.id, title, status };
      });
    }
  });
}

export async function createTask(store: Store, input: Partial<NewTask>, idempotencyKey: string): Promise<TaskView> {
  const task = await api.create(input, idempotencyKey);
  takeTasks(store, [task]);
  void readBoard(store);
  store.selected.value = task.id;
  toast(store, { tone: "done", text: `Task ${task.id} created`, task: task.id });
  return task;
}

export async function editTask(store: Store, task: TaskView, changes: Partial<NewTask>): Promise<void> {
  takeTasks(store, [await api.edit(task.id, changes, task.seq)]);
  toast(store, { tone: "done", text: `Task ${task.id} changed`, task: null });
}

export async function retryTask(store: Store, task: TaskView, changes: Partial<NewTask>): Promise<void> {
  takeTasks(store, [await api.retry(task.id, changes)]);
  void readBoard(store);
  toast(store, { tone: "done", text: `Task ${task.id} is back in the queue`, task: null });
}

/** The task that tries a repository's setup and check; null when the service refused, and the page says why. */
export async function tryRepository(store: Store, name: string): Promise<number | null> {
  try {
    return (await api.tryRepository(name)).id;
  } catch (error) {
    complain(store, error);
    return null;
  }
}

export type TaskCommand =
  | { kind: "cancel" | "retry" | "approve" }
  | { kind: "reject"; feedback: string }
  | { kind: "message"; text: string; max_budget_usd?: number };

/** False when the service refused; the page says why. */
export async function command(store: Store, id: number, one: TaskCommand): Promise<boolean> {
  try {
    takeTasks(store, [await send(id, one)]);
    void readBoard(store);
    return true;
  } catch (error) {
    complain(store, error);
    return false;
  }
}

function send(id: number, one: TaskCommand): Promise<TaskView> {
  switch (one.kind) {
    case "cancel":
      return api.cancel(id);
    case "retry":
      return api.retry(id);
    case "approve":
      return api.approvePlan(id);
    case "reject":
      return api.rejectPlan(id, one.feedback);
    case "message": {
      const { kind: _, ...message } = one;
      return api.message(id, message);
    }
  }
}

let toasts = 0;

/** Short messages, of which the newest stay; one that something can be done about stays for its time. */
export function toast(store: Store, one: Omit<Toast, "id">): void {
  const id = ++toasts;
  const shown = store.toasts.peek();
  const newest = shown.filter(({ action }) => !action).slice(-3);
  store.toasts.value = [...shown.filter((each) => each.action || newest.includes(each)), { ...one, id }];
  setTimeout(() => dismiss(store, id), one.forMs ?? (one.tone === "fail" ? 12_000 : 5_000));
}

export function dismiss(store: Store, id: number): void {
  store.toasts.value = store.toasts.peek().filter((one) => one.id !== id);
}

export function complain(store: Store, error: unknown): void {
  if (error instanceof Problem && error.status === 401) store.connection.value = "signed_out";
  const text = error instanceof Problem
    ? [error.message, ...error.errors.map(({ path, message }) => `${path}: ${message}`)].join(". ")
    : "Something went wrong on this page";
  if (!(error instanceof Problem)) console.error(error);
  toast(store, { tone: "fail", text, task: null });
}

export async function copy(store: Store, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(store, { tone: "done", text: "Copied", task: null });
  } catch {
    toast(store, { tone: "fail", text: "The browser did not allow copying", task: null });
  }
}

export function setTheme(store: Store, theme: Theme | null): void {
  store.theme.value = theme;
  if (theme === null) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  rememberChoice("theme", theme ?? "");
}

/** What nobody sees any more is not chosen either: keys act on what is. */
export function foldColumn(store: Store, name: ColumnName, isFolded: boolean): void {
  const folded = new Set(store.folded.peek());
  if (folded.has(name) === isFolded) return;
  if (isFolded) folded.add(name);
  else folded.delete(name);
  const hidden = new Set(isFolded ? store.columns.peek()?.[name].map(({ id }) => id) : []);
  batch(() => {
    store.folded.value = folded;
    if (hidden.has(store.selected.peek() ?? 0) && !store.open.peek()) store.selected.value = null;
    if (hidden.has(store.menu.peek() ?? 0)) store.menu.value = null;
    store.picked.value = new Set([...store.picked.peek()].filter((id) => !hidden.has(id)));
  });
  rememberChoice("folded", [...folded].join("."));
}
