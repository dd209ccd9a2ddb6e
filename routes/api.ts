// What every API module shares: one way to answer a validation error, and the words for answers in the document.

import { OpenAPIHono, type z } from "@hono/zod-openapi";
import { problemResponse } from "./error_response.ts";
import { problemSchema } from "./schemas.ts";

/** A router whose validation errors are 422 problems with a path and a sentence for every wrong field. */
export function api(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.map((issue) => ({
        path: issue.code === "unrecognized_keys" ? issue.keys.join(", ") : issue.path.join("."),
        message: issue.code === "unrecognized_keys" ? "There is no such field" : issue.message,
      }));
      const fields = errors.map(({ path, message }) => path === "" ? message : `${path}: ${message}`);
      return problemResponse(422, fields.join("; "), errors);
    },
  });
}

export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { "application/json": { schema } } };
}

const words: Record<number, string> = {
  400: "Malformed JSON",
  404: "There is no such task",
  409: "Not allowed in the task's present state",
  412: "The task is at another version",
  413: "The body is larger than 2 MiB",
  415: "The body is not application/json",
  422: "A value is wrong; `errors` names each",
};

type ProblemAnswer = { description: string; content: { "application/problem+json": { schema: typeof problemSchema } } };

/** Problem answers for the document. Handlers never return them themselves: errors are thrown and mapped once. */
export function problems(...statuses: number[]): Record<`${number}XX` | never, ProblemAnswer> {
  const answers: Record<number, ProblemAnswer> = {};
  for (const status of statuses) {
    answers[status] = {
      description: words[status] ?? "Problem",
      content: { "application/problem+json": { schema: problemSchema } },
    };
  }
  return answers as Record<never, ProblemAnswer>;
}
