// From a worktree to a place that works: what the repository says about it, the files that git does not carry, and the
// repository's setup. The agent is started on nothing less.

import type { NewEvent } from "../../domain/event.ts";
import type { TaskPlace } from "../../domain/task.ts";
import type { ProjectSettings } from "../../process/project/project_settings.ts";
import type { StepProcess } from "../../process/project/step_process.ts";
import type { Spawn } from "../../process/containment.ts";
import type { BegunSandbox } from "../../process/sandbox/sandbox.ts";
import { setupMark, workerMark } from "../marks.ts";
import { confine } from "./confine.ts";
import { performStep, stepWords } from "./perform_step.ts";
import type { PreparedPlace } from "./prepare_place.ts";
import type { RunVerdict } from "./run_end.ts";
import type { RunScope } from "./run_scope.ts";
import { taskVariables } from "./task_variables.ts";

/** A place that works. */
export interface Workplace extends PreparedPlace {
  settings: ProjectSettings;
  /** For everything that is started in it. */
  env: Record<string, string>;
  /** Starts it in the run's sandbox; undefined: the run is not confined. */
  spawn: Spawn | undefined;
}

/**
 * Makes a place work. With a verdict when its setup did not end well. Throws `DomainError("invalid")` when what the repository
 * says cannot be used, `fenced` when the run was taken over.
 */
export async function setUp(
  scope: RunScope,
  prepared: PreparedPlace,
  begun: BegunSandbox | null,
): Promise<{ workplace: Workplace; verdict: RunVerdict | null }> {
  const { context, task, run, control, log } = scope;
  const { place, port } = prepared;
  const { settings } = await context.projects.settings(task.repo, place.base_commit);
  const isFresh = prepared.isNew || prepared.isRestored;
  if (isFresh) await includeFiles(scope, place);
  else if (task.aside) await context.worktrees.bringBack(place, task.aside, { task: task.id });
  const env = { ...settings.env, ...taskVariables(task, place, port) };
  const write = (events: NewEvent[]) => log.record(...events);
  const sandbox = await confine(context, { place, settings, port, mark: run.mark, write, begun });
  scope.folders.push(place.path, ...(sandbox ? [sandbox.folder] : []));
  if (sandbox) control.attachSandbox(sandbox);
  const workplace = { ...prepared, settings, env, spawn: sandbox?.spawn };
  const isReady = !isFresh && task.place?.ready === true;
  return { workplace, verdict: isReady ? null : await runSetup(scope, workplace) };
}

async function includeFiles({ context, log }: RunScope, place: TaskPlace): Promise<void> {
  const { files, count, bytes, failed, failedCount } = await context.worktrees.include(place);
  if (count > 0) await log.record({ type: "files.included", data: { files, count, bytes } });
  if (failedCount === 0) return;
  const named = failed.map(({ path, reason }) => `${path} (${reason})`).join(", ");
  const text = `${failedCount} files that .worktreeinclude names could not be copied: ${named}`;
  await log.record({ type: "output.notice", data: { kind: "worktreeinclude", text } });
}

async function runSetup(
  { context, run, control, log, recorder }: RunScope,
  { place, settings, env, spawn }: Workplace,
): Promise<RunVerdict | null> {
  const { setup: command, setupTimeoutSeconds: timeoutSeconds } = settings;
  if (command === null || control.state.phase !== "preparing") return null;
  await log.record({ type: "setup.started", data: { command, timeout_seconds: timeoutSeconds } });
  const start = { command, cwd: place.path, env, spawn, mark: setupMark(run.mark), workerMark: workerMark(context) };
  let process: StepProcess | null = null;
  const { tail, ...end } = await performStep(context, start, {
    timeoutSeconds,
    onStart(started) {
      process = started;
      control.attachStep(started, { outlives: true });
    },
    onOutput: (text, bytes) => recorder.append([{ type: "setup.output", data: { text } }], bytes),
    isStopped() {
      control.requireLease();
      return control.state.phase !== "step";
    },
  });
  const left = end.outcome === "passed" ? await (process as StepProcess | null)?.living() : 0;
  if (end.outcome === "passed" && left === 0) control.forgetStep();
  await log.record({ type: "setup.finished", data: { ...end, ...(left && { left }) } });
  control.tell({ type: "step_over" });
  if (end.outcome === "passed" || end.outcome === "stopped") return null;
  return { outcome: "setup_failed", error: stepWords("Setup", { ...end, tail }, timeoutSeconds) };
}
