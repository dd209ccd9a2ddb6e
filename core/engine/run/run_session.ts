// One session of a run: the agent is started, told its first words and what comes meanwhile, and everything it says goes into
// the log, until it is gone.

import type { EventData } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import type { AgentExit, AgentProcess, AgentStart } from "../../process/agent.ts";
import type { EngineSettings } from "../context.ts";
import { workerMark } from "../marks.ts";
import { accountOf } from "./agent_facts.ts";
import { type FirstWords, firstWords } from "./prompt.ts";
import type { SilenceLimit } from "./run_control.ts";
import type { RunScope } from "./run_scope.ts";
import { isSessionRefused } from "./run_state.ts";
import type { Workplace } from "./set_up.ts";

const notStarted: AgentExit = { code: null, signal: null };

/**
 * Runs the agent in a workplace to its end; a session that cannot be resumed is replaced by a new one, once. Resolves with how
 * the agent ended, without code and signal when the run was stopped before it began. Rejects when the log refuses the run or
 * the agent cannot be started.
 */
export async function converse(scope: RunScope, workplace: Workplace): Promise<AgentExit> {
  const { task } = scope;
  const known = task.next.kind === "resume" && !workplace.isNew ? task.session_id : null;
  return await resumeOrOpen(scope, workplace, { known, told: null });
}

/** What the run tells its agent of its own accord. */
export type Told = EventData["followup.sent"];

/** Goes on in the session of this run whose agent did well and is gone, as `converse` does. */
export async function followUp(scope: RunScope, workplace: Workplace, told: Told): Promise<AgentExit> {
  const { context, task, control } = scope;
  if (control.state.phase !== "preparing") control.tell({ type: "session_over" });
  requireBudget(scope);
  if (control.state.phase !== "preparing") return notStarted;
  const head = await context.store.log.head(task.id);
  return await resumeOrOpen(scope, workplace, { known: head?.session_id ?? null, told });
}

/** Whether its task may still cost anything. */
export function hasBudget(scope: RunScope): boolean {
  const leftUsd = budgetLeft(scope);
  return leftUsd === null || leftUsd > 0;
}

/** A run whose task has used up its budget is stopped. */
export function requireBudget(scope: RunScope): void {
  if (hasBudget(scope)) return;
  scope.control.stop("over_budget", `The budget of $${scope.task.max_budget_usd} is used up`);
}

interface Opening {
  /** The session to go on in; null: none. */
  known: string | null;
  /** What the agent is told; null: what the task says. */
  told: Told | null;
}

async function resumeOrOpen(scope: RunScope, workplace: Workplace, { known, told }: Opening): Promise<AgentExit> {
  const { context: { random }, control, recorder } = scope;
  if (known === null) return await runSession(scope, workplace, { sessionId: random.uuid(), resume: false, told });
  const exit = await runSession(scope, workplace, { sessionId: known, resume: true, told });
  if (!isSessionRefused(control.state, exit)) return exit;
  await recorder.append([{
    type: "output.notice",
    data: { kind: "session", text: "The earlier session cannot be resumed; a new one goes on in the same worktree" },
  }], 0);
  control.tell({ type: "session_refused" });
  return await runSession(scope, workplace, { sessionId: random.uuid(), resume: false, told });
}

interface Session {
  sessionId: string;
  resume: boolean;
  told: Told | null;
}

async function runSession(scope: RunScope, workplace: Workplace, session: Session): Promise<AgentExit> {
  const { context, task, options, control } = scope;
  const words = await firstWords(task, {
    log: context.store.log,
    suffix: context.settings.promptSuffix,
    resumed: session.resume,
    restored: workplace.isRestored,
    takeover: workplace.takeover,
    told: session.told?.text ?? null,
  });
  // The claim, or the way here, may have taken longer than the lease lasts.
  control.requireLease();
  if (control.state.phase !== "preparing") return notStarted;
  const process = await options.agent(startOf(scope, workplace, { ...session, prompt: words.text }));
  control.attach(process);
  const since = context.clock.monotonic();
  try {
    await begin(scope, process, { ...session, words });
    await read(scope, process);
    const exit = await process.exited;
    control.requireLease();
    return exit;
  } finally {
    control.stopWaiting();
    await control.endAgent();
    scope.agentTime.usedMs += context.clock.monotonic() - since;
  }
}

