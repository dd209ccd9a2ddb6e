// What is the same for every operation of the OpenAPI document: its name, who may call, what can go wrong with any call.

import { limits } from "./limits.ts";
import type { Answer, Operation, Reference } from "./openapi_document.ts";
import { problemExamples } from "./problem_schema.ts";

/** Refusals that a request can meet in the middleware, before any route sees it. */
const middlewareAnswers: Record<number, { name: string; description: string; headers?: Record<string, Reference> }> = {
  400: { name: "BadRequest", description: "The body is not JSON, or not UTF-8" },
  401: {
    name: "Unauthenticated",
    description: "A token is asked for and none, or a wrong one, was sent",
    headers: { "WWW-Authenticate": { $ref: "#/components/headers/WWW-Authenticate" } },
  },
  403: {
    name: "Forbidden",
    description: "The request comes from a page of another origin, or its token has a narrower scope",
  },
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

/** The answers that operations refer to. */
export function sharedAnswers(): Record<string, Answer> {
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

/** Gives `operation` what it does not say itself. */
export function completeOperation(operation: Operation, { path, method }: { path: string; method: string }): void {
  operation.operationId ??= idOf(method, path);
  operation.tags ??= ["Tasks"];
  addMiddlewareAnswers(operation, { method });
  for (const [status, answer] of Object.entries(operation.responses)) {
    if ("$ref" in answer) continue;
    const problem = answer.content?.["application/problem+json"];
    if (problem) problem.example ??= problemExamples[Number(status)];
  }
}

/** The answers that every route can give without saying so itself. A route's own words win. */
function addMiddlewareAnswers(operation: Operation, { method }: { method: string }): void {
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
