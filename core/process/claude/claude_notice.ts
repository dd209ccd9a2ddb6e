// The lines of claude that are neither its words nor its tools, in words a person can read. What is known to be noise
// gives nothing; what is not known is one quiet line that keeps its JSON for readers of the log.

import { countOf, type JsonObject, objectOf, stringOf } from "./json_value.ts";

// Progress ticks and echoes: their content arrives again as a whole, or is of no use to a reader.
const NOISE = new Set([
  "stream_event",
  "control_response",
  "control_cancel_request",
  "keep_alive",
  "tool_progress",
  "thinking_tokens",
  "hook_started",
  "hook_progress",
  "task_progress",
  // What lives in the background is an event of its own.
  "background_tasks_changed",
  "task_started",
  "task_updated",
]);
const KNOWN = new Set([
  "api_retry",
  "compact_boundary",
  "hook_response",
  "rate_limit_event",
  "status",
  "task_notification",
]);
const TELLING = ["message", "text", "content", "summary", "description", "error"];

const KIND_LENGTH = 100;
const TELLING_LENGTH = 200;

/** A line in words for a person; `kind` is claude's own name for it. */
export interface Notice {
  kind: string;
  text: string;
  /** The whole line, of a kind that is not known here. */
  raw?: string;
}

/** What to show for a `system` line or one of an unknown type, or `null` for noise. Never throws. */
export function noticeOf(message: JsonObject): Notice | null {
  const kind = (message.type === "system" ? stringOf(message.subtype) : stringOf(message.type)) || "unknown";
  if (NOISE.has(kind)) return null;
  if (!KNOWN.has(kind)) return unknown(kind.slice(0, KIND_LENGTH), message);
  const text = describe(kind, message);
  return text === null ? null : { kind, text };
}

/** One quiet line with its name and, where it has one, its first words; the rest is for readers of the log. */
function unknown(kind: string, message: JsonObject): Notice {
  const words = TELLING.map((key) => stringOf(message[key]).trim()).find((text) => text !== "");
  const first = words?.split("\n", 1)[0]?.slice(0, TELLING_LENGTH).toWellFormed();
  return { kind, text: first ? `${kind}: ${first}` : kind, raw: json(message) };
}

function describe(kind: string, message: JsonObject): string | null {
  switch (kind) {
    case "api_retry":
      return apiRetry(message);
    case "compact_boundary":
      return compacted(objectOf(message.compact_metadata));
    case "hook_response":
      return hook(message);
    case "rate_limit_event":
      return limit(objectOf(message.rate_limit_info));
    case "status":
      // "requesting" comes before every API call.
      return message.status === "compacting" ? "Compacting the conversation" : null;
    case "task_notification":
      // A command in a subagent's foreground is named so, too, and its result says it all.
      if (message.owned_by_subagent === true) return null;
      return `Background task ${stringOf(message.status)}: ${stringOf(message.summary)}`;
  }
  return null;
}

function apiRetry(message: JsonObject): string {
  const status = stringOf(message.error_status);
  const error = stringOf(message.error);
  const seconds = (countOf(message.retry_delay_ms) / 1000).toFixed(1);
  const count = `${stringOf(message.attempt)} of ${stringOf(message.max_retries)}`;
  return `API error${status && ` ${status}`}${error && ` (${error})`}: retry ${count} in ${seconds} s`;
}

function compacted(metadata: JsonObject): string {
  const trigger = stringOf(metadata.trigger);
  const tokens = countOf(metadata.pre_tokens);
  const details = [trigger, tokens > 0 ? `${tokens} tokens before` : ""].filter(Boolean).join(", ");
  return `Conversation compacted${details && ` (${details})`}`;
}

function hook(message: JsonObject): string {
  const output = stringOf(message.output) || stringOf(message.stderr) || stringOf(message.stdout);
  const outcome = stringOf(message.outcome) || `exit ${stringOf(message.exit_code)}`;
  return `Hook ${stringOf(message.hook_name)}: ${outcome}${output && `\n${output}`}`;
}

function limit(info: JsonObject): string | null {
  const status = stringOf(info.status);
  if (status === "allowed") return null;
  const used = countOf(info.utilization);
  const resets = countOf(info.resetsAt);
  return [
    `Usage limit${info.rateLimitType ? ` (${stringOf(info.rateLimitType)})` : ""}: ${status}`,
    used > 0 ? `${Math.round(used * 100)} % used` : "",
    // Dates end at 8.64e12 s; a larger number would make toISOString throw.
    resets > 0 && resets < 8e12 ? `resets at ${new Date(resets * 1000).toISOString()}` : "",
  ].filter(Boolean).join(", ");
}

function json(message: JsonObject): string {
  const { session_id: _session, uuid: _uuid, ...rest } = message;
  return JSON.stringify(rest);
}
