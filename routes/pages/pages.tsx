// The pages: the board, a task, a new task, the repositories, two attempts compared. Each is whole HTML with the data its islands start from.
//
// Content-Security-Policy: scripts, styles, connections and workers from this origin only, nothing inline; pictures also
// as data (the favicon with its count). The JSON in a page is data, not a script. No nonce is needed.

import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import { DomainError } from "../../core/domain/error.ts";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { BoardView, Service } from "../../core/engine/service/service.ts";
import { attemptOf } from "../../islands/compare/attempt.ts";
import { type Locale, usableLocale } from "../../islands/parts/format.ts";
import { positive } from "../../islands/state/location.ts";
import {
  type PageData,
  type RelatedTask,
  type Tab,
  tabOf,
  type TaskPageData,
  type Theme,
} from "../../islands/state/page_data.ts";
import { columnNames, columnOf } from "../../core/view/board_view.ts";
import { type BoardFilter, filterOf, isFiltered, noFilter } from "../../islands/state/task_state.ts";
import type { Assets } from "./assets.ts";
import { readComparison } from "./comparison.ts";
import { renderPage } from "./page_document.tsx";
import { readSample, type Sample } from "./sample.ts";

export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Events of a task that its page carries; the islands read the others on demand. */
const eventsOnPage = 200;
const stageEventsOnPage = 20;
const diffOnPage = 64 * 1024;
const logOnPage = 200_000;
const cardsOnPage = 200;

export function pages({ service, assets }: { service: Service; assets: Pick<Assets, "urls"> }): Hono {
  const app = new Hono();
  let recording: Promise<Sample> | null = null;
  const sample = () => recording ??= readSample();

  async function page(c: Context, parts: Partial<PageData> & Pick<PageData, "kind">, status: 200 | 404 = 200) {
    const data: PageData = {
      board: null,
      filter: noFilter,
      task: null,
      repositories: null,
      comparison: null,
      health: await service.health(),
      locale: localeOf(c),
      theme: themeOf(c),
      now: Date.now(),
      streamWorker: assets.urls.worker,
      markdownWorker: assets.urls.markdown,
      highlightWorker: assets.urls.highlight,
      ...parts,
    };
    return c.html(renderPage(data, assets), status, {
      "Content-Security-Policy": pagePolicy,
      "Cache-Control": "no-store",
      "Referrer-Policy": "same-origin",
      "X-Content-Type-Options": "nosniff",
      "Cross-Origin-Opener-Policy": "same-origin",
    });
  }

  app.get("/", async (c) => {
    const query = new URL(c.req.url).searchParams;
    const filter = filterOf(query);
    const id = positive(query.get("task"));
    const task = id === null ? null : await readTask(service, id, {
      at: positive(query.get("at")),
      tab: tabOf(query.get("tab")),
    });
    if (id !== null && !task) return await page(c, { kind: "missing" }, 404);
    return await page(c, { kind: "board", board: await readBoard(service, filter), filter, task });
  });

  app.get("/tasks/new", (c) => page(c, { kind: "new" }));

  app.get("/repositories", async (c) => {
    return await page(c, { kind: "repositories", repositories: await service.repositories() });
  });

  app.get("/compare", async (c) => {
    const [a, b] = [attemptOf(c.req.query("a")), attemptOf(c.req.query("b"))];
    const reading = a && b && orNull(readComparison(service, { a, b }, { now: Date.now(), startOf: startOfStream }));
    const comparison = await reading;
    return comparison ? await page(c, { kind: "compare", comparison }) : await page(c, { kind: "missing" }, 404);
  });

  app.get("/sample/:tab{events}?", async (c) => {
    const { events, at } = await sample();
    const moment = positive(c.req.query("at"));
    const isPast = moment !== null && moment < events.length;
    const task: TaskPageData = {
      task: at(events.length),
      past: isPast ? at(moment) : null,
      at: isPast ? moment : null,
      tab: tabOf(c.req.param("tab")),
      events,
      related: [],
      diff: null,
      log: null,
    };
    return await page(c, { kind: "task", task });
  });

  app.get("/tasks/:id{[0-9]+}/:tab?", async (c) => {
    const tab = tabOf(c.req.param("tab"));
    const at = positive(c.req.query("at"));
    const id = positive(c.req.param("id"));
    const task = id === null ? null : await readTask(service, id, { at, tab });
    return task ? await page(c, { kind: "task", task }) : await page(c, { kind: "missing" }, 404);
  });

  return app;
}

