// What an agent's two pipes carry, as steps: lines in order, each control request answered at once.

import { messageOf } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import type { AgentStart, AgentStep } from "../agent.ts";
import { type ClaudeInput, denial, refusal } from "./claude_input.ts";
import { readClaudeLine } from "./claude_message.ts";
import type { ClaudeState, ControlRequest } from "./claude_state.ts";
import { type Line, lineSplitter } from "./line_splitter.ts";
import { type OutputBound, outputBound } from "./output_bound.ts";
import type { LogTimes } from "../log_times.ts";
import { readPipe } from "../pipe_reader.ts";
import { rawLogWriter } from "./raw_log.ts";
import type { StepQueue } from "./step_queue.ts";

/** Where what is read goes. */
export interface OutputOptions {
  /** For answers to control requests. */
  input: ClaudeInput;
  steps: StepQueue;
  /** Resolves when the process has ended: its pipes may stay open. */
  exited: Promise<unknown>;
  /** Open for appending. */
  log: Deno.FsFile;
  times: LogTimes;
  mode: AgentStart["mode"];
  /** Changed by each line. */
  state: ClaudeState;
  /** What it may print, and what the log may hold. */
  maxOutputBytes: number;
}

/** Reads both pipes until they end, makes steps of what comes, and closes the log. Never rejects. */
export async function readOutput(child: Deno.ChildProcess, options: OutputOptions): Promise<void> {
  const { input, steps, exited, log, times, mode, state, maxOutputBytes } = options;
  const output = lineSplitter();
  const errors = lineSplitter();
  const pipe = { exited, signal: steps.abandoned, room: () => steps.room() };
  const rawLog = rawLogWriter(log, {
    maxBytes: maxOutputBytes,
    times,
    signal: steps.abandoned,
    onEnd: (text) => pushNotice("raw_log", text, steps),
  });
  const bound = outputBound(maxOutputBytes, steps.push);
  const pumps = await Promise.allSettled([
    readPipe(child.stdout, {
      ...pipe,
      async onChunk(chunk) {
        if (bound.count(chunk.length)) await rawLog(chunk);
        readLines(output.push(chunk), { state, mode, input, steps: bound });
      },
    }),
    readPipe(child.stderr, {
      ...pipe,
      onChunk(chunk) {
        bound.count(chunk.length);
        pushErrors(errors.push(chunk), bound);
      },
    }),
  ]);
  readLines(output.end(), { state, mode, input, steps: bound });
  pushErrors(errors.end(), bound);
  for (const pump of pumps) {
    if (pump.status === "rejected") pushNotice("read_error", messageOf(pump.reason), steps);
  }
  log.close();
  times.close();
  steps.end();
}

interface Reading {
  state: ClaudeState;
  mode: AgentStart["mode"];
  input: ClaudeInput;
  steps: Pick<OutputBound, "push">;
}

/** The lines of one chunk as few steps: neighbouring events go together. */
function readLines(lines: Line[], { state, mode, input, steps }: Reading): void {
  const decoder = new TextDecoder();
  let events: NewEvent[] = [];
  let bytes = 0;

  function flush(): void {
    if (events.length > 0) steps.push({ type: "events", events, bytes });
    events = [];
    bytes = 0;
  }

  for (const line of lines) {
    const text = decoder.decode(line.bytes);
    bytes += line.bytes.length;
    if (!line.whole) {
      events.push({ type: "output.raw", data: { text } });
      continue;
    }
    for (const item of readClaudeLine(text, state)) {
      if (item.type === "event") {
        events.push(item.event);
        continue;
      }
      flush();
      const step = item.type === "control" ? answer(item.control, { mode, input }) : item;
      if (step !== null) steps.push(step);
    }
  }
  flush();
}

/** Answers a control request; the step it means, if any. */
function answer(control: ControlRequest, { mode, input }: Pick<Reading, "mode" | "input">): AgentStep | null {
  if (control.subtype !== "can_use_tool") {
    void input.send(refusal(control));
    return null;
  }
  if (mode === "plan" && control.plan !== null) {
    void input.send(denial(control, { message: "The plan is recorded for review. Stop here.", interrupt: true }));
    return { type: "plan", plan: control.plan };
  }
  const message = mode === "plan"
    ? "This run only plans, and nobody is there to ask: use read-only tools, then call ExitPlanMode with the plan."
    : "Nobody is there to ask: go on without it.";
  void input.send(denial(control, { message, interrupt: false }));
  return null;
}

/** One event for the stderr lines of one chunk. */
function pushErrors(lines: Line[], steps: Pick<OutputBound, "push">): void {
  if (lines.length === 0) return;
  const decoder = new TextDecoder();
  const text = lines.map((line) => decoder.decode(line.bytes)).join("\n");
  steps.push({ type: "events", events: [{ type: "output.stderr", data: { text } }], bytes: text.length });
}

function pushNotice(kind: string, text: string, steps: StepQueue): void {
  steps.push({ type: "events", events: [{ type: "output.notice", data: { kind, text } }], bytes: text.length });
}
