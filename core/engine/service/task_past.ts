// What a task leaves behind, as the service gives it: its events, the reasons in them and its raw output.

import { DomainError } from "../../domain/error.ts";
import type { EngineContext } from "../context.ts";
import { exportTask, readWhy } from "./history.ts";
import type { Queries } from "./queries.ts";
import type { Service } from "./service.ts";

/** What of the service reads the past of one task. Each throws `not_found` when there is no such task. */
export type TaskPast = Pick<Service, "events" | "eventLines" | "why" | "exportTask" | "log">;

export function taskPast(context: EngineContext, queries: Queries): TaskPast {
  const { store, clock } = context;
  return {
    async events(id, { after, limit }) {
      const head = await queries.require(id);
      const page = await store.log.read(id, { after, limit });
      const last = page.at(-1)?.event.seq ?? after;
      return { events: page.map(({ event }) => event), next: page.length > 0 && last < head.seq ? last : null };
    },
    async eventLines(id, { after }) {
      await queries.require(id);
      return store.log.lines(id, { after });
    },
    async why(id, { at } = {}) {
      const head = await queries.require(id);
      const isPast = at !== undefined && at < head.seq;
      if (!isPast) return await readWhy(store, head, { waiting: (await queries.read(id)).waiting });
      return await readWhy(store, (await store.log.headAt(id, at))!, { waiting: null });
    },
    async exportTask(id) {
      return await exportTask(store, await queries.require(id), { now: clock.now() });
    },
    async log(id) {
      await queries.require(id);
      return await rawLog(context, id);
    },
  };
}

async function rawLog({ settings }: EngineContext, id: number): Promise<ReadableStream<Uint8Array>> {
  const path = `${settings.logs}/task-${id}.log`;
  try {
    // A link is none of ours: an agent may have put it there.
    if (!(await Deno.lstat(path)).isFile) throw new DomainError("not_found", `Task ${id} has no log of its own`);
    return (await Deno.open(path)).readable;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new DomainError("not_found", `Task ${id} has no log yet`);
    throw error;
  }
}
