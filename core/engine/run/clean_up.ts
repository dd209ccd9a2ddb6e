// The repository's cleanup, before a task's worktree goes: what its setup or its agent started outside (containers, databases)
// ends with the task.

import { messageOf } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import type { Task, TaskPlace } from "../../domain/task.ts";
import type { ProjectSettings } from "../../process/project/project_settings.ts";
import type { StepProcess, StepStart } from "../../process/project/step_process.ts";
import type { EngineContext } from "../context.ts";
import { workerMark } from "../marks.ts";
import { performStep, type StepReport } from "./perform_step.ts";
import { taskVariables } from "./task_variables.ts";
import { workConfined } from "./work_confined.ts";

export interface CleanUpOptions {
  write(events: NewEvent[]): Promise<unknown>;
  /** Aborts when nobody may wait for it any more. */
  signal: AbortSignal;
}

const graceMs = 2_000;

/**
 * Runs the cleanup of a task's repository, if it has one, in its worktree. A cleanup that fails holds up nothing: the log says
 * so. Rejects only when the log cannot be written.
 * @returns false when it was cut short by `signal`: the worktree must stay, and be cleaned up another time
 */
export async function cleanUp(
  context: EngineContext,
  task: Task,
  place: TaskPlace,
  { write, signal }: CleanUpOptions,
): Promise<boolean> {
  const settings = await settingsOf(context, place, write);
  const command = settings?.cleanup ?? null;
  if (settings === null || command === null) return true;
  if (signal.aborted) return false;
  const { cleanupTimeoutSeconds: timeoutSeconds, env } = settings;
  await write([{ type: "cleanup.started", data: { command, timeout_seconds: timeoutSeconds } }]);
  const start = {
    command,
    cwd: place.path,
    env: { ...env, ...taskVariables(task, place, task.port) },
    mark: context.random.uuid(),
    workerMark: workerMark(context),
  };
  const { mark } = start;
  const { tail: _, ...end } = await workConfined(
    context,
    // As its run was, whose log says how.
    { task, name: "cleanup", place, settings, mark, port: null, write: () => Promise.resolve(), report: write },
    (sandbox) => runToItsEnd(context, { ...start, spawn: sandbox?.spawn }, { timeoutSeconds, write, signal }),
  ).catch((error) => failed(error, write));
  await write([{ type: "cleanup.finished", data: end }]);
  return end.outcome !== "stopped";
}

/** What holds for the place; null, and said, when that cannot be read. */
async function settingsOf(
  { projects }: EngineContext,
  { repo, base_commit }: TaskPlace,
  write: CleanUpOptions["write"],
): Promise<ProjectSettings | null> {
  try {
    return (await projects.settings(repo, base_commit)).settings;
  } catch (error) {
    const text = `Whether there is a cleanup to run cannot be read: ${messageOf(error)}`;
    await write([{ type: "output.notice", data: { kind: "cleanup", text } }]);
    return null;
  }
}

async function runToItsEnd(
  context: EngineContext,
  start: StepStart,
  { timeoutSeconds, write, signal }: CleanUpOptions & { timeoutSeconds: number },
): Promise<StepReport> {
  let process: StepProcess | null = null;
  const end = () => process?.end({ graceMs }).catch((error) => context.warn("Cannot end a cleanup", error));
  try {
    return await performStep(context, start, {
      timeoutSeconds,
      onStart(started) {
        process = started;
        signal.addEventListener("abort", end, { once: true });
        if (signal.aborted) void end();
      },
      onOutput: async (text) => void await write([{ type: "cleanup.output", data: { text } }]),
      isStopped: () => signal.aborted,
    });
  } finally {
    signal.removeEventListener("abort", end);
    await end();
  }
}

/** It could not be run at all: its folder may be gone, say. */
async function failed(error: unknown, write: CleanUpOptions["write"]): Promise<StepReport> {
  const text = messageOf(error);
  await write([{ type: "cleanup.output", data: { text } }]);
  return { outcome: "failed", exit_code: null, signal: null, duration_ms: 0, tail: text };
}
