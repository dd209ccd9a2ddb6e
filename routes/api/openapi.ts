// `GET /api/openapi.json`: the document that the routes themselves make, completed by what is the same everywhere (who may
// call, what can go wrong with any call) and by the few routes that are no JSON API (pages, login).

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { json } from "./api.ts";
import { eventDataName, eventDataSchemas } from "./event_schemas.ts";
import { limits, problemSchema } from "./schemas.ts";

/** The parts of a document that are looked at here and in docs.tsx; source: https://spec.openapis.org/oas/v3.1.1 */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, Answer>;
    headers: Record<string, Header>;
    securitySchemes: Record<
      string,
      { type: string; description?: string; scheme?: string; name?: string; in?: string }
    >;
  };
}

export interface Operation {
  summary?: string;
  description?: string;
  operationId?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, Answer | Reference>;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header" | "cookie";
  required?: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
}

export interface Header {
  description?: string;
  /** Whether it is always there. */
  required?: boolean;
  schema: Schema;
}

export interface Answer {
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, Media>;
}

export interface Media {
  schema?: Schema;
  example?: unknown;
}

export interface Reference {
  $ref: string;
}

/** A JSON Schema (2020-12). */
export type Schema = { [key: string]: unknown; description?: string; example?: unknown };

/** Refusals that a request can meet in the middleware, before any route sees it. */
const middlewareAnswers: Record<number, { name: string; description: string; headers?: Record<string, Reference> }> = {
  400: { name: "BadRequest", description: "The body is not JSON, or not UTF-8" },
  401: {
    name: "Unauthenticated",
    description: "A token is asked for and none, or a wrong one, was sent",
    headers: { "WWW-Authenticate": { $ref: "#/components/headers/WWW-Authenticate" } },
  },
  403: { name: "Forbidden", description: "The request comes from a page of another origin" },
  408: { name: "Timeout", description: "The body did not arrive in time" },
  413: { name: "TooLarge", description: `The body is larger than ${limits.body} bytes (2 MiB)` },
  415: { name: "UnsupportedMediaType", description: "The body is not sent as `application/json`" },
  421: { name: "Misdirected", description: "The `Host` is no name or address of this server" },
  429: {
    name: "TooManyAttempts",
    description: "Too many wrong tokens",
    headers: { "Retry-After": { $ref: "#/components/headers/Retry-After" } },
  },
  500: { name: "InternalError", description: "A fault of the service; its log has the details" },
  503: { name: "Unavailable", description: "The service or its store cannot do it now; try again" },
};

const statusesOfAny = [403, 421, 500, 503];
const statusesWithToken = [401, 429];
const statusesWithBody = [400, 408, 413, 415];

const example = (status: number, title: string, detail: string, errors?: { path: string; message: string }[]) => ({
  type: "about:blank",
  title,
  status,
  detail,
  ...(errors && { errors }),
});

/** What the answer of each status may look like. */
export const problemExamples: Record<number, unknown> = {
  400: example(400, "Bad request", "The body is not valid JSON: Unexpected end of JSON input"),
  401: example(401, "Authentication needed", "Send the token as `Authorization: Bearer ...`, or log in at /login"),
  403: example(403, "Forbidden", "Requests from pages of another origin are refused"),
  404: example(404, "Not found", "There is no task 12"),
  405: example(405, "Method not allowed", "/api/tasks answers to GET, POST"),
  408: example(408, "Request timeout", "The body did not arrive within 30 s"),
  409: example(409, "Conflict", "Cannot edit task 12: it is completed"),
  412: example(412, "Precondition failed", "Task 12 is at event 9, not 7"),
  413: example(413, "Content too large", `The body is larger than ${limits.body} bytes`),
  415: example(415, "Unsupported media type", "Send the body as application/json"),
  421: example(421, "Misdirected request", 'This server does not answer to the host name "example.com"'),
  422: example(422, "Invalid value", "priority: Invalid input: expected number, received string", [
    { path: "priority", message: "Invalid input: expected number, received string" },
  ]),
  429: example(429, "Too many requests", "Too many wrong tokens: wait a minute, then try again"),
  500: example(500, "Internal error", "Internal error: the service's log has the details"),
  503: example(503, "Unavailable", "The store does not answer; whether this took effect will show later"),
};

