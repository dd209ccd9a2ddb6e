// A run's sandbox: how strict it is, what it is told of the place, and what the log says of it. The programs of one run share
// it, so that a server which setup leaves can be reached by the agent.

import { DomainError, messageOf } from "../../domain/error.ts";
import type { Confinement, NewEvent } from "../../domain/event.ts";
import { strictest } from "../../domain/sandbox.ts";
import type { Place } from "../../process/git/worktrees.ts";
import type { ProjectSettings } from "../../process/project/project_settings.ts";
import { portsPerTask } from "../../process/project/task_ports.ts";
import type { BegunSandbox, Sandbox, SandboxMarks } from "../../process/sandbox/sandbox.ts";
import type { EngineContext } from "../context.ts";
import { sandboxMark, workerMark } from "../marks.ts";

export interface ConfineOptions {
  place: Place;
  settings: ProjectSettings;
  /** Of what will run in it. */
  mark: string;
  /** The first of the task's ports; null: it has none. */
  port: number | null;
  write(events: NewEvent[]): Promise<unknown>;
  of?: "landing";
  /** Of `beginConfinement`. */
  begun?: BegunSandbox | null;
}

/** As much of a run's sandbox as needs no place: it takes a while, as does the worktree. Null: it may not be confined. */
export function beginConfinement(context: EngineContext, { mark }: { mark: string }): BegunSandbox | null {
  return context.sandboxes.begin?.(marksOf(context, mark)) ?? null;
}

function marksOf(context: EngineContext, mark: string): SandboxMarks {
  return { mark: sandboxMark(mark), workerMark: workerMark(context) };
}

/**
 * Opens a sandbox as strict as service and repository ask for, and writes to the log what holds. Null: nothing is asked for, or
 * nothing is possible and nobody insists. Throws `DomainError("invalid")` when what the repository asks for is not possible.
 */
export async function confine(context: EngineContext, options: ConfineOptions): Promise<Sandbox | null> {
  const { sandboxes } = context;
  const { settings, mark, write, of, begun } = options;
  await sandboxes.tried;
  const level = strictest(sandboxes.level, settings.sandbox.level);
  const about = { level, ...(of && { of }) };
  if (level === "off") {
    const { reason } = sandboxes;
    if (reason === null) return null;
    await write([{ type: "sandbox.applied", data: { ...about, ...nothingApplied(), reason } }]);
    return null;
  }
  const rules = { ...await rulesOf(context, options), level };
  const sandbox = await (begun?.open(rules) ?? sandboxes.open({ rules, ...marksOf(context, mark) }))
    .catch((error) => {
      // The same is to be expected of the next try: it is for a person to mend.
      throw new DomainError("invalid", `The run cannot be confined (${level}): ${messageOf(error)}`, { cause: error });
    });
  const data: Confinement = { ...about, ...sandbox.applied, reason: null };
  try {
    await write([{ type: "sandbox.applied", data }]);
  } catch (error) {
    await sandbox.end({ graceMs: 0 });
    throw error;
  }
  return sandbox;
}

function nothingApplied(): Omit<Confinement, "level" | "reason"> {
  return { writable: [], unreadable: [], network: "all", domains: [], processes: null };
}

async function rulesOf({ worktrees }: EngineContext, { place, settings: { sandbox }, port }: ConfineOptions) {
  const folders = await worktrees.folders(place);
  const { allowedDomains, push, serve } = sandbox;
  return {
    worktree: folders.worktree,
    worktrees: folders.root,
    commonFolder: folders.common,
    gitFolder: folders.git,
    ...{ repo: place.repo, allowedDomains, push },
    ports: serve && port !== null ? Array.from({ length: portsPerTask }, (_, at) => port + at) : [],
  };
}
