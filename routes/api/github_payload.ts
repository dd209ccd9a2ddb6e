// The bodies of GitHub's deliveries, as far as they are used: https://docs.github.com/webhooks/webhook-events-and-payloads.

import { z } from "@hono/zod-openapi";
import { DomainError } from "../../core/domain/error.ts";
import type { GithubEvent } from "../../core/engine/github/issue_task.ts";

const addressAtMost = 500;

const issue = z.object({
  number: z.number().int(),
  title: z.string(),
  body: z.string().nullish(),
  html_url: z.string().max(addressAtMost),
  pull_request: z.object({}).optional(),
});
const repository = z.object({ full_name: z.string().max(200) });
const issues = z.object({
  action: z.string(),
  label: z.object({ name: z.string() }).optional(),
  issue,
  repository,
});
const issueComment = z.object({
  action: z.string(),
  comment: z.object({ body: z.string(), html_url: z.string().max(addressAtMost), author_association: z.string() }),
  issue,
  repository,
});

/** The event that `name` (of `X-GitHub-Event`) and its body are. Throws `invalid` for a body that GitHub does not send. */
export function githubEvent(name: string, body: unknown): GithubEvent {
  if (name === "issues") return { name, ...read(issues, body) };
  if (name === "issue_comment") return { name, ...read(issueComment, body) };
  return { name: "other", of: name };
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new DomainError("invalid", `It is no delivery of GitHub: ${issue!.path.join(".")}: ${issue!.message}`);
}
