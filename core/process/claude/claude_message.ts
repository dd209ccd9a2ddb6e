// One line of claude's stream-json output -> what it means here. Pure but for the small state it is handed.
//
// Promises: no line throws, whatever its shape; nothing that is not known noise is lost: a line that is no JSON object
// becomes `output.raw`, a kind of line or block that is not known becomes `output.notice`. (The raw log has every byte.)
// Usage is counted once per message id, because claude repeats it with each content block.

import { type AgentResult, environmentStatus } from "../agent.ts";
import { readBackground } from "./claude_background.ts";
import { readAssistant, readUser, textOf } from "./claude_content.ts";
import { spentUntil } from "./claude_cost.ts";
import { noticeOf } from "./claude_notice.ts";
import { type ClaudeItem, type ClaudeState, type ControlRequest, eventItem, planOf, planTool } from "./claude_state.ts";
import { countOf, isDeeperThan, isObject, type JsonObject, objectOf, stringOf } from "./json_value.ts";

// Deeper JSON than this is not claude's; walking it recursively later (`JSON.stringify`) could overflow the stack.
const MAX_DEPTH = 200;

/** The items of one stdout line (without its newline), in order; changes `state`. Never throws. */
export function readClaudeLine(line: string, state: ClaudeState): ClaudeItem[] {
  if (line.trim() === "") return [];
  const message = parseObject(line);
  if (message === null) return [eventItem("output.raw", { text: line })];
  switch (message.type) {
    case "system":
      return message.subtype === "init" ? ready(message, state) : system(message, state);
    case "assistant":
      return readAssistant(message, state) ?? notice(message);
    case "user":
      return readUser(message, state) ?? notice(message);
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

/** Said at the start of each turn; told when it is the first one of a session. */
function ready(message: JsonObject, state: ClaudeState): ClaudeItem[] {
  const session = stringOf(message.session_id);
  const isNew = state.session !== session;
  state.session = session;
  state.cwd = stringOf(message.cwd) || null;
  const model = stringOf(message.model);
  const version = stringOf(message.claude_code_version);
  return [{ type: "turn" }, ...(isNew ? [eventItem("agent.ready", { model, session_id: session, version })] : [])];
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
  return data === null ? [] : [eventItem("output.notice", data)];
}

function controlOf(message: JsonObject, state: ClaudeState): ControlRequest {
  const request = objectOf(message.request);
  const tool = stringOf(request.tool_name) || null;
  const plan = tool === planTool ? planOf(stringOf(objectOf(request.input).plan), state) : null;
  return { requestId: stringOf(message.request_id), subtype: stringOf(request.subtype), tool, plan };
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
