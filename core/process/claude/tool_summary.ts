// One line that tells a person what a tool call does: `npm test`, `src/a.ts`, `TODO in src`.

import { isObject, stringOf } from "./json_value.ts";

const MAX_CHARACTERS = 200;
// The input fields that say most, best first, for tools that are not known by name.
const TELLING = [
  "command",
  "file_path",
  "path",
  "pattern",
  "query",
  "url",
  "description",
  "subject",
  "prompt",
  "title",
];

/** At most 200 characters without line breaks; paths inside `cwd` are shown relative to it. Never throws. */
export function toolSummary(name: string, input: unknown, cwd: string | null): string {
  return oneLine(describe(name, input, cwd));
}

function describe(name: string, input: unknown, cwd: string | null): string {
  if (!isObject(input)) return typeof input === "string" ? input : "";
  const field = (key: string) => stringOf(input[key]);
  const path = (key: string) => relativePath(field(key), cwd);
  switch (name) {
    case "Read":
    case "Write":
    case "Edit":
    case "MultiEdit":
      return path("file_path");
    case "NotebookEdit":
      return path("notebook_path");
    case "Grep":
    case "Glob":
      return field("path") ? `${field("pattern")} in ${path("path")}` : field("pattern");
    case "Task":
    case "Agent":
      return field("description") || field("prompt");
    case "TodoWrite":
      return todo(input.todos);
    case "TaskUpdate":
      return [field("taskId") && `#${field("taskId")}`, field("status"), field("subject")].filter(Boolean).join(" ");
    case "ExitPlanMode":
      return field("plan");
  }
  const key = TELLING.find((key) => field(key) !== "");
  return key === undefined ? compact(input) : path(key);
}

function todo(todos: unknown): string {
  if (!Array.isArray(todos)) return "";
  const current = todos.find((item) => isObject(item) && item.status === "in_progress");
  const done = todos.filter((item) => isObject(item) && item.status === "completed").length;
  return `${done} of ${todos.length} done${isObject(current) ? `: ${stringOf(current.content)}` : ""}`;
}

function relativePath(path: string, cwd: string | null): string {
  if (cwd === null || cwd === "") return path;
  return path === cwd ? "." : path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
}

function compact(value: unknown): string {
  try {
    return value === undefined || (isObject(value) && Object.keys(value).length === 0) ? "" : JSON.stringify(value);
  } catch {
    return "";
  }
}

/** The first 200 characters on one line, never ending within a surrogate pair. */
export function oneLine(text: string): string {
  // The first pass bounds the work on a text of many MB.
  // deno-lint-ignore no-control-regex
  const line = text.slice(0, 4000).replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  if (line.length <= MAX_CHARACTERS) return line.toWellFormed();
  const cut = line.slice(0, MAX_CHARACTERS - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`.toWellFormed();
}
