// How a task's state looks: one icon, one word, one tone. Pure.

import { type Outcome, outcomes } from "../domain/event.ts";
import { hasWords, searchWords } from "../domain/search.ts";
import { labelWordsOf } from "../domain/tags.ts";
import { isOver, type Status } from "../domain/task.ts";
import type { TaskView } from "./task_view.ts";
import type { ColumnName } from "./board_view.ts";
import { waitingWord } from "./waiting.ts";
import { failureNames } from "./review_words.ts";
import { duration } from "./format.ts";

/** Each tone has its own colour in tokens.css. */
export type Tone = "need" | "run" | "wait" | "done" | "fail" | "off";

export interface TaskState {
  tone: Tone;
  icon: "need" | "run" | "wait" | "done" | "fail" | "off";
  word: string;
}

export const columnTitles: Record<ColumnName, string> = {
  needs_you: "Needs you",
  review: "Review",
  running: "Running",
  queue: "Queue",
  done: "Done",
};

export const statusWords: Record<Status, string> = {
  pending: "Pending",
  in_progress: "Running",
  awaiting_approval: "Plan to approve",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

const outcomeWords: Record<string, string> = {
  succeeded: "Succeeded",
  planned: "Planned",
  failed: "Failed",
  cancelled: "Cancelled",
  timed_out: "Timed out",
  over_budget: "Over budget",
  stalled: "Stalled",
  setup_failed: "Setup failed",
  check_failed: "Check failed",
  lost: "Interrupted",
  shutdown: "Interrupted by a shutdown",
  paused: "Paused",
};

export function outcomeWord(outcome: string): string {
  return outcomeWords[outcome] ?? outcome;
}

export function stateOf(task: TaskView, now: number): TaskState {
  if (task.cancel_requested && !isOver(task.status)) return { tone: "wait", icon: "wait", word: "Cancelling" };
  switch (task.status) {
    case "awaiting_approval":
      return { tone: "need", icon: "need", word: "Plan to approve" };
    case "failed":
      return { tone: "fail", icon: "fail", word: outcomeWord(task.outcome ?? "failed") };
    case "in_progress":
      return { tone: "run", icon: "run", word: task.run_started_at ? "Running" : "Finishing" };
    case "completed":
      return reviewState(task);
    case "cancelled":
      return { tone: "off", icon: "off", word: "Cancelled" };
    case "pending":
      return pendingState(task, now);
  }
}

/** Of a completed task: what became of its work. */
function reviewState({ review, landing, last_landing }: TaskView): TaskState {
  if (landing) return { tone: "run", icon: "run", word: "Landing" };
  switch (review) {
    case null:
      return { tone: "done", icon: "done", word: "Completed" };
    case "open":
      return last_landing === null || last_landing.outcome === "landed"
        ? { tone: "done", icon: "done", word: "To review" }
        : { tone: "need", icon: "need", word: failureNames[last_landing.outcome] };
    case "landed":
      return { tone: "done", icon: "done", word: "Landed" };
    case "accepted":
      return { tone: "done", icon: "done", word: "Accepted" };
    case "discarded":
      return { tone: "off", icon: "off", word: "Discarded" };
  }
}

function pendingState(task: TaskView, now: number): TaskState {
  const { kind, word } = waitingWord(task, { now, words: duration });
  return kind === "blocked" ? { tone: "need", icon: "need", word } : { tone: "wait", icon: "wait", word };
}

/** Why it waits, unless the state's word already says it. */
export function waitingLine(task: TaskView, now: number): string | null {
  const { kind } = waitingWord(task, { now, words: duration });
  if (kind === "after" || kind === "due") return null;
  return task.waiting;
}

/** Whether the result is proven, apart from the agent's word; null where there is nothing to prove. */
export function proofWord({ status, checked, trial }: Pick<TaskView, "status" | "checked" | "trial">): string | null {
  if (status !== "completed" || trial) return null;
  return checked ? "checked" : "not checked";
}

/** Whether the agent's turn is over and the run waits for what it started; the step says so until the agent goes on. */
export function waitsForBackground({ background, last_step }: Pick<TaskView, "background" | "last_step">): boolean {
  return background.length > 0 && last_step !== null && last_step.startsWith("Waits for background work");
}

/** How long it ran, or runs since; null before its first run, and after several: between them it was in the queue. */
export function elapsedMs(task: TaskView, now: number): number | null {
  if (task.started_at === null || task.runs > 1) return null;
  const end = task.completed_at ?? (task.run_started_at ? null : task.updated_at);
  return Math.max(0, (end === null ? now : Date.parse(end)) - Date.parse(task.started_at));
}

export interface BoardFilter {
  q: string;
  status: Status | null;
  repo: string | null;
  /** Of the last run. */
  outcome: Outcome | null;
  /** A tag, or `key=value` that it asks of a worker. */
  label: string | null;
}

export const noFilter: BoardFilter = { q: "", status: null, repo: null, outcome: null, label: null };

export function isFiltered(filter: BoardFilter): boolean {
  return filter.q.trim() !== "" || choices(filter) > 0;
}

/** How many of the choices besides the words are made. */
export function choices({ status, repo, outcome, label }: BoardFilter): number {
  return [status, repo, outcome, label].filter((one) => one !== null).length;
}

/** By what is on the page, as the service does by the whole texts. */
export function matchesFilter(task: TaskView, { q, ...chosen }: BoardFilter): boolean {
  if (!isChosen(task, chosen)) return false;
  const { id, title, prompt, output, error, plan, branch } = task;
  const text = [title, prompt, output, error, plan, branch].join("\n").toLowerCase();
  return hasWords(searchWords(q), { id, text });
}

/** Whether it fits the choices, whatever the words are. */
export function isChosen(task: TaskView, { status, repo, outcome, label }: Omit<BoardFilter, "q">): boolean {
  return (status === null || task.status === status) && (repo === null || task.repo === repo) &&
    (outcome === null || task.outcome === outcome) && (label === null || labelWordsOf(task).includes(label));
}

/** The filter of a URL's query. */
export function filterOf(query: URLSearchParams): BoardFilter {
  const status = query.get("status");
  const outcome = query.get("outcome");
  return {
    q: query.get("q") ?? "",
    status: status !== null && Object.hasOwn(statusWords, status) ? status as Status : null,
    // A form sends its empty choices too.
    repo: query.get("repo") || null,
    outcome: outcomes.find((one) => one === outcome) ?? null,
    label: query.get("label") || null,
  };
}
