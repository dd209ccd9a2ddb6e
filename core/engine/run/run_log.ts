// What a run writes: its steps and its end at once, what its agent says by way of the recorder. The log refuses all of it
// with `DomainError("fenced")` once the run is closed.

import type { Command, RunEnd } from "../../domain/command.ts";
import type { NewEvent } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";

export interface RunLog {
  /** Appends events of the run; resolves with its task when they are durable. Waits for a store that cannot write. */
  record(...events: NewEvent[]): Promise<Task>;
  /** Writes the run's end, and with it what follows for the task. */
  finish(end: RunEnd, options: FinishOptions): Promise<Task>;
}

/** What is known at its end besides: whether the work differs from its base, and how it is to land by itself. */
export type FinishOptions = Pick<Extract<Command, { type: "finish_run" }>, "changed" | "landing">;

/** The log of run `run` of task `task`; `by` signs its events. */
export function runLog(
  context: EngineContext,
  { task, run, by }: { task: number; run: number; by: string },
): RunLog {
  async function give(command: Command): Promise<Task> {
    return (await handleCommand(context, task, command, { by, until: "written" })).head;
  }

  return {
    record: (...events) => give({ type: "record", run, events }),
    finish: (end, options) => give({ type: "finish_run", run, end, ...options }),
  };
}
