// What is wrong with a value, for a person: the sentences of zod name types, ours say what is accepted. A schema's own words
// are kept.

import type { z } from "@hono/zod-openapi";

/** How zod begins when a schema says nothing of its own. */
const ofZod = /^(Invalid|Too big|Too small|Unrecognized)/;

const types: Record<string, string> = {
  int: "A whole number",
  number: "A number",
  string: "A text",
  boolean: "true or false",
  array: "A list",
  tuple: "A list",
  object: "An object",
  record: "An object",
};

/** One sentence without a full stop: `A whole number`, `At most 20`, `One of execute, plan`. */
export function issueWords(issue: z.core.$ZodIssue): string {
  if (!ofZod.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      if (issue.message.endsWith("received undefined")) return "It is missing";
      return types[issue.expected] ?? "It has not the right type";
    case "too_big":
      return `${issue.inclusive ? "At most" : "Less than"} ${issue.maximum}${unitOf(issue.origin)}`;
    case "too_small":
      if (issue.origin === "string" && issue.minimum === 1) return "It is empty";
      return `${issue.inclusive ? "At least" : "More than"} ${issue.minimum}${unitOf(issue.origin)}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `Only ${String(issue.values[0])} is accepted`
        : `One of ${issue.values.map(String).join(", ")}`;
    default:
      return "It has not the right form";
  }
}

function unitOf(origin: string): string {
  return origin === "string" ? " characters" : origin === "array" ? " entries" : "";
}
