// From decided events to what a commit writes of them.

import { type NewEvent, type TaskEvent, versionOf } from "../domain/event.ts";
import { evolveAll } from "../domain/evolve.ts";
import type { Task } from "../domain/task.ts";
import type { BodyWriter } from "./body_writer.ts";
import { encodeEvent, packed, type Published } from "./event_record.ts";
import { keys } from "./keys.ts";
import type { KvCommit } from "./kv.ts";
import { milestoneEntries } from "./milestone_record.ts";

/** What one append adds to a commit. */
export interface Staging {
  /** The state after it. */
  head: Task;
  events: Published[];
  sets: KvCommit["sets"];
  /** Bodies that these events refer to. */
  bodiesUsed: string[];
  /** Of its milestones. */
  days: Set<string>;
}

/** Numbers, dates and encodes `decided` on top of `start`. Bodies that do not fit are written before this resolves. */
export async function stageEvents(
  decided: NewEvent[],
  start: Task,
  { by, now, commit, bodies }: {
    by: string;
    /** ms since 1970. */
    now: number;
    /** The id of the commit they will be in. */
    commit: string;
    bodies: BodyWriter;
  },
): Promise<Staging> {
  const at = new Date(now).toISOString();
  const staging: Staging = { head: start, events: [], sets: [], bodiesUsed: [], days: new Set() };
  const records: Parameters<typeof packed>[0] = [];
  for (const { type, run, data, original } of decided) {
    const envelope = { seq: start.seq + staging.events.length + 1, type, at: original?.at ?? at, task: start.id };
    const rest = { by: original?.by ?? by, v: original?.v ?? versionOf(type), data };
    const event = { ...envelope, ...(run !== undefined && { run }), ...rest } as TaskEvent;
    const record = encodeEvent(event, { commit, bodyId: () => bodies.idOf(data) });
    if (record.body) {
      await bodies.write(record.body, data);
      staging.bodiesUsed.push(record.body.id);
    }
    staging.events.push({ event, json: record.json });
    records.push({ event, record });
  }
  for (const { seq, value } of packed(records, { commit })) {
    staging.sets.push({ key: keys.event(start.id, seq), value });
  }
  const events = staging.events.map(({ event }) => event);
  staging.head = evolveAll(start, events);
  for (const { key, value, day } of milestoneEntries(start, events)) {
    staging.sets.push({ key, value });
    staging.days.add(day);
  }
  return staging;
}