/** The board, with what a filter finds among the finished tasks that are not on it. */
async function readBoard(service: Service, filter: BoardFilter): Promise<BoardView> {
  const board = await service.board();
  const view: BoardView = {
    needs_you: board.needs_you.slice(0, cardsOnPage).map(cardView),
    review: board.review.slice(0, cardsOnPage).map(cardView),
    running: board.running.map(cardView),
    queue: board.queue.slice(0, cardsOnPage).map(cardView),
    done: board.done.slice(0, cardsOnPage).map(cardView),
    counts: board.counts,
  };
  if (!isFiltered(filter)) return view;
  const known = new Set(columnNames.flatMap((name) => view[name]).map(({ id }) => id));
  const q = filter.q.trim() || null;
  const found = await service.list({ status: filter.status, q, limit: cardsOnPage, cursor: null });
  for (const task of found.tasks) if (!known.has(task.id)) view[columnOf(task)].push(cardView(task));
  return view;
}

/** A card shows the first lines of a text at most. */
function cardView(task: TaskView): TaskView {
  const start = (text: string | null) => text === null ? null : text.slice(0, 200);
  return {
    ...task,
    prompt: start(task.prompt) ?? "",
    output: start(task.output),
    error: start(task.error),
    plan: start(task.plan),
  };
}

interface TaskPlace {
  at: number | null;
  tab: Tab;
}

/** Null when there is no such task. */
async function readTask(service: Service, id: number, place: TaskPlace): Promise<TaskPageData | null> {
  const task = await orNull(service.read(id));
  if (!task) return null;
  const at = place.at !== null && place.at < task.seq ? place.at : null;
  const end = at ?? task.seq;
  const [past, events, related, diff, log] = await Promise.all([
    at === null ? null : service.read(id, { at }),
    readEvents(service, id, end),
    readRelated(service, task),
    place.tab === "changes" && at === null
      ? startOf(service.diff(id, {}).then(({ stream }) => stream), diffOnPage)
      : null,
    place.tab === "log" ? startOf(service.log(id), logOnPage) : null,
  ]);
  return { task, past, at, tab: place.tab, events, related, diff, log };
}

/** Its first events, which tell the stages of its life, and the newest up to `end`. */
async function readEvents(service: Service, id: number, end: number): Promise<TaskEvent[]> {
  const after = Math.max(0, end - eventsOnPage);
  const newest = await service.events(id, { after, limit: end - after });
  if (after === 0) return newest.events;
  const first = await service.events(id, { after: 0, limit: Math.min(after, stageEventsOnPage) });
  return [...first.events, ...newest.events];
}

async function readRelated(service: Service, task: TaskView): Promise<RelatedTask[]> {
  const ids = [...task.depends_on, ...task.dependants].slice(0, 40);
  const tasks = await Promise.all(ids.map((one) => orNull(service.read(one))));
  return tasks.flatMap((one) => one ? [{ id: one.id, title: one.title, status: one.status }] : []);
}

async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DomainError && error.code === "not_found") return null;
    throw error;
  }
}

/** The start of a stream as text; null when there is nothing to read, which the island then says. */
async function startOf(opening: Promise<ReadableStream<Uint8Array>>, length: number): Promise<string | null> {
  try {
    return await startOfStream(await opening, length);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

/** Whole lines of about `length` UTF-16 units in all. */
async function startOfStream(stream: ReadableStream<Uint8Array>, length = diffOnPage): Promise<string> {
  let text = "";
  const reader = stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  while (text.length < length) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
  }
  await reader.cancel();
  return text.slice(0, text.lastIndexOf("\n", length) + 1);
}

function localeOf(c: Context): Locale {
  const tag = c.req.header("Accept-Language")?.split(/[,;]/)[0]?.trim();
  return usableLocale(tag, getCookie(c, "coder_zone"));
}

function themeOf(c: Context): Theme | null {
  const theme = getCookie(c, "coder_theme");
  return theme === "light" || theme === "dark" ? theme : null;
}
