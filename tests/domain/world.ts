// What the tests of the rules share: events by name, and `given(events).when(command).then(events)`.

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Command, RunEnd } from "../../core/domain/command.ts";
import { decide } from "../../core/domain/decide.ts";
import { DomainError, type ErrorCode } from "../../core/domain/error.ts";
import { type NewEvent, type Outcome, type RunSequel, type TaskEvent, versionOf } from "../../core/domain/event.ts";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask, type Task } from "../../core/domain/task.ts";

/** The moment of the first event; each next one comes a second later. */
export const dawn = Date.parse("2026-01-01T00:00:00.000Z");
export const worker = "6f1e0f5a-1111-4222-8333-444455556666";
export const otherWorker = "9c2d7b60-aaaa-4bbb-8ccc-ddddeeeeffff";
export const why = { free_slots: 3, rank: 1, candidates: [], count: 1 };

export function spec(changes: Partial<TaskSpec> = {}): TaskSpec {
  return {
    title: "Greet in French",
    prompt: "Add a function that greets in French",
    priority: 0,
    depends_on: [],
    repo: "demo",
    base: null,
    model: null,
    mode: "execute",
    max_attempts: 1,
    timeout_seconds: null,
    max_budget_usd: null,
    ...changes,
  };
}

export function runEnd(outcome: Outcome, changes: Partial<RunEnd> = {}): RunEnd {
  return {
    outcome,
    exit_code: outcome === "succeeded" ? 0 : 1,
    signal: null,
    result: outcome === "succeeded" ? "Done." : null,
    usage: null,
    cost_usd: 0,
    duration_ms: 1_000,
    error: outcome === "succeeded" || outcome === "planned" ? null : `It was ${outcome}`,
    uncommitted: 0,
    lines_added: null,
    lines_removed: null,
    ...changes,
  };
}

/** Events by name, as `decide` yields them. */
export const events = {
  created: (changes: Partial<TaskSpec> = {}): NewEvent => ({ type: "task.created", data: spec(changes) }),
  edited: (changes: Partial<TaskSpec>): NewEvent => ({ type: "task.edited", data: changes }),
  cancelRequested: (): NewEvent => ({ type: "task.cancel_requested", data: {} }),
  claimed: (epoch: number, attempt = epoch): NewEvent => ({
    type: "run.claimed",
    run: epoch,
    data: { worker, epoch, attempt, mark: `mark-${epoch}`, why },
  }),
  placed: (run: number): NewEvent => ({
    type: "worktree.added",
    run,
    data: {
      branch: "task-12-greet-in-french",
      path: "/tmp/demo-worktrees/task-12-greet-in-french",
      base: "HEAD",
      base_commit: "a".repeat(40),
      worker,
    },
  }),
  started: (run: number, resumed = false): NewEvent => ({
    type: "run.started",
    run,
    data: { pid: 4_000 + run, session_id: `session-${run}`, agent: "demo", args: ["-p"], resumed },
  }),
  ready: (run: number): NewEvent => ({
    type: "agent.ready",
    run,
    data: { model: "a-model", session_id: `session-${run}`, version: "2.1.197" },
  }),
  said: (run: number, text = "Looking around"): NewEvent => ({ type: "output.text", run, data: { text } }),
  counted: (run: number, output_tokens: number): NewEvent => ({
    type: "usage.counted",
    run,
    data: {
      message_id: `message-${output_tokens}`,
      input_tokens: 10,
      output_tokens,
      cache_read_tokens: 1,
      cache_write_tokens: 2,
    },
  }),
  planProposed: (run: number, plan = "First this, then that"): NewEvent => ({
    type: "plan.proposed",
    run,
    data: { plan },
  }),
  planApproved: (): NewEvent => ({ type: "plan.approved", data: {} }),
  planRejected: (feedback: string): NewEvent => ({ type: "plan.rejected", data: { feedback } }),
  messageAdded: (text = "And in Spanish"): NewEvent => ({ type: "message.added", data: { text } }),
  messageSent: (run: number, message: number): NewEvent => ({ type: "message.sent", run, data: { message } }),
  finished: (run: number, outcome: Outcome, then: RunSequel, changes: Partial<RunEnd> = {}): NewEvent => ({
    type: "run.finished",
    run,
    data: {
      ...runEnd(outcome, changes),
      cost_usd: changes.cost_usd ?? 0,
      cost_basis: changes.cost_basis ?? "reported",
      then,
    },
  }),
  /** Cut short before its agent began. */
  cutShort: (run: number, then: RunSequel): NewEvent => ({
    type: "run.finished",
    run,
    data: { ...runEnd("lost"), cost_usd: 0, cost_basis: "reported", then, uncounted: true },
  }),
  snapshotted: (run: number): NewEvent => ({
    type: "worktree.snapshotted",
    data: { ref: `refs/coder/task-12/run-${run}`, commit: "b".repeat(40), run },
  }),
  removed: (): NewEvent => ({
    type: "worktree.removed",
    data: {
      path: "/tmp/demo-worktrees/task-12-greet-in-french",
      branch: "task-12-greet-in-french",
      reason: "failed",
    },
  }),
  retryScheduled: (attempt: number, due_at: string, reason = "It was failed"): NewEvent => ({
    type: "task.retry_scheduled",
    data: { due_at, attempt, reason },
  }),
  completed: (output = "Done."): NewEvent => ({ type: "task.completed", data: { output } }),
  failed: (error = "It was failed", reason: Outcome = "failed"): NewEvent => ({
    type: "task.failed",
    data: { error, reason },
  }),
  cancelled: (): NewEvent => ({ type: "task.cancelled", data: { reason: "asked for" } }),
};

