// The words in the new-task form before they are a task. Pure.

import type { Mode } from "../../core/domain/task_spec.ts";
import { labelsText, readLabels } from "../../core/domain/labels.ts";
import { readTags } from "../../core/domain/tags.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { NewTask } from "../../core/view/api_view.ts";

/** Fields as typed; an empty text means "not set". */
export interface TaskDraft {
  prompt: string;
  title: string;
  priority: string;
  depends_on: number[];
  repo: string;
  base: string;
  model: string;
  effort: string;
  fallback_model: string;
  mode: Mode;
  max_attempts: string;
  timeout_minutes: string;
  silence_minutes: string;
  max_budget_usd: string;
  /** What judges the result: what the repository says, nothing, or `check`. */
  check_by: "repository" | "none" | "own";
  check: string;
  /** What becomes of it when it is good: what the repository says, or one of both. */
  land: "repository" | "review" | "auto";
  /** As `gpu=1, os=linux`. */
  labels: string;
  tags: string;
}

export const emptyDraft: TaskDraft = {
  prompt: "",
  title: "",
  priority: "0",
  depends_on: [],
  repo: "",
  base: "",
  model: "",
  effort: "",
  fallback_model: "",
  mode: "execute",
  max_attempts: "1",
  timeout_minutes: "",
  silence_minutes: "",
  max_budget_usd: "",
  check_by: "repository",
  check: "",
  land: "repository",
  labels: "",
  tags: "",
};

/** A draft with the values of a task. */
export function draftOf(task: TaskView): TaskDraft {
  return {
    prompt: task.prompt,
    title: task.title,
    priority: String(task.priority),
    depends_on: task.depends_on,
    repo: task.repo,
    base: task.base ?? "",
    model: task.model ?? "",
    effort: task.effort ?? "",
    fallback_model: task.fallback_model ?? "",
    mode: task.mode,
    max_attempts: String(task.max_attempts),
    timeout_minutes: task.timeout_seconds === null ? "" : String(task.timeout_seconds / 60),
    silence_minutes: task.silence_seconds === null ? "" : String(task.silence_seconds / 60),
    max_budget_usd: task.max_budget_usd === null ? "" : String(task.max_budget_usd),
    check_by: task.check === undefined ? "repository" : task.check === null ? "none" : "own",
    check: task.check ?? "",
    land: task.land === undefined ? "repository" : task.land ?? "review",
    labels: labelsText(task.labels ?? {}),
    tags: task.tags.join(" "),
  };
}

/** The body of `POST /api/tasks`: what is not set stays out, what cannot be read goes as typed, for the server to refuse. */
export function inputOf(draft: TaskDraft): Partial<NewTask> {
  const input: Record<string, unknown> = {
    prompt: draft.prompt,
    priority: number(draft.priority) ?? 0,
    depends_on: draft.depends_on,
    mode: draft.mode,
    max_attempts: number(draft.max_attempts) ?? 1,
  };
  if (draft.title.trim() !== "") input.title = draft.title.trim();
  for (const name of ["repo", "base", "model", "effort", "fallback_model"] as const) {
    if (draft[name].trim() !== "") input[name] = draft[name].trim();
  }
  const minutes = number(draft.timeout_minutes);
  if (minutes !== null) input.timeout_seconds = typeof minutes === "number" ? Math.round(minutes * 60) : minutes;
  const silence = number(draft.silence_minutes);
  if (silence !== null) input.silence_seconds = typeof silence === "number" ? Math.round(silence * 60) : silence;
  const budget = number(draft.max_budget_usd);
  if (budget !== null) input.max_budget_usd = budget;
  if (draft.check_by !== "repository") input.check = draft.check_by === "own" ? draft.check : null;
  if (draft.land !== "repository") input.land = draft.land === "auto" ? "auto" : null;
  if (draft.labels.trim() !== "") input.labels = readLabels(draft.labels) ?? draft.labels;
  if (draft.tags.trim() !== "") input.tags = readTags(draft.tags) ?? draft.tags.trim().split(/[\s,]+/);
  return input as Partial<NewTask>;
}

/** What stands for none where that is not null. */
const emptied: Record<string, unknown> = { labels: {}, tags: [] };

/** The body of `PATCH /api/tasks/{id}`: only what differs; a field that was emptied becomes null, or as `emptied` says. */
export function changesOf(before: TaskDraft, after: TaskDraft): Partial<NewTask> {
  const was: Record<string, unknown> = { ...inputOf(before) };
  const is: Record<string, unknown> = { ...inputOf(after) };
  const changes: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (JSON.stringify(was[name]) === JSON.stringify(is[name])) continue;
    changes[name] = is[name] ?? emptied[name] ?? null;
  }
  return changes as Partial<NewTask>;
}

function number(text: string): number | string | null {
  if (text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

export type DraftField = keyof TaskDraft;

/** The field where an error of the server belongs; null when it is about none of them. */
export function fieldOf(path: string): DraftField | null {
  const name = path.split(".")[0] ?? "";
  if (name === "timeout_seconds") return "timeout_minutes";
  if (name === "silence_seconds") return "silence_minutes";
  return Object.hasOwn(emptyDraft, name) ? name as DraftField : null;
}

/** What is said at its field; of what the form asks in other units than the API, in those of the form. */
export function errorWords(path: string, message: string): string {
  if (path === "timeout_seconds") return "More than 0 and at most 10,080 minutes, which is 7 days";
  if (path === "silence_seconds") return "At least 5 seconds and at most 10,080 minutes, which is 7 days";
  return message;
}

/** A kept draft; whatever is stored, what comes out is a draft. */
export function readDraft(stored: string | null): TaskDraft {
  try {
    const value = JSON.parse(stored ?? "{}");
    const draft: Record<string, unknown> = { ...emptyDraft };
    for (const [name, initial] of Object.entries(emptyDraft)) {
      const kept = value?.[name];
      if (typeof kept === typeof initial && Array.isArray(kept) === Array.isArray(initial)) draft[name] = kept;
    }
    return draft as unknown as TaskDraft;
  } catch {
    return emptyDraft;
  }
}

export function isEmptyDraft(draft: TaskDraft): boolean {
  return draft.prompt.trim() === "" && draft.title.trim() === "" && draft.depends_on.length === 0;
}
