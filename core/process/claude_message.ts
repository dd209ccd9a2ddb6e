// One line of claude's stream-json output -> what it means here. Pure but for the small state it is handed.
//
// Promises: no line throws, whatever its shape; nothing that is not known noise is lost: a line that is no JSON object
// becomes `output.raw`, a kind of line or block that is not known becomes `output.notice`. (The raw log has every byte.)
// Usage is counted once per message id, because claude repeats it with each content block.

import type { EventData, NewEvent, Usage } from "../domain/event.ts";
import { addUsage, noUsage } from "../domain/task.ts";
import type { AgentResult } from "./agent.ts";
import { countOf, isDeeperThan, isObject, type JsonObject, objectOf, stringOf } from "./json_value.ts";
import { noticeOf } from "./claude_notice.ts";
import { toolSummary } from "./tool_summary.ts";

/** What is remembered between the lines of one process. */
export interface ClaudeState {
  /** Message ids whose usage is counted. */
  counted: Set<string>;
  /** The folder that `system/init` named, to shorten paths in summaries. */
  cwd: string | null;
  /** The `usage` of all results so far: each one counts its own turn only. */
  turns: Usage;
}

export type ClaudeItem =
  | { type: "event"; event: NewEvent }
  | { type: "result"; result: AgentResult }
  | { type: "control"; control: ControlRequest };

/** claude asks its caller something and waits for the `control_response`. */
export interface ControlRequest {
  requestId: string;
  /** `can_use_tool` or another. */
  subtype: string;
  /** Of `can_use_tool`. */
  tool: string | null;
  /** The plan, when `tool` is ExitPlanMode. */
  plan: string | null;
}

// Deeper JSON than this is not claude's; walking it recursively later (`JSON.stringify`) could overflow the stack.
const MAX_DEPTH = 200;

export function newClaudeState(): ClaudeState {
  return { counted: new Set(), cwd: null, turns: noUsage };
}

/** The items of one stdout line (without its newline), in order; changes `state`. Never throws. */
export function readClaudeLine(line: string, state: ClaudeState): ClaudeItem[] {
  if (line.trim() === "") return [];
  const message = parseObject(line);
  if (message === null) return [event("output.raw", { text: line })];
  switch (message.type) {
    case "system":
      return message.subtype === "init" ? [ready(message, state)] : notice(message);
    case "assistant":
      return assistant(message, state) ?? notice(message);
    case "user":
      return user(message) ?? notice(message);
    case "result":
      return [{ type: "result", result: resultOf(message, state) }];
    case "control_request":
      return [{ type: "control", control: controlOf(message) }];
    default:
      return notice(message);
  }
}

function parseObject(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line);
    if (!isObject(value)) return null;
    // Each level takes two characters: a short line cannot be deep, and most lines are short.
    return line.length > MAX_DEPTH * 2 && isDeeperThan(value, MAX_DEPTH) ? null : value;
  } catch {
    return null;
  }
}

function event<T extends "output.raw" | "output.notice" | "agent.ready" | "usage.counted" | OutputType>(
  type: T,
  data: EventData[T],
): ClaudeItem {
  return { type: "event", event: { type, data } as NewEvent };
}
type OutputType = "output.text" | "output.thinking" | "output.tool_use" | "output.tool_result";

function ready(message: JsonObject, state: ClaudeState): ClaudeItem {
  state.cwd = stringOf(message.cwd) || null;
  return event("agent.ready", {
    model: stringOf(message.model),
    session_id: stringOf(message.session_id),
    version: stringOf(message.claude_code_version),
  });
}

function notice(message: JsonObject): ClaudeItem[] {
  const data = noticeOf(message);
  return data === null ? [] : [event("output.notice", data)];
}

/** The items of an assistant line, or `null` when it has no content that could be read. */
function assistant(line: JsonObject, state: ClaudeState): ClaudeItem[] | null {
  const message = objectOf(line.message);
  const blocks = blocksOf(message.content);
  if (blocks === null) return null;
  const subagent = subagentOf(line);
  return [...blocks.flatMap((block) => assistantBlock(block, { subagent, state })), ...counted(message, state)];
}

type Subagent = { subagent?: string };

function subagentOf(line: JsonObject): Subagent {
  const id = stringOf(line.parent_tool_use_id);
  return id === "" ? {} : { subagent: id };
}

/** Content is a string or a list of blocks. */
function blocksOf(content: unknown): JsonObject[] | null {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) return null;
  return content.map((block) => isObject(block) ? block : { type: "text", text: textOf(block) });
}

function assistantBlock(
  block: JsonObject,
  { subagent, state }: { subagent: Subagent; state: ClaudeState },
): ClaudeItem[] {
  const type = stringOf(block.type);
  if (type === "text") return words("output.text", stringOf(block.text), subagent);
  if (type === "thinking") return words("output.thinking", stringOf(block.thinking), subagent);
  if (type === "redacted_thinking") return words("output.thinking", "[redacted]", subagent);
  if (type.endsWith("tool_use")) {
    const name = stringOf(block.name);
    const input = block.input ?? null;
    const summary = toolSummary(name, input, state.cwd);
    return [event("output.tool_use", { id: stringOf(block.id), name, summary, input, ...subagent })];
  }
  if (type.endsWith("tool_result")) return [toolResult(block, subagent)];
  return [event("output.notice", { kind: type || "unknown", text: textOf(block) })];
}

