// The Agent port: how the engine runs a coding agent. claude.ts is the real one; a simulation passes its own.

import type { BackgroundTask, NewEvent, Usage } from "../domain/event.ts";
import type { Effort, Mode } from "../domain/task_spec.ts";
import type { Spawn } from "./containment.ts";

/** A run, as an agent is started for it. */
export interface AgentStart {
  /** The worktree. */
  cwd: string;
  /** Added to its environment. */
  env: Record<string, string>;
  /** Starts it in the run's sandbox; without it, in none. */
  spawn?: Spawn;
  /** A UUID unique to the run; each process of the tree carries `PERSONAL_RUN_{mark with _ for -}=1`. */
  mark: string;
  /** A second mark of that kind, shared by all runs of a worker: a restart ends by it what it no longer knows of. */
  workerMark: string;
  sessionId: string;
  /** Go on with that session instead of opening it. */
  resume: boolean;
  /** What that session used before this run, where it is known. */
  sessionTotal: { usage: Usage; costUsd: number } | null;
  mode: Mode;
  model: string | null;
  effort: Effort | null;
  fallbackModel: string | null;
  /** What this run may cost at most. */
  maxBudgetUsd: number | null;
  /** The first user message. */
  prompt: string;
  /** Every stdout byte goes here too, as it came: the raw log. */
  rawLog: string;
  /** What it may print, and what the raw log may hold at most; without it there is no bound. */
  maxOutputBytes?: number;
}

/** The agent's own account of how it ended: claude's last `result` line. */
export interface AgentResult {
  ok: boolean;
  subtype: string;
  text: string;
  /** HTTP status of the API error that ended it, if one did. */
  apiErrorStatus: number | null;
  /** When the usage limit that refused it is over, in ms since 1970, where that was said. */
  limitResetsAt: number | null;
  /** In plan mode: what comes nearest to a plan when none was handed in. */
  plan: string;
  /** Of this process so far, which may have answered several messages; so is the cost, in US dollars. */
  usage: Usage;
  costUsd: number;
  /** Of the session in all its processes; null when the program does not count so. */
  sessionTotal: { usage: Usage; costUsd: number } | null;
}

/** What one step of output means to the engine. */
export type AgentStep =
  /** To be recorded. `bytes` is its size on the wire, for bounds. */
  | { type: "events"; events: NewEvent[]; bytes: number }
  /** A permission request for ExitPlanMode carried the plan (plan mode only). */
  | { type: "plan"; plan: string }
  | { type: "result"; result: AgentResult }
  /** What it runs in the background from here on. */
  | { type: "background"; tasks: BackgroundTask[] }
  /** It printed more than `maxOutputBytes`; what it prints from here on is dropped. */
  | { type: "too_much" }
  /** It begins a turn: a `result` that came before is not its last. */
  | { type: "turn" }
  /** Its environment refuses it, and it would try again for long. `retryInMs`: when that may be over, where it says so. */
  | { type: "refused"; reason: string; retryInMs: number | null };

/** How the process ended: its exit code, or null and the signal's name. */
export interface AgentExit {
  code: number | null;
  signal: string | null;
}

/** A running agent. */
export interface AgentProcess {
  readonly pid: number;
  /** `claude 2.1.197`, or `demo`. */
  readonly name: string;
  /** The command line without secrets. */
  readonly args: string[];
  /** Everything it says, in order, ending when stdout and stderr have ended. Not pulling holds the process back by its pipe. */
  readonly steps: AsyncIterable<AgentStep>;
  /** Resolves when the process itself has ended (its tree may live on; see `end`). */
  readonly exited: Promise<AgentExit>;
  /** One more user message; false when its stdin is closed already. */
  send(text: string): Promise<boolean>;
  /** After the last message: the agent ends when it is done. */
  closeInput(): Promise<void>;
  /** Asks the agent to stop what it does (claude: an interrupt request); never throws. */
  interrupt(): Promise<void>;
  /** TERM, then after `graceMs` KILL, to the whole tree; resolves when nothing of the run is alive. */
  end(options: { graceMs: number }): Promise<void>;
}

/** Starts the agent, or throws `DomainError("unavailable")` with one line that says what to do. */
export type Agent = (start: AgentStart) => Promise<AgentProcess>;

/** Answers of the Messages API that say "not now" or "not with this key": the task is not to blame. */
export const environmentStatus: Readonly<Record<number, string>> = {
  401: "The Messages API refused the credentials (401)",
  429: "A usage or rate limit was met (429)",
  529: "The Messages API is overloaded (529)",
};
