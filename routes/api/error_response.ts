// Errors as RFC 9457 problems, in one place. A stranger sees "Internal error"; the log sees everything.

import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { DomainError, type ErrorCode, type Issue } from "../../core/domain/error.ts";

const statusOf: Record<ErrorCode, ContentfulStatusCode> = {
  not_found: 404,
  conflict: 409,
  fenced: 409,
  precondition_failed: 412,
  invalid: 422,
  unavailable: 503,
};

const titles: Record<number, string> = {
  400: "Bad request",
  401: "Authentication needed",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timeout",
  409: "Conflict",
  412: "Precondition failed",
  413: "Content too large",
  415: "Unsupported media type",
  421: "Misdirected request",
  422: "Invalid value",
  429: "Too many requests",
  500: "Internal error",
  503: "Unavailable",
};

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: Issue[];
}

export function problem(status: number, detail: string, errors?: Issue[]): Problem {
  const title = titles[status] ?? "Error";
  return { type: "about:blank", title, status, detail, ...(errors && errors.length > 0 && { errors }) };
}

export function problemResponse(status: number, detail: string, errors?: Issue[]): Response {
  return asResponse(problem(status, detail, errors));
}

/** A problem as the answer to a program. */
export function asResponse(problem: Problem): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { "content-type": "application/problem+json" },
  });
}

/** Any error as a problem; `onUnexpected` is told of what a stranger is not. */
export function problemOf(error: unknown, onUnexpected: (error: unknown) => void): Problem {
  if (error instanceof DomainError) return problem(statusOf[error.code], error.message, error.issues);
  if (error instanceof HTTPException) return problem(error.status, error.message || titles[error.status] || "");
  onUnexpected(error);
  return problem(500, "Internal error: the service's log has the details");
}
