// One session of a run: the agent is started, told its first words and what comes meanwhile, and everything it says goes into
// the log, until it is gone.

import type { AgentExit, AgentProcess, AgentStart } from "../../process/agent.ts";
import { workerMark } from "../dispatch/recover.ts";
import type { PreparedPlace } from "./prepare_place.ts";
import { type FirstWords, firstWords } from "./prompt.ts";
import type { RunScope } from "./run_scope.ts";
import { isSessionRefused } from "./run_state.ts";

const notStarted: AgentExit = { code: null, signal: null };

/**
 * Runs the agent in `prepared` to its end; a session that cannot be resumed is replaced by a new one, once. Resolves with how
 * the agent ended, without code and signal when the run was stopped before it began. Rejects when the log refuses the run or
 * the agent cannot be started.
 */
export async function converse(scope: RunScope, prepared: PreparedPlace): Promise<AgentExit> {
  const { context, task, control, recorder } = scope;
  const { random } = context;
  const known = task.next.kind === "resume" && !prepared.isNew ? task.session_id : null;
  if (known === null) return await runSession(scope, prepared, { sessionId: random.uuid(), resume: false });
  const exit = await runSession(scope, prepared, { sessionId: known, resume: true });
  if (!isSessionRefused(control.state, exit)) return exit;
  await recorder.append([{
    type: "output.notice",
    data: { kind: "session", text: "The earlier session cannot be resumed; a new one goes on in the same worktree" },
  }], 0);
  control.tell({ type: "session_refused" });
  return await runSession(scope, prepared, { sessionId: random.uuid(), resume: false });
}

interface Session {
  sessionId: string;
  resume: boolean;
}

async function runSession(scope: RunScope, prepared: PreparedPlace, session: Session): Promise<AgentExit> {
  const { context, task, options, control } = scope;
  const words = await firstWords(task, {
    log: context.store.log,
    suffix: context.settings.promptSuffix,
    resumed: session.resume,
    restored: prepared.isRestored,
  });
  // The claim, or the way here, may have taken longer than the lease lasts: then somebody else may be at work already.
  if (!options.isSure()) control.stop("lost", "The lease could not be kept");
  if (control.state.phase !== "preparing") return notStarted;
  const process = await options.agent(startOf(scope, prepared, { ...session, prompt: words.text }));
  control.attach(process);
  try {
    await begin(scope, process, { ...session, words });
    await read(scope, process);
    return await process.exited;
  } finally {
    control.stopWaiting();
    await control.endProcess();
  }
}

/** What the task may still cost, in US dollars; null when it has no budget. */
export function budgetLeft({ task }: Pick<RunScope, "task">): number | null {
  return task.max_budget_usd === null ? null : task.max_budget_usd - task.cost_usd;
}

function startOf(
  scope: RunScope,
  { place }: PreparedPlace,
  { sessionId, resume, prompt }: Session & { prompt: string },
): AgentStart {
  const { context, task, run } = scope;
  const { settings } = context;
  return {
    cwd: place.path,
    mark: run.mark,
    workerMark: workerMark(context),
    sessionId,
    resume,
    sessionTotal: resume && task.session_total
      ? { usage: task.session_total.usage, costUsd: task.session_total.cost_usd }
      : null,
    mode: task.mode,
    model: task.model,
    effort: task.effort,
    fallbackModel: task.fallback_model,
    maxBudgetUsd: budgetLeft(scope),
    prompt,
    rawLog: `${settings.logs}/task-${task.id}.log`,
    maxOutputBytes: settings.maxOutputBytes,
  };
}

/** The start into the log, and to the agent what came since the claim. */
async function begin(
  { context, task, control, log, messages, startedAt }: RunScope,
  process: AgentProcess,
  { sessionId, resume, words }: Session & { words: FirstWords },
): Promise<void> {
  const { settings, clock } = context;
  const head = await log.record(
    {
      type: "run.started",
      data: { pid: process.pid, session_id: sessionId, agent: process.name, args: process.args, resumed: resume },
    },
    ...(words.message === null ? [] : [{ type: "message.sent" as const, data: { message: words.message } }]),
  );
  if (words.message !== null) messages.markSent(words.message);
  // What came between the claim and now was not heard by the listener.
  if (head.cancel_requested) control.stop("cancelled");
  await messages.deliver(process, head.messages);
  const limit = task.timeout_seconds ?? settings.timeoutSeconds ?? null;
  if (limit !== null) {
    const leftMs = limit * 1_000 - (clock.monotonic() - startedAt);
    const whose = task.timeout_seconds === null ? " (CODER_TIMEOUT_SECONDS)" : "";
    control.stopAfter(Math.max(0, leftMs), "timed_out", `Time limit of ${limit} s reached${whose}`);
  }
  control.heard();
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
  }
  control.tell({ type: "fell_silent", mode: task.mode });
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1_048_576).toLocaleString("en-US");
}