/** What the task may still cost, in US dollars; null when it has no budget. */
function budgetLeft({ task, control }: RunScope): number | null {
  if (task.max_budget_usd === null) return null;
  return task.max_budget_usd - task.cost_usd - (accountOf(control.state.agent).cost_usd ?? 0);
}

function startOf(
  scope: RunScope,
  { place, settings: project, env, spawn }: Workplace,
  { sessionId, resume, prompt }: Session & { prompt: string },
): AgentStart {
  const { context, task, run, control } = scope;
  const { settings } = context;
  const total = control.state.agent.spent?.session_total ?? task.session_total;
  return {
    cwd: place.path,
    env,
    spawn,
    mark: run.mark,
    workerMark: workerMark(context),
    sessionId,
    resume,
    sessionTotal: resume && total ? { usage: total.usage, costUsd: total.cost_usd } : null,
    mode: task.mode,
    model: task.model ?? project.model,
    effort: task.effort ?? project.effort,
    fallbackModel: task.fallback_model,
    maxBudgetUsd: budgetLeft(scope),
    prompt,
    rawLog: `${settings.logs}/task-${task.id}.log`,
    maxOutputBytes: settings.maxOutputBytes,
  };
}

/** The start into the log, and to the agent what came since the claim. */
async function begin(
  { context, task, control, log, messages, agentTime }: RunScope,
  process: AgentProcess,
  { sessionId, resume, told, words }: Session & { words: FirstWords },
): Promise<void> {
  const { settings } = context;
  const head = await log.record(
    {
      type: "run.started",
      data: { pid: process.pid, session_id: sessionId, agent: process.name, args: process.args, resumed: resume },
    },
    ...(told === null ? [] : [{ type: "followup.sent" as const, data: told }]),
    ...(words.message === null ? [] : [{ type: "message.sent" as const, data: { message: words.message } }]),
  );
  if (words.message !== null) messages.markSent(words.message);
  // What came between the claim and now was not heard by the listener.
  if (head.cancel_requested) control.stop("cancelled");
  await messages.deliver(process, head.messages);
  const limit = task.timeout_seconds ?? settings.timeoutSeconds ?? null;
  if (limit !== null) {
    // Of all its sessions in this run; setup and check do not count.
    const leftMs = limit * 1_000 - agentTime.usedMs;
    const whose = task.timeout_seconds === null ? " (CODER_TIMEOUT_SECONDS)" : "";
    control.stopAfter(Math.max(0, leftMs), "timed_out", `Time limit of ${limit} s reached${whose}`);
  }
  control.limitSilence(silenceLimit(task, settings));
  control.listen();
}

function silenceLimit(
  { silence_seconds }: Task,
  { silenceSeconds }: EngineSettings,
): SilenceLimit | null {
  const seconds = silence_seconds ?? silenceSeconds ?? null;
  if (seconds === null) return null;
  const whose = silence_seconds ? "" : " (CODER_SILENCE_SECONDS)";
  return { ms: seconds * 1_000, error: `The agent said nothing for ${seconds} s${whose}` };
}

/** Every step of the agent into the log, in order. */
async function read({ context, task, options, control, recorder }: RunScope, process: AgentProcess): Promise<void> {
  // One that was stopped while it was held back ends; its last words, at most what its pipes held, wait for nothing.
  const gone = new AbortController();
  void process.exited.then(() => gone.abort());
  for await (const step of process.steps) {
    control.heard();
    switch (step.type) {
      case "too_much":
        control.stop("failed", `The run printed more than ${megabytes(context.settings.maxOutputBytes!)} MB`);
        break;
      case "refused": {
        const until = step.retryInMs === null ? null : context.clock.now() + step.retryInMs;
        control.tell({ type: "refused_by_environment", reason: step.reason, until });
        break;
      }
      default:
        control.tell({ type: "said", step });
        if (step.type !== "events") break;
        await recorder.append(step.events, step.bytes);
        await options.room(gone.signal);
    }
    control.listen();
  }
  control.tell({ type: "fell_silent", mode: task.mode });
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1_048_576).toLocaleString("en-US");
}
