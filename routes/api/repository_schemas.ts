// The configured repositories as the API shows them.

import { z } from "@hono/zod-openapi";
import { landingMethods } from "../../core/domain/event.ts";
import { sandboxLevels } from "../../core/domain/sandbox.ts";
import type { RepositoryView } from "../../core/view/api_view.ts";
import { at, effort, integer, nullable, said, taskId } from "./field_schemas.ts";

const command = (what: string) => said(`${what}; null: none`);
const seconds = integer.openapi({ description: "What it may take" });

const settings = z.object({
  setup: command("Makes a new worktree ready for work"),
  check: command("Exits 0 when the work is good"),
  cleanup: command("Runs before a worktree is removed"),
  setup_timeout_seconds: seconds,
  check_timeout_seconds: seconds,
  cleanup_timeout_seconds: seconds,
  check_rounds: integer.openapi({ description: "How often the agent may mend what the check refuses, in one run" }),
  commit_reminder: z.boolean(),
  env: z.array(z.string()).openapi({ description: "The names of its variables; their values stay on the server" }),
  model: nullable,
  effort: effort.nullable(),
  target: said("The branch that finished work lands on"),
  method: z.enum(landingMethods).nullable(),
  land: z.enum(["auto", "never"]).nullable().openapi({ description: "`auto`: what is good lands by itself" }),
  exchange: said("The git remote by which workers hand each other work, without user and password"),
  sandbox: z.object({
    level: z.enum(sandboxLevels),
    allowed_domains: z.array(z.string()).openapi({ description: "What `full` leaves open of the network" }),
    push: z.boolean().openapi({ description: "Whether a push from inside is possible" }),
    serve: z.boolean().openapi({
      description: "Whether what listens on TASK_PORT inside can be reached from a browser",
    }),
  }).openapi({ description: "What agent and commands are confined to; CODER_SANDBOX may ask for more" }),
});

const source = z.enum(["coder.json", "operator"]);
const sources = z.object(
  Object.fromEntries(Object.keys(settings.shape).map((name) => [name, source.optional()])) as {
    [F in keyof typeof settings.shape]: z.ZodOptional<typeof source>;
  },
).openapi({ description: "Where each field that is set comes from" });

const step = z.object({
  task: taskId,
  seq: integer.openapi({ description: "Of the task's event that says so" }),
  at,
  outcome: z.string(),
  duration_ms: integer,
}).openapi("StepRecord");

const example = {
  name: "shop",
  path: "/home/ada/shop",
  branch: "main",
  head: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  settings: {
    setup: "npm ci",
    check: "npm test",
    cleanup: null,
    setup_timeout_seconds: 600,
    check_timeout_seconds: 900,
    cleanup_timeout_seconds: 60,
    check_rounds: 2,
    commit_reminder: true,
    env: ["DATABASE_URL", "NODE_ENV"],
    model: null,
    effort: null,
    target: "main",
    method: "squash" as const,
    land: null,
    exchange: null,
    sandbox: { level: "files" as const, allowed_domains: [], push: false, serve: true },
  },
  sources: {
    setup: "coder.json" as const,
    check: "coder.json" as const,
    check_timeout_seconds: "operator" as const,
    env: "operator" as const,
    sandbox: "operator" as const,
    target: "coder.json" as const,
    method: "coder.json" as const,
  },
  error: null,
  last_setup: null,
  last_check: {
    task: 12,
    seq: 41,
    at: "2026-01-05T09:14:30.120Z",
    outcome: "succeeded",
    duration_ms: 21_400,
  },
};

const repository = z.object({
  name: z.string(),
  path: z.string().openapi({ description: "The top folder of its working tree" }),
  branch: said("What is checked out there"),
  head: said("The commit that is checked out there; null when it cannot be looked at"),
  settings: settings.nullable().openapi({ description: "What is in force at `head`; null where `error` says why not" }),
  sources,
  error: said("What is wrong with it, or with one of its files: there with line and column"),
  last_setup: step.nullable(),
  last_check: step.nullable(),
}).openapi("Repository", { example }) satisfies z.ZodType<RepositoryView>;

export const repositoriesSchema = z.object({ repositories: z.array(repository) })
  .openapi("Repositories", { example: { repositories: [example] } });
