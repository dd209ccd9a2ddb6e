// The command line that claude is started with.

import { DomainError } from "../../domain/error.ts";
import type { AgentStart } from "../agent.ts";
import { refusedTools } from "./claude_tools.ts";

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

/**
 * A task may have been submitted where another program was installed: throws `DomainError("invalid")` when it wants an option
 * that is none of `options`. `name` is what the program is called.
 */
export function requireOptions(
  { effort, fallbackModel }: AgentStart,
  { name, options }: { name: string; options: ReadonlySet<string> },
): void {
  const wanted = [effort !== null && "--effort", fallbackModel !== null && "--fallback-model"];
  const missing = wanted.find((option) => option !== false && !options.has(option));
  if (missing) throw new DomainError("invalid", `Cannot start ${name} with ${missing}: it knows no such option`);
}
