// `GET /api/openapi.json`: the document that the routes themselves make, completed by what is the same everywhere (who may
// call, what can go wrong with any call) and by the few routes that are no JSON API (pages, login).

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { json } from "./api.ts";
import { completeOperation, sharedAnswers } from "./complete_operation.ts";
import { eventDataName, eventDataSchemas } from "./event_schemas.ts";
import type { OpenApiDocument, Schema } from "./openapi_document.ts";
import { pagePaths, seeLogin } from "./page_paths.ts";
import { problemSchema } from "./problem_schema.ts";

const description = `A queue for unattended coding work: submit tasks, follow them live, read their whole history.

- JSON in snake_case; ids are integers from 1; times are ISO 8601 in UTC. A field that is not documented is refused.
- Errors are problems (RFC 9457, \`application/problem+json\`) with a plain sentence in \`detail\`; a 422 lists every wrong
  field in \`errors\`.
- Bound to loopback without \`CODER_TOKEN\` or \`CODER_TOKEN_FILE\` no token is asked for. Else every call but
  \`/healthz\`, \`/livez\`, \`/readyz\`, \`/login\` and what GitHub signs needs \`Authorization: Bearer ...\` or the
  cookie that \`/login\` sets.
- \`Host\` must be a name or address of this server; requests from pages of another origin are refused.
- GET routes answer HEAD too. Any other method on a known path is answered 405 with \`Allow\`.
- Bodies are JSON of at most 2 MiB that arrive within 30 s. Every text in one is well-formed Unicode: a lone surrogate
  becomes U+FFFD.`;

const tags = [
  { name: "Tasks", description: "Submit, read, edit, command." },
  {
    name: "Review",
    description: "What a task changed, comments on it, and how it gets out: landed, pushed or put away.",
  },
  { name: "History", description: "What happened, event by event; the only source of truth." },
  { name: "Schedules", description: "Tasks that make themselves at their times." },
  { name: "Webhooks", description: "Who is told of which events, as Standard Webhooks says." },
  { name: "GitHub", description: "Issues and comments that become tasks." },
  { name: "Live", description: "Server-Sent Events." },
  { name: "Insights", description: "Across tasks: sums of days, who ran when, what happened. Also as CSV." },
  { name: "Service", description: "Its condition and its description." },
  { name: "Pages", description: "For a browser. HTML; not part of the contract but for their addresses." },
];

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
    for (const [method, operation] of Object.entries(operations)) completeOperation(operation, { path, method });
  }
  for (const [path, operations] of Object.entries(pagePaths)) {
    const added = document.paths[path] ??= {};
    for (const [method, operation] of Object.entries(operations)) {
      const copy = structuredClone(operation);
      if (method === "get" && copy.security === undefined) copy.responses[303] = seeLogin;
      completeOperation(copy, { path, method });
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
    description:
      "`CODER_TOKEN`, what `CODER_TOKEN_FILE` holds, or the token in the data folder's file `token`; or one with a scope, made by `/api/tokens`",
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
