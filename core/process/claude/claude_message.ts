// One line of claude's stream-json output -> what it means here. Pure but for the small state it is handed.
//
// Promises: no line throws, whatever its shape; nothing that is not known noise is lost: a line that is no JSON object
// becomes `output.raw`, a kind of line or block that is not known becomes `output.notice`. (The raw log has every byte.)
// Usage is counted once per message id, because claude repeats it with each content block.

import type { BackgroundTask, EventData, NewEvent } from "../../domain/event.ts";
import { type AgentResult, environmentStatus } from "../agent.ts";
import { type BackgroundState, readBackground } from "./claude_background.ts";
import {
  type CostState,
  countAnswer,
  newCostState,
  type Prices,
  type Spent,
  spentUntil,
  usageOf,
} from "./claude_cost.ts";
import { countOf, isDeeperThan, isObject, type JsonObject, objectOf, stringOf } from "./json_value.ts";
import { noticeOf } from "./claude_notice.ts";
import { toolSummary } from "./tool_summary.ts";

/** What is remembered between the lines of one process. */
export interface ClaudeState {
  cost: CostState;
  background: BackgroundState;
  /** The session that `system/init` named last. */
  session: string | null;
  /** When a usage limit that was met is over, in ms since 1970. */
  limitResetsAt: number | null;
  /** What the agent itself said last, and the plan it handed in: a plan's request may lack it. */
  lastText: string;
  planInput: string;
  /** The folder that `system/init` named, to shorten paths in summaries. */
  cwd: string | null;
}

export type ClaudeItem =
  | { type: "event"; event: NewEvent }
  | { type: "result"; result: AgentResult }
  | { type: "control"; control: ControlRequest }
  /** What lives in the background now. */
  | { type: "background"; tasks: BackgroundTask[] }
  /** A turn began: after a message, or because background work ended. */
  | { type: "turn" }
  /** The API refuses, and the next try is far away. `retryInMs`: how far, where it is said. */
  | { type: "refused"; reason: string; retryInMs: number | null };

/** claude asks its caller something and waits for the `control_response`. */
export interface ControlRequest {
  requestId: string;
  /** `can_use_tool` or another. */
  subtype: string;
  /** Of `can_use_tool`. */
  tool: string | null;
  /** The plan, when `tool` is ExitPlanMode: the request's own, else what the agent handed in, else its last words. */
  plan: string | null;
}

/** Hands in a plan, in plan mode. */
const planTool = "ExitPlanMode";
// Deeper JSON than this is not claude's; walking it recursively later (`JSON.stringify`) could overflow the stack.
const MAX_DEPTH = 200;

/** @param prices learned from the processes before; changed by this one's results */
export function newClaudeState(
  { isResumed = false, before = null, prices = new Map() }: {
    isResumed?: boolean;
    before?: Spent | null;
    prices?: Prices;
  } = {},
): ClaudeState {
  return {
    cost: newCostState({ isResumed, before, prices }),
    background: { living: [], listed: false },
    session: null,
    limitResetsAt: null,
    lastText: "",
    planInput: "",
    cwd: null,
  };
}

/** The items of one stdout line (without its newline), in order; changes `state`. Never throws. */
export function readClaudeLine(line: string, state: ClaudeState): ClaudeItem[] {
  if (line.trim() === "") return [];
  const message = parseObject(line);
  if (message === null) return [event("output.raw", { text: line })];
  switch (message.type) {
    case "system":
      return message.subtype === "init" ? ready(message, state) : system(message, state);
    case "assistant":
      return assistant(message, state) ?? notice(message);
    case "user":
      return user(message) ?? notice(message);
    case "result":
      return [{ type: "result", result: resultOf(message, state) }];
    case "control_request":
      return [{ type: "control", control: controlOf(message, state) }];
    case "rate_limit_event":
      state.limitResetsAt = resetOf(objectOf(message.rate_limit_info)) ?? state.limitResetsAt;
      return notice(message);
    default:
      return notice(message);
  }
}

