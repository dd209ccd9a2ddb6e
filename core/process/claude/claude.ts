// The Agent port with Claude Code (or any program that speaks its stream-json, such as demo_agent.ts).
//
// Promises: every stdout byte is appended to the raw log as it came; every line becomes steps in order; a control request
// is always answered, so nothing hangs; memory is bounded (1 MiB of steps, and one line of at most 64 MiB), and beyond that
// the agent is held back by its own pipes; the steps end, also when a grandchild keeps a pipe open.

import type { Agent, AgentProcess, AgentStart } from "../agent.ts";
import { childTree } from "../child_tree.ts";
import { isHeld, spawnContained } from "../containment.ts";
import { markVariable } from "../process_table.ts";
import { claudeArgs, requireOptions } from "./claude_args.ts";
import type { Prices } from "./claude_cost.ts";
import { claudeInput, interruptRequest, userMessage } from "./claude_input.ts";
import { readOutput } from "./claude_output.ts";
import { newClaudeState } from "./claude_state.ts";
import { LogTimes } from "../log_times.ts";
import { openRawLog } from "./raw_log.ts";
import { stepQueue } from "./step_queue.ts";

/** The program that is started for each run. */
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

/**
 * The port with one program. To start an agent throws `DomainError("invalid")` when the run wants an option that the program
 * does not know, and `DomainError("unavailable")` when it cannot be started or its log not be written.
 */
export function claudeAgent(
  { program, name, options = new Set(), extraArgs = [], env = {} }: ClaudeOptions,
): Agent {
  const prices: Prices = new Map();
  return async (start) => {
    requireOptions(start, { name, options });
    const args = [...extraArgs, ...claudeArgs(start, options)];
    const log = await openRawLog(start.rawLog);
    try {
      const { cwd, spawn = spawnContained } = start;
      const child = await spawn(program, {
        args,
        cwd,
        env: {
          ...start.env,
          ...env,
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
          [markVariable(start.mark)]: "1",
          [markVariable(start.workerMark)]: "1",
        },
        stdin: "piped",
      });
      return agentProcess(child, { start, name, args: [program, ...args], log, prices });
    } catch (error) {
      log.close();
      throw error;
    }
  };
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
  const tree = childTree(child, { mark, isHeld: isHeld(child) });
  const { exited } = tree;
  exited.then(() => void input.abandon());
  const { maxOutputBytes = Infinity } = start;
  const drained = readOutput(child, {
    ...{ input, steps, exited, log, mode, state, maxOutputBytes },
    times: new LogTimes(start.rawLog),
  });
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
      tree.look();
      return input.close();
    },
    // Not awaited: an agent that does not read its stdin must not hold up the one who wants to stop it.
    interrupt: () => Promise.resolve(void input.send(interruptRequest())),
    async end(options) {
      await tree.end(options);
      if (!steps.isPulled) steps.abandon();
      if (steps.abandoned.aborted) await drained;
    },
  };
}