// Newer models send thinking blocks without text, only to carry a signature.
function words(type: "output.text" | "output.thinking", text: string, subagent: Subagent): ClaudeItem[] {
  return text === "" ? [] : [event(type, { text, ...subagent })];
}

function counted(message: JsonObject, state: ClaudeState): ClaudeItem[] {
  const id = stringOf(message.id);
  // claude makes up `<synthetic>` messages itself (API errors), with all counts zero.
  if (id === "" || message.model === "<synthetic>" || !isObject(message.usage) || state.counted.has(id)) return [];
  state.counted.add(id);
  return [event("usage.counted", { message_id: id, ...usageOf(message.usage) })];
}

function usageOf(value: unknown): Usage {
  const usage = objectOf(value);
  return {
    input_tokens: countOf(usage.input_tokens),
    output_tokens: countOf(usage.output_tokens),
    cache_read_tokens: countOf(usage.cache_read_input_tokens),
    cache_write_tokens: countOf(usage.cache_creation_input_tokens),
  };
}

/** User lines carry tool results, and what claude itself puts in the user's mouth ("[Request interrupted by user]"). */
function user(line: JsonObject): ClaudeItem[] | null {
  const blocks = blocksOf(objectOf(line.message).content);
  if (blocks === null) return null;
  const subagent = subagentOf(line);
  return blocks.flatMap((block) => {
    if (stringOf(block.type).endsWith("tool_result")) return [toolResult(block, subagent)];
    const text = textOf(block);
    return text === "" ? [] : [event("output.notice", { kind: "user", text })];
  });
}

function toolResult(block: JsonObject, subagent: Subagent): ClaudeItem {
  return event("output.tool_result", {
    id: stringOf(block.tool_use_id),
    is_error: block.is_error === true,
    text: textOf(block.content),
    ...subagent,
  });
}

/** The text of a tool result or block: strings and text blocks as they are, images described, the rest as JSON. */
function textOf(content: unknown): string {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map(textOf).filter((text) => text !== "").join("\n");
  if (!isObject(content)) return String(content);
  if (content.type === "text" && typeof content.text === "string") return content.text;
  if (content.type === "image" || content.type === "document") return mediaOf(content);
  return JSON.stringify(content);
}

function mediaOf(block: JsonObject): string {
  const source = objectOf(block.source);
  const kind = [stringOf(block.type), stringOf(source.media_type)].filter(Boolean).join(" ");
  const bytes = Math.floor(stringOf(source.data).length * 3 / 4);
  return `[${kind}${bytes > 0 ? `, ${Math.ceil(bytes / 1024)} KB` : ""}]`;
}

function controlOf(message: JsonObject): ControlRequest {
  const request = objectOf(message.request);
  const tool = stringOf(request.tool_name) || null;
  const plan = tool === "ExitPlanMode" ? stringOf(objectOf(request.input).plan) : null;
  return { requestId: stringOf(message.request_id), subtype: stringOf(request.subtype), tool, plan };
}

/**
 * What a process used so far. `usage` is of one turn, and of a turn that the budget ended it lacks the last message;
 * `modelUsage` is of the whole process, as the cost is, but a program that speaks like claude may not send it. Neither
 * counts too much.
 */
function usedSoFar(message: JsonObject, state: ClaudeState): Usage {
  state.turns = addUsage(state.turns, usageOf(message.usage));
  let models = noUsage;
  for (const value of Object.values(objectOf(message.modelUsage))) {
    const used = objectOf(value);
    models = addUsage(models, {
      input_tokens: countOf(used.inputTokens),
      output_tokens: countOf(used.outputTokens),
      cache_read_tokens: countOf(used.cacheReadInputTokens),
      cache_write_tokens: countOf(used.cacheCreationInputTokens),
    });
  }
  return largerUsage(state.turns, models);
}

function largerUsage(a: Usage, b: Usage): Usage {
  return {
    input_tokens: Math.max(a.input_tokens, b.input_tokens),
    output_tokens: Math.max(a.output_tokens, b.output_tokens),
    cache_read_tokens: Math.max(a.cache_read_tokens, b.cache_read_tokens),
    cache_write_tokens: Math.max(a.cache_write_tokens, b.cache_write_tokens),
  };
}

function resultOf(message: JsonObject, state: ClaudeState): AgentResult {
  const subtype = stringOf(message.subtype);
  const errors = Array.isArray(message.errors) ? message.errors.map(textOf).filter(Boolean).join("\n") : "";
  const status = countOf(message.api_error_status);
  return {
    ok: subtype === "success" && message.is_error === false,
    subtype,
    text: stringOf(message.result) || errors,
    apiErrorStatus: status === 0 ? null : status,
    usage: usedSoFar(message, state),
    costUsd: countOf(message.total_cost_usd),
  };
}