const description = `A queue for unattended coding work: submit tasks, follow them live, read their whole history.

- JSON in snake_case; ids are integers from 1; times are ISO 8601 in UTC. A field that is not documented is refused.
- Errors are problems (RFC 9457, \`application/problem+json\`) with a plain sentence in \`detail\`; a 422 lists every wrong
  field in \`errors\`.
- Bound to loopback without \`CODER_TOKEN\` or \`CODER_TOKEN_FILE\` no token is asked for. Else every call but
  \`/healthz\` and \`/login\` needs \`Authorization: Bearer ...\` or the cookie that \`/login\` sets.
- \`Host\` must be a name or address of this server; requests from pages of another origin are refused.
- GET routes answer HEAD too. Any other method on a known path is answered 405 with \`Allow\`.
- Bodies are JSON of at most 2 MiB that arrive within 30 s. Every text in one is well-formed Unicode: a lone surrogate
  becomes U+FFFD.`;

const tags = [
  { name: "Tasks", description: "Submit, read, edit, command." },
  { name: "History", description: "What happened, event by event; the only source of truth." },
  { name: "Live", description: "Server-Sent Events." },
  { name: "Service", description: "Its condition and its description." },
  { name: "Pages", description: "For a browser. HTML; not part of the contract but for their addresses." },
];

const text = { type: "string" };
const html = { "text/html": { schema: text } };
const page = (summary: string, extra: Partial<Operation> = {}): Operation => ({
  tags: ["Pages"],
  summary,
  responses: { 200: { description: "The page", content: html } },
  ...extra,
});
const seeLogin = {
  description: "To `/login`, when a token is asked for",
  headers: { Location: { required: true, schema: text } },
};
const next: Parameter = { name: "next", in: "query", schema: text, description: "The path to go to afterwards" };
const taskPath: Parameter = { name: "id", in: "path", required: true, schema: { type: "integer", minimum: 1 } };
const missingPage = {
  description: "There is no such task",
  content: { ...html, "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** Routes outside the API, by path and method. */
const pagePaths: OpenApiDocument["paths"] = {
  "/": { get: page("The board", { responses: { 200: { description: "The page", content: html }, 404: missingPage } }) },
  "/tasks/new": { get: page("The form for a new task") },
  "/tasks/{id}": {
    get: page("A task", {
      parameters: [taskPath],
      responses: { 200: { description: "The page", content: html }, 404: missingPage },
    }),
  },
  "/tasks/{id}/{tab}": {
    get: page("A tab of a task", {
      parameters: [taskPath, { name: "tab", in: "path", required: true, schema: text }],
      responses: { 200: { description: "The page", content: html }, 404: missingPage },
    }),
  },
  "/assets/{file}": {
    get: page("A script or the stylesheet; its name has a hash of its content", {
      security: [],
      parameters: [{ name: "file", in: "path", required: true, schema: text }],
      responses: {
        200: {
          description: "Never changes",
          content: { "text/javascript": { schema: text }, "text/css": { schema: text } },
        },
        404: { description: "There is no such file", content: { "text/plain": { schema: text } } },
      },
    }),
  },
  "/api/docs": { get: page("This reference as a page", { tags: ["Service"] }) },
  "/api/docs.css": {
    get: page("Its stylesheet", {
      tags: ["Service"],
      responses: { 200: { description: "CSS", content: { "text/css": { schema: text } } } },
    }),
  },
  "/login": {
    get: page("The login form", {
      security: [],
      parameters: [next],
      responses: {
        200: { description: "The form", content: html },
        303: { description: "To the board: no token is asked for", headers: { Location: { schema: text } } },
      },
    }),
    post: page("Log in", {
      security: [],
      parameters: [next],
      requestBody: {
        required: true,
        content: {
          "application/x-www-form-urlencoded": {
            schema: { type: "object", properties: { token: text }, required: ["token"] },
          },
        },
      },
      responses: {
        303: {
          description: "Logged in",
          headers: {
            Location: { required: true, schema: text },
            "Set-Cookie": {
              description: "When a token is asked for: HttpOnly, SameSite=Strict; derived from the token",
              schema: text,
            },
          },
        },
        403: { description: "That is not the token, or the form was sent by another site", content: html },
        429: {
          description: "Too many wrong tokens",
          headers: { "Retry-After": { $ref: "#/components/headers/Retry-After" } },
          content: html,
        },
      },
    }),
  },
};

/** Adds `GET /api/openapi.json` to `app`; answers it from all routes that `app` has when it is first asked. */
export function openApi(app: OpenAPIHono, { version }: { version: string }): () => OpenApiDocument {
  let document: OpenApiDocument | null = null;
  const read = () => document ??= describe(app, version);
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/openapi.json",
      tags: ["Service"],
      summary: "This document",
      responses: { 200: json(z.record(z.string(), z.unknown()), "OpenAPI 3.1") },
    }),
    (c) => c.json(read() as unknown as Record<string, unknown>, 200),
  );
  return read;
}

