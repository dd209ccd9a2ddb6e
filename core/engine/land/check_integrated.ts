// The repository's check on what a target is to become, in a worktree of its own: work that was good on its own base need not
// be good on what the target is at now.

import { messageOf } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import { checkoutName } from "../../domain/slug.ts";
import type { ProjectSettings } from "../../process/project/project_settings.ts";
import type { StepProcess } from "../../process/project/step_process.ts";
import type { Spawn } from "../../process/containment.ts";
import { workerMark } from "../marks.ts";
import { performStep, type StepReport, stepWords } from "../run/perform_step.ts";
import { taskVariables } from "../run/task_variables.ts";
import { workConfined } from "../run/work_confined.ts";
import type { LandingScope } from "./landing_scope.ts";

interface Subject {
  target_commit: string;
  /** What the target is to become. */
  commit: string;
  /** The tip of the task's branch. */
  work: string;
}

const graceMs = 2_000;

/** Null when the check is green, or there is none; else what it says. Rejects when it was cut short. */
export async function checkIntegrated(scope: LandingScope, subject: Subject): Promise<string | null> {
  const { context: { projects }, task } = scope;
  // What judges is the target's, not the work's.
  const { settings } = await projects.settings(task.repo, subject.target_commit);
  const check = task.check === undefined ? settings.check : task.check;
  if (check === null || await isProven(scope, subject, settings)) return null;
  return await inCheckout(scope, subject.commit, async (path) => {
    const { context: { ports }, place } = scope;
    const port = await ports.reserve({ task: task.id, wanted: null }).catch(() => null);
    const { context, write } = scope;
    const mark = context.random.uuid();
    const options = { place: { ...place, path }, settings, mark, port, write, of: "landing" } as const;
    const env = { ...settings.env, ...taskVariables(task, place, port) };
    try {
      return await workConfined(context, { ...options, task, name: "landing", report: write }, async (sandbox) => {
        const at = { scope, path, env, spawn: sandbox?.spawn, commit: subject.commit };
        try {
          return await setUp(at, settings) ?? await runStep(at, {
            ...{ name: "check", title: "The check of the result", command: check },
            timeoutSeconds: settings.checkTimeoutSeconds,
          });
        } finally {
          await cleanUp(at, settings);
        }
      });
    } finally {
      if (port !== null) ports.release(port);
    }
  });
}

/** Whether the run's own check was green on the same files, and would be the same check. */
async function isProven({ context, task, place }: LandingScope, { commit, work }: Subject, settings: ProjectSettings) {
  const { projects, landings } = context;
  const { last_check } = task;
  if (last_check?.outcome !== "passed" || last_check.commit !== work) return false;
  if (!await landings.isSameContent(task.repo, commit, work)) return false;
  if (task.check !== undefined) return true;
  const own = (await projects.settings(task.repo, place.base_commit)).settings;
  return own.check === settings.check && own.setup === settings.setup;
}

async function inCheckout(
  { context: { landings, warn }, task }: LandingScope,
  commit: string,
  action: (path: string) => Promise<string | null>,
): Promise<string | null> {
  const name = checkoutName(task.id);
  const { path } = await landings.addCheckout(task.repo, { name, commit, task: task.id });
  try {
    return await action(path);
  } finally {
    await landings.removeCheckout(task.repo, { name }).catch((error) => {
      warn(`Cannot remove ${path}, where the result of task ${task.id} was checked`, error, { task: task.id });
    });
  }
}

interface At {
  scope: LandingScope;
  path: string;
  env: Record<string, string>;
  spawn: Spawn | undefined;
  commit: string;
}

async function setUp(at: At, { setup, setupTimeoutSeconds }: ProjectSettings): Promise<string | null> {
  const { scope: { context: { worktrees }, place, write } } = at;
  const { files, count, bytes } = await worktrees.include({ ...place, path: at.path });
  if (count > 0) await write([{ type: "files.included", data: { files, count, bytes } }]);
  if (setup === null) return null;
  return await runStep(at, {
    ...{ name: "setup", title: "Setup for the check of the result", command: setup },
    timeoutSeconds: setupTimeoutSeconds,
  });
}

/** What setup started outside ends with the folder; a cleanup that fails holds up nothing. */
async function cleanUp(at: At, { cleanup, cleanupTimeoutSeconds: timeoutSeconds }: ProjectSettings): Promise<void> {
  const { signal } = at.scope;
  if (cleanup === null || signal.aborted) return;
  await runStep(at, { name: "cleanup", title: "Cleanup", command: cleanup, timeoutSeconds });
}

interface Step {
  name: "setup" | "check" | "cleanup";
  title: string;
  command: string;
  timeoutSeconds: number;
}

/** Null when it went well; else what it says. */
async function runStep({ scope, path, env, spawn, commit }: At, step: Step): Promise<string | null> {
  const { context, signal, write } = scope;
  const { name, title, command, timeoutSeconds } = step;
  signal.throwIfAborted();
  await write([startOf(step, commit)]);
  let process: StepProcess | null = null;
  const end = () => process?.end({ graceMs }).catch((error) => context.warn(`Cannot end a ${name}`, error));
  let report: StepReport;
  try {
    const start = { command, cwd: path, env, spawn, mark: context.random.uuid(), workerMark: workerMark(context) };
    report = await performStep(context, start, {
      timeoutSeconds,
      onStart(started) {
        process = started;
        signal.addEventListener("abort", end, { once: true });
        if (signal.aborted) void end();
      },
      onOutput: (text) => write([{ type: `${name}.output`, data: { text, of: "landing" } }]),
      isStopped: () => signal.aborted,
    });
  } catch (error) {
    signal.throwIfAborted();
    report = { outcome: "failed", exit_code: null, signal: null, duration_ms: 0, tail: messageOf(error) };
  } finally {
    signal.removeEventListener("abort", end);
    await end();
  }
  signal.throwIfAborted();
  const { tail: _, ...finished } = report;
  await write([
    name !== "check"
      ? { type: `${name}.finished`, data: { ...finished, of: "landing" } }
      : { type: "check.finished", data: { ...finished, round: 1, commit, of: "landing" } },
  ]);
  return report.outcome === "passed" ? null : stepWords(title, report, timeoutSeconds);
}

function startOf({ name, command, timeoutSeconds }: Step, commit: string): NewEvent {
  const start = { command, timeout_seconds: timeoutSeconds, of: "landing" } as const;
  if (name !== "check") return { type: `${name}.started`, data: start };
  return { type: "check.started", data: { ...start, round: 1, commit, uncommitted: 0 } };
}