const { created, claimed, placed, started, ready, finished } = events;

/** The beginning of a history up to the first word of run `run`. */
export const begun = (run = 1, changes: Partial<TaskSpec> = {}): NewEvent[] => [
  created(changes),
  claimed(run),
  placed(run),
  started(run),
  ready(run),
];
export const completedHistory = (): NewEvent[] => [
  ...begun(),
  finished(1, "succeeded", "complete"),
  events.completed(),
];
export const failedHistory = (): NewEvent[] => [
  ...begun(),
  finished(1, "failed", "settle"),
  events.snapshotted(1),
  events.removed(),
  events.failed(),
];
export const awaitingHistory = (): NewEvent[] => [
  ...begun(1, { mode: "plan" }),
  events.planProposed(1),
  finished(1, "planned", "approve"),
];

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Drafts as the log would hold them. */
export function stamped(drafts: NewEvent[], { task = 12, from = 1 }: { task?: number; from?: number } = {}) {
  return drafts.map((draft, index) => ({
    seq: from + index,
    type: draft.type,
    at: iso(dawn + (from + index - 1) * 1_000),
    task,
    ...(draft.run !== undefined && { run: draft.run }),
    by: "api",
    v: versionOf(draft.type),
    data: draft.data,
  } as TaskEvent));
}

export function fold(history: TaskEvent[], start: Task = emptyTask(history[0]?.task ?? 12)): Task {
  return history.reduce(evolve, start);
}

/** The task 12 after these events. */
export function taskOf(...drafts: NewEvent[]): Task {
  return fold(stamped(drafts));
}

export function given(...drafts: NewEvent[]) {
  const task = drafts.length > 0 ? taskOf(...drafts) : null;
  return {
    when(command: Command, now = dawn + drafts.length * 1_000) {
      return {
        then(...expected: NewEvent[]) {
          assertEquals(decide(command, task, now), expected);
        },
        /** Refused, and so nothing is written. */
        thenRefused(code: ErrorCode, words: string) {
          const error = refusalOf(() => decide(command, task, now));
          assertEquals(error.code, code);
          assertStringIncludes(error.message, words);
        },
      };
    },
  };
}

function refusalOf(act: () => NewEvent[]): DomainError {
  try {
    const written = act();
    throw new Error(`Not refused: it wrote ${JSON.stringify(written)}`);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
