// A tool's call: the call of the API that it stands for, and its answer as words for an agent.

import type { Tool } from "./tools.ts";

/** Calls the API as the one who called the tool: with the same token, through the same guard. */
export type CallApi = (path: string, init: RequestInit) => Promise<Response>;

export interface ToolResult {
  content: { type: "text"; text: string }[];
  isError?: boolean;
  [key: string]: unknown;
}

/** More fits into no conversation. */
const textAtMost = 60_000;

/** What a list tells of each task; get_task has the rest. */
const short = [
  ...["id", "title", "status", "waiting", "repo", "priority", "depends_on", "branch", "attempts", "max_attempts"],
  ...["checked", "review", "landing", "last_step", "error", "cost_usd", "created_at", "updated_at"],
];

export async function callTool(tool: Tool, given: Record<string, unknown>, call: CallApi): Promise<ToolResult> {
  const unknown = Object.keys(given).filter((name) => !(name in (tool.inputSchema.properties as object)));
  if (unknown.length > 0) return failure(`${tool.name} takes no ${unknown.join(", ").slice(0, 200)}`);
  const { path, rest } = place(tool, given);
  const response = await call(path, {
    method: tool.method.toUpperCase(),
    ...(tool.hasBody && { body: JSON.stringify(rest), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  if (!response.ok) return failure(detailOf(text) ?? `The API answered ${response.status}`);
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return { content: [{ type: "text", text: cut(isJson ? inShort(tool, text) : text || "Nothing changed") }] };
}

/** Where the call goes, and what is left for its body. */
function place({ path, inQuery, query: defaults = {} }: Tool, given: Record<string, unknown>) {
  const query = new URLSearchParams(defaults);
  const rest = { ...given };
  for (const name of inQuery) {
    if (rest[name] !== undefined && rest[name] !== null) query.set(name, String(rest[name]));
    delete rest[name];
  }
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(String(value));
  });
  return { path: query.size > 0 ? `${filled}?${query}` : filled, rest };
}

function failure(text: string): ToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

/** The sentence of a problem. */
function detailOf(text: string): string | null {
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? null;
  } catch {
    return null;
  }
}

function inShort({ name }: Tool, text: string): string {
  if (name === "get_task" || name === "get_events" || name === "why") return text;
  const answer = JSON.parse(text);
  const tell = (task: Record<string, unknown>) => Object.fromEntries(short.map((field) => [field, task[field]]));
  return JSON.stringify(name === "list_tasks" ? { tasks: answer.tasks.map(tell), next: answer.next } : tell(answer));
}

function cut(text: string): string {
  if (text.length <= textAtMost) return text;
  return `${text.slice(0, textAtMost).toWellFormed()}\n[cut: ${text.length - textAtMost} characters more]`;
}
