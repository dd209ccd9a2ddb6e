// The lines of claude that carry content: what the agent says and does, and what its tools answer. Nothing here throws.

import type { ResultImage } from "../../domain/event.ts";
import { countAnswer, usageOf } from "./claude_cost.ts";
import { answeredTodos, noteTodoCall } from "./claude_todos.ts";
import { resultImages } from "./claude_images.ts";
import { type ClaudeItem, type ClaudeState, eventItem, planTool } from "./claude_state.ts";
import { isObject, type JsonObject, objectOf, stringOf } from "./json_value.ts";
import { toolSummary } from "./tool_summary.ts";

/** The items of an assistant line, or `null` when it has no content that could be read. */
export function readAssistant(line: JsonObject, state: ClaudeState): ClaudeItem[] | null {
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
    if (subagent.subagent === undefined) noteTodoCall(block, state.todoCalls);
    return [eventItem("output.tool_use", { id: stringOf(block.id), name, summary, input, ...subagent })];
  }
  if (type.endsWith("tool_result")) return toolResult(block, { subagent, state });
  return [eventItem("output.notice", { kind: type || "unknown", text: textOf(block) })];
}

// Newer models send thinking blocks without text, only to carry a signature.
function words(type: "output.text" | "output.thinking", text: string, subagent: Subagent): ClaudeItem[] {
  return text === "" ? [] : [eventItem(type, { text, ...subagent })];
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
  return [eventItem("usage.counted", { message_id: id, ...(model && { model }), ...usage, ...price })];
}

/** The items of a user line, or `null` when it has no content that could be read. Such lines carry tool results, and what claude itself puts in the user's mouth ("[Request interrupted by user]"). */
export function readUser(line: JsonObject, state: ClaudeState): ClaudeItem[] | null {
  const blocks = blocksOf(objectOf(line.message).content);
  if (blocks === null) return null;
  const subagent = subagentOf(line);
  return blocks.flatMap((block) => {
    if (stringOf(block.type).endsWith("tool_result")) return toolResult(block, { subagent, state });
    const text = textOf(block);
    return text === "" ? [] : [eventItem("output.notice", { kind: "user", text })];
  });
}

function toolResult(
  block: JsonObject,
  { subagent, state }: { subagent: Subagent; state: ClaudeState },
): ClaudeItem[] {
  const text = textOf(block.content);
  const images = imagesOf(block);
  const data = { id: stringOf(block.tool_use_id), is_error: block.is_error === true, text };
  const todos = answeredTodos(data, state.todoCalls);
  return [
    eventItem("output.tool_result", { ...data, ...subagent, ...(images.length > 0 && { images }) }),
    ...(todos ? [eventItem("todos.changed", todos)] : []),
  ];
}

function imagesOf(block: JsonObject): ResultImage[] {
  return resultImages(block).map(({ media_type, data }) => ({ media_type, bytes: Math.floor(data.length * 3 / 4) }));
}

/** The text of a tool result or block: strings and text blocks as they are, images described, the rest as JSON. */
export function textOf(content: unknown): string {
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
