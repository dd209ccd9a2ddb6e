// The Agent port with Claude Code (or any program that speaks its stream-json, such as demo_agent.ts).
//
// Promises: every stdout byte is appended to the raw log as it came; every line becomes steps in order; a control request
// is always answered, so nothing hangs; memory is bounded (1 MiB of steps, and one line of at most 64 MiB), and beyond that
// the agent is held back by its own pipes; the steps end, also when a grandchild keeps a pipe open.

import { delay } from "@std/async";
import { dirname } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import type { Agent, AgentExit, AgentProcess, AgentStart, AgentStep } from "../agent.ts";
import { type ClaudeInput, claudeInput, denial, interruptRequest, refusal, userMessage } from "./claude_input.ts";
import { type Prices } from "./claude_cost.ts";
import { type ClaudeState, type ControlRequest, newClaudeState, readClaudeLine } from "./claude_message.ts";
import { refusedTools } from "./claude_tools.ts";
import { spawnContained } from "../containment.ts";
import { childEnvironment } from "../environment.ts";
import { type Line, lineSplitter } from "./line_splitter.ts";
import { type OutputBound, outputBound } from "./output_bound.ts";
import { readPipe } from "./pipe_reader.ts";
import { markVariable, type Process } from "../process_table.ts";
import { endTree, findTree } from "../process_tree.ts";
import { type StepQueue, stepQueue } from "./step_queue.ts";

export interface ClaudeOptions {
  /** A path, or a name to be found on PATH. */
  program: string;
  /** What the steps call it, such as `claude 2.1.197`. */
  name: string;
  /** The options it knows, such as `--effort`, from its `--help`. */
  options?: ReadonlySet<string>;
  /** Before claude's own arguments. */
  extraArgs?: string[];
  /** Added to the child's environment. */
  env?: Record<string, string>;
}

const MAX_QUEUED_BYTES = 1024 * 1024;
const FULL_DISK_PAUSE_MS = 500;

export function claudeAgent(
  { program, name, options = new Set(), extraArgs = [], env = {} }: ClaudeOptions,
): Agent {
  const prices: Prices = new Map();
  return async (start) => {
    requireOptions(start, { name, options });
    const args = [...extraArgs, ...claudeArgs(start, options)];
    const log = await openLog(start.rawLog);
    try {
      const child = await spawnContained(program, {
        args,
        cwd: start.cwd,
        ...childEnvironment({
          ...env,
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
          [markVariable(start.mark)]: "1",
          [markVariable(start.workerMark)]: "1",
        }),
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      });
      return agentProcess(child, { start, name, args: [program, ...args], log, prices });
    } catch (error) {
      log.close();
      throw error;
    }
  };
}

/**
 * The command line that a run starts claude with. No secret is in it, and no text a person wrote.
 * @param options what the program knows
 */
export function claudeArgs(
  { mode, sessionId, resume, model, effort, fallbackModel, maxBudgetUsd }: AgentStart,
  options: ReadonlySet<string>,
): string[] {
  return [
    "-p",
    ...["--input-format", "stream-json"],
    ...["--output-format", "stream-json"],
    "--verbose",
    // Together with the first, the second would run with all permissions.
    ...(mode === "execute"
      ? ["--dangerously-skip-permissions"]
      : ["--permission-mode", "plan", "--permission-prompt-tool", "stdio"]),
    // One argument, since the option takes any number of them.
    ...["--disallowedTools", Object.keys(refusedTools).join(",")],
    ...(options.has("--forward-subagent-text") ? ["--forward-subagent-text"] : []),
    ...(resume ? ["--resume", sessionId] : ["--session-id", sessionId]),
    ...(model === null ? [] : ["--model", model]),
    ...(effort === null ? [] : ["--effort", effort]),
    ...(fallbackModel === null ? [] : ["--fallback-model", fallbackModel.replaceAll(" ", "")]),
    ...(maxBudgetUsd === null ? [] : ["--max-budget-usd", String(maxBudgetUsd)]),
  ];
}

/** A task may have been submitted where another program was installed. */
function requireOptions(
  { effort, fallbackModel }: AgentStart,
  { name, options }: { name: string; options: ReadonlySet<string> },
): void {
  const wanted = [effort !== null && "--effort", fallbackModel !== null && "--fallback-model"];
  const missing = wanted.find((option) => option !== false && !options.has(option));
  if (missing) throw new DomainError("invalid", `Cannot start ${name} with ${missing}: it knows no such option`);
}

