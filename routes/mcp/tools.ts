// The tools: each is one operation of the API under another name. What it takes is read from the OpenAPI document, which the
// routes' own schemas make, so that neither says anything twice.

import type { OpenApiDocument, Operation, Parameter, Schema } from "../api/openapi_document.ts";

export interface Hints {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: false;
}

interface ToolDraft {
  name: string;
  title: string;
  description: string;
  method: "get" | "post";
  path: string;
  hints: Hints;
  /** What its query has where the agent says nothing, for answers that fit into a conversation. */
  query?: Record<string, string>;
}

export interface Tool extends ToolDraft {
  inputSchema: { type: "object" } & Schema;
  /** The names of what goes into the query. */
  inQuery: string[];
  hasBody: boolean;
}

const reads: Hints = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const adds: Hints = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };
const takesAway: Hints = { ...adds, destructiveHint: true };

const drafts: ToolDraft[] = [
  {
    name: "create_task",
    title: "Submit a task",
    description:
      "Adds a task to the queue. Only prompt is required: say all that the agent must know, it sees nothing of " +
      "this conversation.",
    ...{ method: "post", path: "/api/tasks", hints: adds },
  },
  {
    name: "list_tasks",
    title: "List tasks",
    description: "Tasks, newest first, in short; by status or by text in title and prompt.",
    ...{ method: "get", path: "/api/tasks", hints: reads, query: { limit: "20" } },
  },
  {
    name: "get_task",
    title: "Read a task",
    description: "One task as it is now: status, plan, what its agent said last, branch, cost.",
    ...{ method: "get", path: "/api/tasks/{id}", hints: reads },
  },
  {
    name: "send_message",
    title: "Send a follow-up",
    description:
      "Words for the agent of a task. One that runs gets them at its next turn; one that is over goes on with them.",
    ...{ method: "post", path: "/api/tasks/{id}/messages", hints: adds },
  },
  {
    name: "cancel_task",
    title: "Cancel a task",
    description: "Stops a run that is open and ends the task. Its work is saved under a ref and put away.",
    ...{ method: "post", path: "/api/tasks/{id}/cancel", hints: takesAway },
  },
  {
    name: "retry_task",
    title: "Try a task again",
    description: "Begins a finished task anew from its base. What it had done is saved under a ref and put away.",
    ...{ method: "post", path: "/api/tasks/{id}/retry", hints: takesAway },
  },
  {
    name: "approve_plan",
    title: "Approve a plan",
    description: "Lets a task whose plan waits carry it out.",
    ...{ method: "post", path: "/api/tasks/{id}/plan/approve", hints: adds },
  },
  {
    name: "reject_plan",
    title: "Send a plan back",
    description: "Says what is to be changed of a plan that waits; the agent revises it.",
    ...{ method: "post", path: "/api/tasks/{id}/plan/reject", hints: adds },
  },
  {
    name: "get_diff",
    title: "Read a diff",
    description: "What a task changed, as a unified diff.",
    ...{ method: "get", path: "/api/tasks/{id}/diff", hints: reads },
  },
  {
    name: "get_events",
    title: "Read events",
    description: "What happened to a task, event by event in order; go on with after.",
    ...{ method: "get", path: "/api/tasks/{id}/events", hints: reads, query: { limit: "100" } },
  },
  {
    name: "why",
    title: "Tell why",
    description: "Why a task runs or waits, from the decisions that were recorded.",
    ...{ method: "get", path: "/api/tasks/{id}/why", hints: reads },
  },
  {
    name: "land_task",
    title: "Land a task's work",
    description:
      "Puts completed work into its target branch, in its turn and checked on the result; get_task tells how it " +
      "went (landing, last_landing).",
    ...{ method: "post", path: "/api/tasks/{id}/land", hints: takesAway },
  },
];

/** All tools, by name. Throws when the document lacks an operation. */
export function toolsOf(document: OpenApiDocument): Map<string, Tool> {
  return new Map(drafts.map((draft) => [draft.name, toolOf(draft, document)]));
}

function toolOf(draft: ToolDraft, document: OpenApiDocument): Tool {
  const operation = document.paths[draft.path]?.[draft.method];
  if (!operation) throw new Error(`There is no ${draft.method} ${draft.path} for the tool ${draft.name}`);
  const parameters = (operation.parameters ?? []).filter((one) => one.in === "path" || one.in === "query");
  const body = bodySchema(operation, document);
  const properties = { ...fieldsOf(parameters, draft.query), ...body?.properties as Record<string, Schema> };
  const required = [
    ...parameters.filter((one) => one.in === "path").map(({ name }) => name),
    ...body?.required as string[] ?? [],
  ];
  return {
    ...draft,
    inputSchema: { type: "object", properties, required, additionalProperties: false },
    inQuery: parameters.filter((one) => one.in === "query").map(({ name }) => name),
    hasBody: body !== null,
  };
}

function fieldsOf(parameters: Parameter[], query: Record<string, string> = {}): Record<string, Schema> {
  return Object.fromEntries(parameters.map(({ name, schema, description }) => {
    const field = { ...schema, ...(description !== undefined && { description }) };
    return [name, name in query ? { ...field, default: Number(query[name]) } : field];
  }));
}

function bodySchema(operation: Operation, document: OpenApiDocument): Schema | null {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  if (!schema) return null;
  return whole(schema, document);
}

/** Examples are for the document; patterns the API itself judges by, in words. */
const leftOut = ["example", "pattern"];

/** A schema with what it refers to in its place. */
function whole(schema: Schema, document: OpenApiDocument): Schema {
  const name = typeof schema.$ref === "string" ? schema.$ref.split("/").at(-1)! : null;
  if (name !== null) return whole(document.components.schemas[name]!, document);
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => !leftOut.includes(key)).map((
      [key, value],
    ) => [key, within(value, document)]),
  );
}

function within(value: unknown, document: OpenApiDocument): unknown {
  if (Array.isArray(value)) return value.map((one) => within(one, document));
  return typeof value === "object" && value !== null ? whole(value as Schema, document) : value;
}
