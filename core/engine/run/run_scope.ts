// What the steps of one run share.

import type { About } from "../../domain/ports.ts";
import type { OpenRun, Task } from "../../domain/task.ts";
import type { Agent } from "../../process/agent.ts";
import type { EngineContext } from "../context.ts";
import type { MessageDelivery } from "./deliver_messages.ts";
import type { OutputRecorder } from "./record_output.ts";
import type { RunControl } from "./run_control.ts";
import type { RunLog } from "./run_log.ts";

/** What a run needs of its worker. */
export interface RunOptions {
  agent: Agent;
  /** Resolves while there is room for output, or when `gone` aborts. */
  room: (gone: AbortSignal) => Promise<void>;
  /** Whether this worker still holds its runs, as far as it can know. */
  isSure: () => boolean;
}

/** One run and all that its steps use. */
export interface RunScope {
  readonly context: EngineContext;
  readonly options: RunOptions;
  /** The task as it was claimed, and its run. */
  readonly task: Task;
  readonly run: OpenRun;
  /** Names the run in what is reported. */
  readonly about: About;
  /** By `clock.monotonic()`. */
  readonly startedAt: number;
  /** How long its agents have worked, for the time limit. */
  readonly agentTime: { usedMs: number };
  /** Where it writes, as far as that is known by now. */
  readonly folders: string[];
  /** The first ports of the blocks that it holds. */
  readonly ports: Set<number>;
  readonly log: RunLog;
  readonly recorder: OutputRecorder;
  readonly control: RunControl;
  readonly messages: MessageDelivery;
}