async function openLog(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    return await Deno.open(path, { append: true, create: true, mode: 0o600 });
  } catch (cause) {
    // The environment's fault, not the task's.
    throw new DomainError("unavailable", `Cannot write the raw log ${path}: ${messageOf(cause)}`, { cause });
  }
}

interface Running {
  start: AgentStart;
  name: string;
  args: string[];
  log: Deno.FsFile;
  prices: Prices;
}

function agentProcess(child: Deno.ChildProcess, { start, name, args, log, prices }: Running): AgentProcess {
  const input = claudeInput(child.stdin);
  const steps = stepQueue({ maxBytes: MAX_QUEUED_BYTES });
  const { mark, mode } = start;
  const state = newClaudeState({ isResumed: start.resume, before: start.sessionTotal, prices });
  let stragglers: Promise<Process[]> = Promise.resolve([]);
  let family: Promise<Process[]> = Promise.resolve([]);
  const exited: Promise<AgentExit> = child.status.then(({ code, signal }) => {
    // While its group has members its number is not given away, so at this moment, and not much later, what is in the group
    // of that number is the run's for certain: also a child with an empty environment whose parent is gone.
    stragglers = findTree({ mark, group: child.pid }).catch(() => []);
    void input.abandon();
    return { code: signal === null ? code : null, signal };
  });
  const { maxOutputBytes = Infinity } = start;
  const drained = drain(child, { input, steps, exited, log, mode, state, maxOutputBytes });
  void input.send(userMessage(start.prompt));
  return {
    pid: child.pid,
    name,
    args,
    steps,
    exited,
    send: (text) => input.send(userMessage(text)),
    closeInput() {
      // The agent is about to exit, and a child of its children in a session of its own with an empty environment is tied to
      // the run by them only: seen now, it is known when they are gone. Not awaited: where /proc can be read, it is read here.
      family = findTree({ mark, group: child.pid }).catch(() => []);
      return input.close();
    },
    // Not awaited: an agent that does not read its stdin must not hold up the one who wants to stop it.
    interrupt: () => Promise.resolve(void input.send(interruptRequest())),
    async end({ graceMs }) {
      await endTree({ mark, pid: child.pid, graceMs, known: [...await family, ...await stragglers] });
      await exited;
      if (!steps.isPulled) steps.abandon();
      if (steps.abandoned.aborted) await drained;
    },
  };
}

interface Drain {
  input: ClaudeInput;
  steps: StepQueue;
  exited: Promise<unknown>;
  log: Deno.FsFile;
  mode: AgentStart["mode"];
  state: ClaudeState;
  maxOutputBytes: number;
}

/** Reads both pipes until they end and closes the log. Never rejects. */
async function drain(child: Deno.ChildProcess, options: Drain): Promise<void> {
  const { input, steps, exited, log, mode, state, maxOutputBytes } = options;
  const output = lineSplitter();
  const errors = lineSplitter();
  const pipe = { exited, signal: steps.abandoned, room: () => steps.room() };
  const rawLog = logWriter(log, { steps, maxBytes: maxOutputBytes });
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
  steps.end();
}

/**
 * Writes all of a chunk. A full disk must neither end the run nor cost a byte: the agent is held back by its pipe until there
 * is room. Any other error does not pass: it is said once, and the log ends there. So does one that has come to `maxBytes` by
 * all runs of its task: what they say from then on is in their events.
 */
function logWriter(
  log: Deno.FsFile,
  { steps, maxBytes }: { steps: StepQueue; maxBytes: number },
): (chunk: Uint8Array) => Promise<void> {
  let isBroken = false;
  let size: number | null = null;
  return async (chunk) => {
    size ??= maxBytes === Infinity ? 0 : (await log.stat()).size;
    if (!isBroken && size + chunk.length > maxBytes) {
      isBroken = true;
      pushNotice("raw_log", `The raw log ends here: it has reached ${megabytes(maxBytes)}`, steps);
    }
    size += chunk.length;
    for (let at = 0; at < chunk.length && !isBroken && !steps.abandoned.aborted;) {
      try {
        at += await log.write(chunk.subarray(at));
      } catch (error) {
        if (isDiskFull(error)) {
          await delay(FULL_DISK_PAUSE_MS);
          continue;
        }
        isBroken = true;
        pushNotice("raw_log", `The raw log ends here: ${messageOf(error)}`, steps);
      }
    }
  };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576).toLocaleString("en-US")} MB`;
}

function isDiskFull(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "ENOSPC" || code === "EDQUOT" || /os error (28|122)\b/.test(message ?? "");
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
