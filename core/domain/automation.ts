// What works without a person: schedules that make tasks, webhooks that tell of events, and what GitHub may ask for. It is
// folded from the service's own log (task 0) and stands in its head, so all of it must fit one value of the store.

import type { Github, Overlap, WebhookFormat } from "./automation_choice.ts";
import type { EventData, EventType } from "./event.ts";

/** As many as the head of the log has room for. */
export const schedulesAtMost = 20;
export const webhooksAtMost = 16;
export const githubRepositoriesAtMost = 16;
/** Characters of a name. */
export const automationNameAtMost = 64;

const recentAtMost = 2;
const reasonAtMost = 120;

/** What became of a time: a task, or why there was none. */
export interface Firing {
  /** When that was decided, ISO 8601. */
  at: string;
  /** The time it was for; null: a person asked for it. */
  due_at: string | null;
  task: number | null;
  reason: string | null;
}

export interface Schedule {
  id: number;
  name: string;
  /** Five fields, or a name such as `@daily`. */
  cron: string;
  /** Of the IANA database, such as `Europe/Berlin`. */
  timezone: string;
  overlap: Overlap;
  enabled: boolean;
  /** The event of the service's log that has the task it makes, whole. */
  template: number;
  /** The start of its title. */
  title: string;
  /** Null: the first repository of the worker that fires. */
  repo: string | null;
  /** The time that comes next, ISO 8601; null: it is off, or none comes. */
  next_at: string | null;
  /** A time that waits for the end of the task before it. */
  held_at: string | null;
  last_task: number | null;
  /** The newest first. */
  recent: Firing[];
}

export interface Webhook {
  id: number;
  name: string;
  format: WebhookFormat;
  /** Scheme, host and port; the rest of an address may be a secret. */
  origin: string;
  events: EventType[];
  enabled: boolean;
  /** Why it is off though nobody turned it off. */
  ended: { at: string; reason: string } | null;
  /** What its address and secret are kept under. */
  secret: string;
  /** The commit after which its events begin. */
  after: string;
}

export interface Automation {
  schedules: Schedule[];
  last_schedule: number;
  webhooks: Webhook[];
  last_webhook: number;
  github: Github | null;
}

export const noAutomation: Automation = {
  schedules: [],
  last_schedule: 0,
  webhooks: [],
  last_webhook: 0,
  github: null,
};

type EventOf = { [T in EventType]: { type: T; data: EventData[T]; seq: number; at: string } };
export type ScheduleEvent = EventOf[Extract<EventType, `schedule.${string}`>];
export type OutsideEvent = EventOf[Extract<EventType, `webhook.${string}` | `github.${string}`>];

/** The automation after an event about schedules. */
export function withSchedules(before: Automation | null, event: ScheduleEvent): Automation {
  const automation = before ?? noAutomation;
  const { schedules } = automation;
  const { type, data } = event;
  if (type === "schedule.created") {
    const { schedule: id, name, cron, timezone, overlap, task, next_at } = data;
    const created: Schedule = {
      ...{
        id,
        name,
        cron,
        timezone,
        overlap,
        enabled: true,
        template: event.seq,
        title: shortTitle(task),
        repo: task.repo,
      },
      ...{ next_at, held_at: null, last_task: null, recent: [] },
    };
    return { ...automation, schedules: [...schedules, created], last_schedule: id };
  }
  if (type === "schedule.deleted") {
    return { ...automation, schedules: schedules.filter(({ id }) => id !== data.schedule) };
  }
  return {
    ...automation,
    schedules: schedules.map((one) => one.id === data.schedule ? changed(one, event) : one),
  };
}

function changed(
  before: Schedule,
  { type, data, seq, at }: Exclude<ScheduleEvent, { type: "schedule.created" | "schedule.deleted" }>,
): Schedule {
  switch (type) {
    case "schedule.changed": {
      const { schedule: _, task, ...changes } = data;
      const held_at = changes.enabled === false ? null : before.held_at;
      return {
        ...before,
        ...changes,
        held_at,
        ...(task && { template: seq, title: shortTitle(task), repo: task.repo }),
      };
    }
    case "schedule.fired": {
      const { task, due_at, next_at } = data;
      const recent = recentWith(before, { at, due_at, task, reason: null });
      return { ...before, next_at, last_task: task, recent, ...(due_at === before.held_at && { held_at: null }) };
    }
    case "schedule.held":
      return { ...before, next_at: data.next_at, held_at: data.due_at };
    case "schedule.skipped": {
      const { due_at, next_at, reason } = data;
      const recent = recentWith(before, { at, due_at, task: null, reason: short(reason) });
      return { ...before, next_at, recent, ...(due_at === before.held_at && { held_at: null }) };
    }
  }
}

function short(reason: string): string {
  return [...reason].slice(0, reasonAtMost).join("");
}

function shortTitle({ title }: { title: string }): string {
  return [...title].slice(0, automationNameAtMost).join("");
}

function recentWith({ recent }: Schedule, firing: Firing): Firing[] {
  return [firing, ...recent].slice(0, recentAtMost);
}

/** The automation after an event about webhooks or GitHub. */
export function withOutside(before: Automation | null, { type, data, at }: OutsideEvent): Automation {
  const automation = before ?? noAutomation;
  const { webhooks } = automation;
  const change = (id: number, changes: Partial<Webhook>): Automation => ({
    ...automation,
    webhooks: webhooks.map((one) => one.id === id ? { ...one, ...changes } : one),
  });
  switch (type) {
    case "webhook.created": {
      const { webhook: id, ...rest } = data;
      const created: Webhook = { id, ...rest, enabled: true, ended: null };
      return { ...automation, webhooks: [...webhooks, created], last_webhook: id };
    }
    case "webhook.changed": {
      const { webhook, ...changes } = data;
      return change(webhook, { ...changes, ...(changes.enabled !== undefined && { ended: null }) });
    }
    case "webhook.ended":
      return change(data.webhook, { enabled: false, ended: { at, reason: short(data.reason) } });
    case "webhook.deleted":
      return { ...automation, webhooks: webhooks.filter(({ id }) => id !== data.webhook) };
    case "github.connected":
      return { ...automation, github: data };
    case "github.disconnected":
      return { ...automation, github: null };
  }
}
