// Every key this program writes to Deno KV, in one table. docs/storage.md says what each holds.

import type { KvKey } from "./kv.ts";

export const keys = {
  /** One event: UTF-8 JSON (event_record.ts). */
  event: (task: number, seq: number): KvKey => ["event", task, seq],
  events: (task: number): KvKey => ["event", task],
  /** A slice of a body that is too large for its event's value. */
  part: (body: string, index: number): KvKey => ["part", body, index],
  parts: (body: string): KvKey => ["part", body],
  /** Says that slices of `body` are being written; goes in the commit that refers to them. */
  bodyIntent: (body: string): KvKey => ["body", body],
  bodyIntents: (): KvKey => ["body"],
  /** The folded task: projection, head and optimistic lock. */
  task: (task: number): KvKey => ["task", task],
  tasks: (): KvKey => ["task"],
  /** The fold at some moments of a long history, so that any moment is near one. */
  fold: (task: number, seq: number): KvKey => ["fold", task, seq],
  folds: (task: number): KvKey => ["fold", task],
  /** `[[task, fromSeq, toSeq], ...]` per commit, in commit order. */
  all: (versionstamp: Deno.KvKeyPart): KvKey => ["all", versionstamp],
  allEntries: (): KvKey => ["all"],
  /** A `BoardEntry` per unfinished task. */
  active: (task: number): KvKey => ["active", task],
  activeEntries: (): KvKey => ["active"],
  /** Finished tasks by how they ended. */
  finished: (status: string, task: number): KvKey => ["finished", status, task],
  finishedOf: (status: string): KvKey => ["finished", status],
  /** Finished tasks in the order of their ends. */
  finishedAt: (at: string, task: number): KvKey => ["finished", "at", at, task],
  finishedByTime: (): KvKey => ["finished", "at"],
  /** Finished tasks whose worktree still stands. */
  standing: (task: number): KvKey => ["finished", "standing", task],
  standingEntries: (): KvKey => ["finished", "standing"],
  /** Completed tasks whose work somebody is to look at. */
  review: (task: number): KvKey => ["finished", "review", task],
  reviews: (): KvKey => ["finished", "review"],
  /** A `LandingEntry` per completed task that is to land or to be put away. */
  landing: (task: number): KvKey => ["finished", "landing", task],
  landings: (): KvKey => ["finished", "landing"],
  /** Who waits for whom. */
  dependant: (dependency: number, task: number): KvKey => ["dependants", dependency, task],
  dependants: (dependency: number): KvKey => ["dependants", dependency],
  /** What counts across tasks (domain/milestone.ts) by day (UTC), in the order of time; `at` and `seq` are its event's. */
  milestone: (day: string, at: string, task: number, seq: number): KvKey => ["milestone", day, at, task, seq],
  milestonesOf: (day: string): KvKey => ["milestone", day],
  milestones: (): KvKey => ["milestone"],
  /** Written with each milestone of a day (UTC): its versionstamp says whether the day's sums are still right. */
  milestoneDay: (day: string): KvKey => ["milestone_day", day],
  milestoneDays: (): KvKey => ["milestone_day"],
  /** The sums of a day (domain/day_sums.ts) and the versionstamp of the day that they are of. */
  daySums: (day: string): KvKey => ["day_sums", day],
  allDaySums: (): KvKey => ["day_sums"],
  /** How far the milestones of a store from before there were any are gathered; `complete`: all are there. */
  gathered: (): KvKey => ["milestones_gathered"],
  /** Checked and set by every edit of dependencies: two edits at once cannot make a cycle. */
  deps: (): KvKey => ["deps"],
  nextId: (): KvKey => ["next_id"],
  /** The task that a request made, a hash of the request, and when that was. */
  idempotency: (key: string): KvKey => ["idempotency", key],
  idempotencies: (): KvKey => ["idempotency"],
  /** The idempotency keys in the order of their tasks, and so of their age. */
  idempotencyOf: (task: number): KvKey => ["idempotency_of", task],
  idempotenciesByAge: (): KvKey => ["idempotency_of"],
  beat: (worker: string): KvKey => ["beat", worker],
  beats: (): KvKey => ["beat"],
  /** Somebody wants the worker to claim nothing more. Among the beats, so that whoever reads these has read it. */
  drain: (worker: string): KvKey => ["beat", worker, "drain"],
  /** How many runs at once somebody wants of the worker. Not among the beats: older programs would take it for one. */
  slots: (worker: string): KvKey => ["slots", worker],
  /** What a worker has reported of its repositories, so that it says it once. */
  notices: (worker: string): KvKey => ["notices", worker],
  /** The tasks of a worker whose work the exchange of their repository does not have yet. */
  unsent: (worker: string): KvKey => ["unsent", worker],
  /** How far a worker's retention has come: the end and the id of a finished task. */
  retention: (worker: string): KvKey => ["retention", worker],
  retentions: (): KvKey => ["retention"],
  /** The task whose worktree a worker's retention is removing. */
  removing: (worker: string): KvKey => ["retention", worker, "removing"],
  /** How far the messages of a webhook, or for GitHub, have come in the log. */
  outbox: (line: string): KvKey => ["outbox", line],
  /** Its last deliveries. */
  delivery: (line: string, number: number): KvKey => ["delivery", line, number],
  deliveries: (line: string): KvKey => ["delivery", line],
  /** An address with its secret, or a token, under the name by which an event knows it. */
  secret: (name: string): KvKey => ["secret", name],
  /** What is kept of a token with a scope, by its name. */
  accessToken: (name: string): KvKey => ["token", name],
  accessTokens: (): KvKey => ["token"],
  /** The last commit; watched. */
  signal: (): KvKey => ["sig"],
  /** The last commit that is more than what an agent says; watched. */
  news: (): KvKey => ["news"],
  store: (): KvKey => ["store"],
  /** The version of everything here (store_format.ts). */
  format: (): KvKey => ["format"],
};

/** The size of a key in the store, generously: strings as UTF-8 plus framing, numbers as eleven bytes. */
export function keyBytes(key: KvKey): number {
  let bytes = 0;
  for (const part of key) bytes += typeof part === "string" ? part.length * 3 + 2 : 22;
  return bytes;
}
