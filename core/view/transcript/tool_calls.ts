// The calls of tools: what is known of one, and what it is called. Pure.

import type { ResultImage, TaskEventOf } from "../../domain/event.ts";

export interface ToolCall {
  id: string;
  name: string;
  summary: string;
  input: unknown;
  seq: number;
  at: string;
  /** Made by a subagent whose own call stands before this stretch. */
  subagent: boolean;
  result: ToolResult | null;
  /** The call itself stands before this stretch. */
  isCut?: true;
}

export interface ToolResult {
  seq: number;
  text: string;
  isError: boolean;
  at: string;
  images: ResultImage[];
}

export function toolCall({ seq, at, data }: TaskEventOf<"output.tool_use">): ToolCall {
  const { id, name, summary, input } = data;
  return { id, name, summary, input, seq, at, subagent: data.subagent !== undefined, result: null };
}

/** What is known of a call by its result alone. */
export function lostCall({ seq, at, data: { id } }: TaskEventOf<"output.tool_result">): ToolCall {
  const call = {
    id,
    name: "Result",
    summary: "of an earlier call",
    input: null,
    seq,
    at,
    subagent: false,
    result: null,
  };
  return { ...call, isCut: true };
}

/** A tool of a server by the Model Context Protocol, `mcp__github__create_issue`, as `github: create_issue`. */
export function toolName(name: string): string {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return server !== undefined && tool !== undefined ? `${server}: ${tool}` : name;
}

/** Calls of one kind counted together: `Read 3, Edit 2, Bash`; their names alone where these are not all. */
export function callNames(calls: ToolCall[], { counted = true }: { counted?: boolean } = {}): string {
  const counts = new Map<string, number>();
  for (const { name } of calls) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => counted && count > 1 ? `${toolName(name)} ${count}` : toolName(name)).join(
    ", ",
  );
}

/** A field of a call's input as text; empty when it has none of that name. */
export function inputText({ input }: Pick<ToolCall, "input">, name: string): string {
  const value = fieldsOf(input)[name];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function fieldsOf(input: unknown): Record<string, unknown> {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? input as Record<string, unknown> : {};
}
