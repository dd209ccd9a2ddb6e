// Schedules, webhooks and GitHub as the API and the pages show them.

import type { Schedule } from "../domain/automation.ts";
import type { Overlap, WebhookFormat } from "../domain/automation_choice.ts";
import type { EventType } from "../domain/event.ts";
import type { TaskTemplate } from "../domain/task_spec.ts";

export type ScheduleView = Omit<Schedule, "template"> & {
  /** The task that each time makes, whole. */
  task: TaskTemplate;
  /** The next three times, ISO 8601; none while it is off. */
  next: string[];
};

/** What a new schedule takes. */
export interface NewSchedule {
  name: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  task: TaskTemplate;
}

/** What may be changed of one. */
export type ScheduleChanges = Partial<NewSchedule & { enabled: boolean }>;

/** A try to deliver a message. */
export interface DeliveryTry {
  at: string;
  /** Of HTTP; null where there was no answer. */
  status: number | null;
  /** Why it counts as failed; null: it arrived. */
  error: string | null;
  duration_ms: number;
}

/** A message of a webhook, as far as it is still known. */
export interface DeliveryView {
  /** 1..n for each webhook. */
  number: number;
  /** Of `webhook-id`: the same for each try. */
  message: string;
  /** Of the event, or `webhook.test`. */
  type: string;
  /** Null for a test. */
  task: number | null;
  seq: number | null;
  state: "delivered" | "waiting" | "failed";
  /** How often it was tried. */
  tried: number;
  /** The last few tries, the newest first. */
  tries: DeliveryTry[];
  /** When it is tried again; null: it is not, or at once. */
  due_at: string | null;
}

export interface WebhookView {
  id: number;
  name: string;
  format: WebhookFormat;
  /** Scheme, host and port; the rest of an address is kept like a secret. */
  origin: string;
  events: EventType[];
  enabled: boolean;
  ended: { at: string; reason: string } | null;
  /** Why nothing can be sent from here; null: it can. */
  obstacle: string | null;
  /** What waits at the head of its line; null: nothing does. */
  waiting: DeliveryView | null;
}

export interface NewWebhook {
  name: string;
  url: string;
  format: WebhookFormat;
  events: EventType[];
}

export interface WebhookChanges extends Partial<Omit<NewWebhook, "format">> {
  enabled?: boolean;
  /** True: a new secret, which is shown in the answer and never again. */
  new_secret?: true;
}

/** `secret` is there when it was made just now, and never again. */
export type WebhookAnswer = WebhookView & { secret?: string };

export interface GithubView {
  label: string;
  /** The repository here of each `owner/name` there. */
  repositories: Record<string, string>;
  /** Whether answers go back as comments. */
  comments: boolean;
  /** Why none can go from here; null: they can, or are not wanted. */
  obstacle: string | null;
}

export interface GithubChoice {
  label: string;
  repositories: Record<string, string>;
  /** For comments; absent: as before, null: none. */
  token?: string | null;
  /** True: a new secret, which is shown in the answer and never again. */
  new_secret?: true;
}

export type GithubAnswer = GithubView & { secret?: string };
