// The Sandbox port: what a run's agent and commands are confined to. open_sandbox.ts does it on Linux; a simulation passes none.

import type { SandboxLevel } from "../../domain/sandbox.ts";
import type { Spawn } from "../containment.ts";

/** What one run may do; paths are absolute. */
export interface SandboxRules {
  level: Exclude<SandboxLevel, "off">;
  /** Its worktree. */
  worktree: string;
  /** The git folder that its repository's worktrees share, and the worktree's own one within. */
  commonFolder: string;
  gitFolder: string;
  /** The folder of all worktrees, which the others cannot be read in. */
  worktrees: string;
  /** The repository's name: its tasks share caches. */
  repo: string;
  /** Hosts that the operator opens: all that is open of the network in `full`, and private ones in `files`. */
  allowedDomains: string[];
  /** Whether the credentials for a push can be read. */
  push: boolean;
  /** Ports that are to be reached from this machine, too. */
  ports: number[];
}

/** As for an agent: what is around the run's programs carries them in its environment. */
export interface SandboxMarks {
  /** Not the run's own. */
  mark: string;
  workerMark: string;
}

/** For `OpenSandbox`. */
export interface SandboxStart extends SandboxMarks {
  rules: SandboxRules;
}

/** What holds within a sandbox, for the log. */
export interface AppliedRules {
  writable: string[];
  unreadable: string[];
  network: "public" | "listed";
  domains: string[];
  /** How many processes there may be at once; null: no bound. */
  processes: number | null;
}

/** An open sandbox: one place with its own processes and network, for all programs of a run. */
export interface Sandbox {
  readonly applied: AppliedRules;
  /** What is only there while it is open: its temporary folder is in it. */
  readonly folder: string;
  readonly spawn: Spawn;
  /** Resolves when it is gone, asked for or not; all that was in it ends then. Never rejects. */
  readonly gone: Promise<void>;
  /** Ends all that is in it, and itself; nothing of it is alive, or left in a temporary folder, when this resolves. Idempotent. */
  end(options: { graceMs: number }): Promise<void>;
}

/** Opens one, or throws `DomainError("unavailable")` with one line that says what is missing. */
export type OpenSandbox = (start: SandboxStart) => Promise<Sandbox>;

/** A sandbox that is made ready as far as it can be before anybody knows what may be done in it. */
export interface BegunSandbox {
  /** Once; like `OpenSandbox`, and the sandbox is the caller's to end. */
  open(rules: SandboxRules): Promise<Sandbox>;
  /** Ends what was not opened. Never rejects. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Begins one; that it cannot be had is told by its `open`. */
export type BeginSandbox = (marks: SandboxMarks) => BegunSandbox;

/** What this service confines runs to. */
export interface Sandboxes {
  /** Resolves once it is known what holds on this machine. Until then `level` is `off`, and nothing of a task may be started. */
  readonly tried: Promise<void>;
  /** Each run at least. */
  readonly level: SandboxLevel;
  /** Why a run that asks for nothing is not confined; null: it is, or nobody wants it to be. */
  readonly reason: string | null;
  readonly open: OpenSandbox;
  /** Before anything else of a run is done; null: most runs are not confined. */
  readonly begin: BeginSandbox | null;
}