/** When the limit that refuses is over, in ms since 1970; `null` when none does or it is not said. */
function resetOf(info: JsonObject): number | null {
  const seconds = countOf(info.resetsAt);
  return info.status === "rejected" && seconds > 0 ? seconds * 1_000 : null;
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

/** Said at the start of each turn; told when it is the first one of a session. */
function ready(message: JsonObject, state: ClaudeState): ClaudeItem[] {
  const session = stringOf(message.session_id);
  const isNew = state.session !== session;
  state.session = session;
  state.cwd = stringOf(message.cwd) || null;
  const model = stringOf(message.model);
  const version = stringOf(message.claude_code_version);
  return [{ type: "turn" }, ...(isNew ? [event("agent.ready", { model, session_id: session, version })] : [])];
}

function system(message: JsonObject, state: ClaudeState): ClaudeItem[] {
  const tasks = readBackground(message, state.background);
  return [
    ...notice(message),
    ...(tasks === null ? [] : [{ type: "background" as const, tasks }]),
    ...(message.subtype === "api_retry" ? refused(message) : []),
  ];
}

/** A wait that is worth more than a slot: beyond this the run rests, and goes on in its session later. */
const LONGEST_RETRY_MS = 60_000;
/** Credentials that are refused this often are not about to be renewed by another process. */
const TRIES_WITH_CREDENTIALS = 3;

function refused(message: JsonObject): ClaudeItem[] {
  const delayMs = countOf(message.retry_delay_ms);
  const status = countOf(message.error_status);
  const reason = environmentStatus[status] ??
    `The Messages API cannot be used now (${status || stringOf(message.error)})`;
  if (delayMs > LONGEST_RETRY_MS) return [{ type: "refused", reason, retryInMs: delayMs }];
  if (status === 401 && countOf(message.attempt) >= TRIES_WITH_CREDENTIALS) {
    return [{ type: "refused", reason, retryInMs: null }];
  }
  return [];
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
  if (type === "text") {
    const text = stringOf(block.text);
    if (subagent.subagent === undefined && text.trim() !== "") state.lastText = text;
    return words("output.text", text, subagent);
  }
  if (type === "thinking") return words("output.thinking", stringOf(block.thinking), subagent);
  if (type === "redacted_thinking") return words("output.thinking", "[redacted]", subagent);
  if (type.endsWith("tool_use")) {
    const name = stringOf(block.name);
    const input = block.input ?? null;
    const summary = toolSummary(name, input, state.cwd);
    if (name === planTool) state.planInput = stringOf(objectOf(input).plan) || state.planInput;
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
  const model = stringOf(message.model);
  // claude makes up `<synthetic>` messages itself (API errors), with all counts zero.
  if (id === "" || model === "<synthetic>" || !isObject(message.usage)) return [];
  const usage = usageOf(message.usage);
  const { isNew, estimatedUsd } = countAnswer(state.cost, { id, model, usage });
  if (!isNew) return [];
  const price = estimatedUsd === undefined ? {} : { estimated_cost_usd: estimatedUsd };
  return [event("usage.counted", { message_id: id, ...(model && { model }), ...usage, ...price })];
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

function controlOf(message: JsonObject, state: ClaudeState): ControlRequest {
  const request = objectOf(message.request);
  const tool = stringOf(request.tool_name) || null;
  const plan = tool === planTool ? planOf(stringOf(objectOf(request.input).plan), state) : null;
  return { requestId: stringOf(message.request_id), subtype: stringOf(request.subtype), tool, plan };
}

/** In the place of a plan that says nothing, for the person who is to approve it. */
const emptyPlan = "The agent handed in no plan: its request, its call and its last words are all empty. " +
  "Send it back with what you expect of a plan.";

/** The first of a plan's sources that says something. */
export function planOf(plan: string, { planInput, lastText }: Pick<ClaudeState, "planInput" | "lastText">): string {
  return [plan, planInput, lastText].find((text) => text.trim() !== "") ?? emptyPlan;
}

function resultOf(message: JsonObject, state: ClaudeState): AgentResult {
  const subtype = stringOf(message.subtype);
  const errors = Array.isArray(message.errors) ? message.errors.map(textOf).filter(Boolean).join("\n") : "";
  const status = countOf(message.api_error_status);
  const { own, session } = spentUntil(message, state.cost);
  return {
    ok: subtype === "success" && message.is_error === false,
    subtype,
    text: stringOf(message.result) || errors,
    apiErrorStatus: status === 0 ? null : status,
    limitResetsAt: state.limitResetsAt,
    plan: planOf(state.planInput, { planInput: stringOf(message.result), lastText: state.lastText }),
    usage: own.usage,
    costUsd: own.costUsd,
    sessionTotal: session,
  };
}
