// Lines of an agent's raw log as a person reads them. Pure: any text may come, and nothing throws.

import { plainText } from "../parts/ansi.ts";
import { bytes, cost, duration, plural } from "../../core/view/format.ts";

export interface LogLine {
  /** What kind of line it is: `says`, `calls Bash`, `result success` ... */
  what: string;
  /** What it says, on one line. */
  text: string;
  isError: boolean;
}

type Fields = Record<string, unknown>;

/** What is read of a line to say what it is, in UTF-16 units. */
const readMax = 200_000;
const textMax = 300;

export function logLine(line: string): LogLine {
  const message = parsed(line);
  if (message === null) return said("text", line);
  switch (message.type) {
    case "system":
      return said(`system ${text(message.subtype)}`, systemText(message));
    case "assistant":
    case "user":
      return contentLine(message);
    case "result":
      return resultLine(message);
    case "control_request":
      return said("asks", [text(fields(message.request).subtype), text(fields(message.request).tool_name)].join(" "));
    default:
      return said(text(message.type) || "line", rest(message));
  }
}

function parsed(line: string): Fields | null {
  // A longer one is cut, so that it could not be parsed, or would take long.
  if (line.length > readMax) return { type: startOfType(line), size: bytes(line.length) };
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : null;
  } catch {
    return null;
  }
}

function startOfType(line: string): string {
  return /^\{"type":"(\w{1,40})"/.exec(line)?.[1]?.concat(" ") ?? "line";
}

function contentLine(message: Fields): LogLine {
  const { content } = fields(message.message);
  const blocks = Array.isArray(content) ? content.map(fields) : [{ type: "text", text: content }];
  const [first = {}] = blocks;
  const line = blockLine(first, message.type === "user" ? "to the agent" : "says");
  const who = text(message.parent_tool_use_id) === "" ? line.what : `subagent ${line.what}`;
  return { ...line, what: blocks.length > 1 ? `${who} and ${blocks.length - 1} more` : who };
}

function blockLine(block: Fields, says: string): LogLine {
  switch (block.type) {
    case "text":
      return said(says, text(block.text));
    case "thinking":
      return said("thinks", text(block.thinking));
    case "tool_use":
      return said(`calls ${text(block.name)}`, inputText(fields(block.input)));
    case "tool_result": {
      const answer = answerText(block.content);
      const size = answer.length > textMax ? `${bytes(answer.length)}: ` : "";
      return { ...said("answer", size + answer), isError: block.is_error === true };
    }
    default:
      return said(text(block.type) || "content", rest(block));
  }
}

function answerText(content: unknown): string {
  if (!Array.isArray(content)) return text(content);
  return content.map(fields).map((part) => part.type === "text" ? text(part.text) : `[${text(part.type)}]`).join(" ");
}

function inputText(input: Fields): string {
  const { command, file_path, path, pattern, url, query, description } = input;
  const telling = [command, file_path, pattern, path, url, query, description].map(text).find((one) => one !== "");
  return telling ?? rest(input);
}

function systemText(message: Fields): string {
  const { model, cwd, tools } = message;
  if (message.subtype !== "init") return rest(message);
  const count = Array.isArray(tools) ? plural(tools.length, "tool") : "";
  return [text(model), text(cwd), count].filter(Boolean).join(", ");
}

function resultLine(message: Fields): LogLine {
  const { subtype, is_error, total_cost_usd, duration_ms, num_turns, result } = message;
  const facts = [
    typeof num_turns === "number" && plural(num_turns, "turn"),
    typeof duration_ms === "number" && duration(duration_ms),
    typeof total_cost_usd === "number" && cost(total_cost_usd),
  ].filter(Boolean).join(", ");
  const isError = is_error === true || subtype !== "success";
  return { ...said(`result ${text(subtype)}`, [facts, text(result)].filter(Boolean).join(": ")), isError };
}

/** What else it says, without what says nothing to a person. */
function rest(message: Fields): string {
  const { type: _, subtype: __, uuid: ___, session_id: ____, parent_tool_use_id: _____, ...others } = message;
  return JSON.stringify(others).slice(1, -1);
}

function said(what: string, words: string): LogLine {
  const line = plainText(words.slice(0, textMax * 4)).replace(/\s+/g, " ").trim();
  return { what: what.trim(), text: line.length > textMax ? `${line.slice(0, textMax)}…` : line, isError: false };
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
