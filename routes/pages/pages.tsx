// The pages: the board, a task, a new task, the repositories, the workers, the schedules, the webhooks, insights,
// settings, two attempts compared. Each is whole HTML with the data its islands start from.

import { Hono } from "hono";
import { DomainError } from "../../core/domain/error.ts";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { BoardView, Service } from "../../core/engine/service/service.ts";
import { attemptOf } from "../../islands/compare/attempt.ts";
import type { FilePlace } from "../../islands/parts/places.ts";
import { placeOf, positive } from "../../islands/state/location.ts";
import { type PageData, type RelatedTask, type Tab, tabOf, type TaskPageData } from "../../islands/state/page_data.ts";
import { columnNames, columnOf } from "../../core/view/board_view.ts";
import { type BoardFilter, filterOf, isFiltered } from "../../core/view/task_state.ts";
import { limits } from "../api/limits.ts";
import { insightsQuery } from "./insights/insights_query.ts";
import { readComparison } from "./comparison.ts";
import type { BeginPage } from "./page_answer.ts";
import { readSample, type Sample } from "./sample.ts";
import { startOf, startOfStream } from "./text_start.ts";

/** Events of a task that its page carries; the islands read the others on demand. */
const eventsOnPage = 200;
const stageEventsOnPage = 20;
const diffOnPage = 16 * 1024;
const logOnPage = 200_000;
const cardsOnPage = 200;

export function pages({ service, begin }: { service: Service; begin: BeginPage }): Hono {
  const app = new Hono();
  let recording: Promise<Sample> | null = null;
  const sample = () => recording ??= readSample();

  app.get("/", async (c) => {
    const page = begin(c);
    const query = new URL(c.req.url).searchParams;
    const filter = filterOf(query);
    const id = positive(query.get("task"));
    const place = { at: positive(query.get("at")), tab: tabOf(query.get("tab")), file: fileOf(new URL(c.req.url)) };
    const found = await taskAt(service, id, place.at);
    if (id !== null && !found) return await page({ kind: "missing" }, 404);
    const task = found && await readTask(service, found, place);
    return await page({ kind: "board", ...await readBoard(service, filter), filter, task });
  });

  app.get("/tasks/new", (c) => begin(c)({ kind: "new" }));

  app.get("/repositories", async (c) => {
    const page = begin(c);
    return await page({ kind: "repositories", repositories: await service.repositories() });
  });

  app.get("/workers", (c) => begin(c)({ kind: "workers", workers: service.workers() }));

  app.get("/schedules", async (c) => {
    const page = begin(c);
    return await page({ kind: "schedules", schedules: await service.schedules() });
  });

  app.get("/webhooks", async (c) => {
    const page = begin(c);
    const [webhooks, github] = await Promise.all([service.webhooks(), service.github()]);
    return await page({ kind: "webhooks", webhooks, github });
  });

  app.get("/settings", async (c) => await begin(c)({ kind: "settings", settings: await service.settings() }));

  app.get("/insights", async (c) => {
    const page = begin(c);
    const query = insightsQuery(new URL(c.req.url).searchParams);
    const [days, slots, activity] = await Promise.all([
      service.insightDays(query),
      service.slots(query),
      service.activity(query),
    ]);
    const { InsightsPage } = await import("./insights/insights_page.tsx");
    return await page(
      { kind: "insights" },
      200,
      (locale) => <InsightsPage {...{ query, days, slots, activity, locale }} />,
    );
  });

  app.get("/compare", async (c) => {
    const page = begin(c);
    const [a, b] = [attemptOf(c.req.query("a")), attemptOf(c.req.query("b"))];
    const reading = a && b && orNull(readComparison(service, { a, b }, { now: Date.now(), startOf: startOfDiff }));
    const comparison = await reading;
    return comparison ? await page({ kind: "compare", comparison }) : await page({ kind: "missing" }, 404);
  });

  app.get("/sample/:tab{events}?", async (c) => {
    const page = begin(c);
    const { events, at } = await sample();
    const moment = positive(c.req.query("at"));
    if ((moment ?? 0) > events.length) return await page({ kind: "missing" }, 404);
    const isPast = moment !== null && moment < events.length;
    const task: TaskPageData = {
      task: at(events.length),
      past: isPast ? at(moment) : null,
      at: isPast ? moment : null,
      tab: tabOf(c.req.param("tab")),
      file: null,
      events,
      related: [],
      diff: null,
      log: null,
    };
    return await page({ kind: "task", task });
  });

  app.get("/tasks/:id{[0-9]+}/:tab?", async (c) => {
    const page = begin(c);
    const tab = tabOf(c.req.param("tab"));
    const at = positive(c.req.query("at"));
    const task = await taskAt(service, positive(c.req.param("id")), at);
    if (!task) return await page({ kind: "missing" }, 404);
    const reading = readTask(service, task, { at, tab, file: fileOf(new URL(c.req.url)) });
    // git is asked what changed.
    if (tab !== "changes") return await page({ kind: "task", task: await reading });
    return await page.ahead({ kind: "task", tab }, reading.then((task) => ({ kind: "task", task })));
  });

  return app;
}

async function startOfDiff(stream: ReadableStream<Uint8Array>): Promise<string> {
  return (await startOfStream(stream, diffOnPage)).text;
}

/** The board, with what a filter finds first among the tasks that are not on it. */
async function readBoard(service: Service, filter: BoardFilter): Promise<Pick<PageData, "board" | "found">> {
  const board = await service.board();
  const view: BoardView = {
    needs_you: board.needs_you.slice(0, cardsOnPage).map(cardView),
    review: board.review.slice(0, cardsOnPage).map(cardView),
    running: board.running.map(cardView),
    queue: board.queue.slice(0, cardsOnPage).map(cardView),
    done: board.done.slice(0, cardsOnPage).map(cardView),
    counts: board.counts,
  };
  if (!isFiltered(filter)) return { board: view, found: null };
  const known = new Set(columnNames.flatMap((name) => view[name]).map(({ id }) => id));
  // What is longer than the API takes is no word of anybody's.
  const q = filter.q.trim().slice(0, limits.query) || null;
  const { tasks, hits, next } = await service.list({ ...filter, q, limit: cardsOnPage, cursor: null });
  for (const task of tasks) if (!known.has(task.id)) view[columnOf(task)].push(cardView(task));
  return { board: view, found: { ids: tasks.map(({ id }) => id), hits, next } };
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

function fileOf(url: URL): FilePlace | null {
  return placeOf(url).file ?? null;
}

interface TaskPlace {
  at: number | null;
  tab: Tab;
  file: FilePlace | null;
}

/** Null when there is no such task, or no such moment of it. */
async function taskAt(service: Service, id: number | null, at: number | null): Promise<TaskView | null> {
  const task = id === null ? null : await orNull(service.read(id));
  return task && (at ?? 0) <= task.seq ? task : null;
}

async function readTask(service: Service, task: TaskView, place: TaskPlace): Promise<TaskPageData> {
  const { id } = task;
  const at = place.at !== null && place.at < task.seq ? place.at : null;
  const end = at ?? task.seq;
  const [past, events, related, diff, log] = await Promise.all([
    at === null ? null : service.read(id, { at }),
    readEvents(service, id, end),
    readRelated(service, task),
    place.tab === "changes"
      ? startOf(service.diff(id, at === null ? {} : { at }).then(({ stream }) => stream), diffOnPage)
      : null,
    place.tab === "log" ? startOf(service.log(id).then(({ stream }) => stream), logOnPage) : null,
  ]);
  return { task, past, at, tab: place.tab, file: place.file, events, related, diff, log: log?.text ?? null };
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