// The types of openapi3-ts know the licence of 3.0 only; 3.1 wants an SPDX identifier.
const license: { name: string } = { name: "MIT", identifier: "MIT" } as { name: string };

function describe(app: OpenAPIHono, version: string): OpenApiDocument {
  registerComponents(app);
  const made = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Personal Coder", version, description, license },
    servers: [{ url: "/" }],
    security: [{}, { token: [] }, { session: [] }],
    tags,
  }) as unknown as OpenApiDocument;
  const document = structuredClone(made);
  document.components.responses = sharedAnswers();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) complete(operation, { path, method });
  }
  for (const [path, operations] of Object.entries(pagePaths)) {
    const added = document.paths[path] ??= {};
    for (const [method, operation] of Object.entries(operations)) {
      const copy = structuredClone(operation);
      if (method === "get" && copy.security === undefined) copy.responses[303] = seeLogin;
      complete(copy, { path, method });
      added[method] = copy;
    }
  }
  document.components.schemas["Event"] = withEventData(document.components.schemas["Event"]!);
  return document;
}

function registerComponents(app: OpenAPIHono): void {
  const registry = app.openAPIRegistry;
  registry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "`CODER_TOKEN`, what `CODER_TOKEN_FILE` holds, or the token in the data folder's file `token`",
  });
  registry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "coder_session",
    description: "HttpOnly, SameSite=Strict; set by `/login`",
  });
  registry.registerComponent("headers", "WWW-Authenticate", {
    description: "`Bearer`",
    required: true,
    schema: { type: "string" },
  });
  registry.registerComponent("headers", "Retry-After", {
    description: "Seconds to wait",
    required: true,
    schema: { type: "integer", minimum: 0 },
  });
  registry.register("Problem", problemSchema);
  for (const [type, schema] of Object.entries(eventDataSchemas)) registry.register(eventDataName(type), schema);
}

function sharedAnswers(): Record<string, Answer> {
  return Object.fromEntries(
    Object.entries(middlewareAnswers).map(([status, { name, description, headers }]) => [name, {
      description,
      ...(headers && { headers }),
      content: {
        "application/problem+json": {
          schema: { $ref: "#/components/schemas/Problem" },
          example: problemExamples[Number(status)],
        },
      },
    }]),
  );
}

function complete(operation: Operation, { path, method }: { path: string; method: string }): void {
  operation.operationId ??= idOf(method, path);
  operation.tags ??= ["Tasks"];
  addDoor(operation, { method });
  for (const [status, answer] of Object.entries(operation.responses)) {
    if ("$ref" in answer) continue;
    const problem = answer.content?.["application/problem+json"];
    if (problem) problem.example ??= problemExamples[Number(status)];
  }
}

/** The answers that every route can give without saying so itself. A route's own words win. */
function addDoor(operation: Operation, { method }: { method: string }): void {
  const statuses = [...statusesOfAny];
  if (operation.security === undefined) statuses.push(...statusesWithToken);
  if (method !== "get") statuses.push(...statusesWithBody);
  for (const status of statuses) {
    operation.responses[status] ??= { $ref: `#/components/responses/${middlewareAnswers[status]!.name}` };
  }
}

function idOf(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "" && word !== "api");
  // `/api/tasks/{id}` and `/tasks/{id}` are two things.
  if (!path.startsWith("/api/")) words.push("page");
  return [method, ...words].map((word, index) => index === 0 ? word : word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** Known types say what their data holds; others may come and stay unchecked. */
function withEventData(envelope: Schema): Schema {
  return {
    ...envelope,
    allOf: Object.keys(eventDataSchemas).map((type) => ({
      if: { properties: { type: { const: type }, v: { const: 1 } } },
      then: { properties: { data: { $ref: `#/components/schemas/${eventDataName(type)}` } } },
    })),
  };
}
