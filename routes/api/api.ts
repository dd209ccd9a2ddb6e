// What every API module shares: one way to answer a validation error, and the words for answers in the document.

import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Issue } from "../../core/domain/error.ts";
import { problemResponse } from "./error_response.ts";
import { issueWords } from "./issue_words.ts";
import { problemSchema } from "./problem_schema.ts";

/** A router whose validation errors are 422 problems with a path and a sentence for every wrong field. */
export function api(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.flatMap(errorsOf).slice(0, errorsShown);
      const fields = errors.slice(0, 10).map(({ path, message }) => path === "" ? message : `${path}: ${message}`);
      return problemResponse(422, fields.join("; "), errors);
    },
  });
}

/** A body of nothing but wrong fields must not come back whole. */
const errorsShown = 100;
const nameShown = 100;

function errorsOf(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.join(".");
  if (issue.code !== "unrecognized_keys") return [{ path, message: issueWords(issue) }];
  return issue.keys.slice(0, errorsShown).map((key) => {
    const name = key.length > nameShown ? `${key.slice(0, nameShown).toWellFormed()}...` : key;
    return { path: path === "" ? name : `${path}.${name}`, message: "There is no such field" };
  });
}

export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { "application/json": { schema } } };
}

const words: Record<number, string> = {
  400: "Malformed JSON",
  404: "There is no such task, repository, worker or token",
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
