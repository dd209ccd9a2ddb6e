// What a task leaves behind, as the service gives it: its events, the reasons in them and its raw output.

import { DomainError } from "../../domain/error.ts";
import type { Task } from "../../domain/task.ts";
import { imageInLog } from "../../process/claude/claude_images.ts";
import type { EngineContext } from "../context.ts";
import type { WorkPlaces } from "../exchange/work_places.ts";
import { searchEvents } from "./event_search.ts";
import { exportTask, readWhy } from "./history.ts";
import { searchLog } from "./log_search.ts";
import { type Queries, requireEvent } from "./queries.ts";
import type { Service } from "./service.ts";

/** What of the service reads the past of one task. Each throws `not_found` when there is no such task. */
export type TaskPast = Pick<
  Service,
  "events" | "eventLines" | "searchEvents" | "why" | "exportTask" | "log" | "searchLog" | "resultImage"
>;

export function taskPast(
  context: EngineContext,
  { queries, places }: { queries: Queries; places: WorkPlaces },
): TaskPast {
  const { store, clock } = context;
  return {
    async events(id, { after, limit }) {
      const head = await queries.require(id);
      const page = await store.log.read(id, { after, limit });
      const last = page.at(-1)?.event.seq ?? after;
      return { events: page.map(({ event }) => event), next: page.length > 0 && last < head.seq ? last : null };
    },
    async searchEvents(id, query) {
      const { seq } = await queries.require(id);
      return await searchEvents({ log: store.log, monotonic: () => clock.monotonic() }, id, { ...query, head: seq });
    },
    async eventLines(id, { after }) {
      await queries.require(id);
      return store.log.lines(id, { after });
    },
    async why(id, { at } = {}) {
      const head = await queries.require(id);
      requireEvent(head, at);
      const isPast = at !== undefined && at < head.seq;
      if (!isPast) return await readWhy(store, head, { waiting: (await queries.read(id)).waiting });
      return await readWhy(store, (await store.log.headAt(id, at))!, { waiting: null });
    },
    async exportTask(id, { bundle } = {}) {
      const task = await queries.require(id);
      return await exportTask(store, task, {
        now: clock.now(),
        bundle: bundle ? await bundleOf(context, task, { places, thin: bundle === "thin" }) : null,
      });
    },
    async log(id, options) {
      places.requireHere(await queries.require(id));
      return await ofRawLog(context, id, (path) => openLog(path, options));
    },
    async searchLog(id, query) {
      places.requireHere(await queries.require(id));
      return await ofRawLog(context, id, (path) => searchLog(path, query));
    },
    async resultImage(id, { call, index }) {
      places.requireHere(await queries.require(id));
      const { stream } = await ofRawLog(context, id, openLog);
      const image = await imageInLog(stream, { call, index });
      if (image === null) throw new DomainError("not_found", `The log of task ${id} has no such image`);
      return image;
    },
  };
}

/** Its files are where its worktree is or was. */
async function bundleOf(
  { outgoing }: EngineContext,
  task: Task,
  { places, thin }: { places: WorkPlaces; thin: boolean },
): ReturnType<EngineContext["outgoing"]["bundle"]> {
  if (!task.place?.base_commit) return null;
  places.requireHere(task);
  return await outgoing.bundle(task.place, { task: task.id, thin });
}

async function openLog(
  path: string,
  { from = 0 }: { from?: number } = {},
): Promise<{ stream: ReadableStream<Uint8Array>; bytes: number }> {
  const file = await Deno.open(path);
  const { size } = await file.stat();
  if (from > 0) await file.seek(Math.min(from, size), Deno.SeekMode.Start);
  return { stream: file.readable, bytes: size };
}

async function ofRawLog<T>(
  { settings }: EngineContext,
  id: number,
  read: (path: string) => Promise<T>,
): Promise<T> {
  const path = `${settings.logs}/task-${id}.log`;
  try {
    // A link is none of ours: an agent may have put it there.
    if (!(await Deno.lstat(path)).isFile) throw new DomainError("not_found", `Task ${id} has no log of its own`);
    return await read(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new DomainError("not_found", `Task ${id} has no log yet`);
    throw error;
  }
}
