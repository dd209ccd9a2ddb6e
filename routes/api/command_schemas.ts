// What a person sends: a new task, changes of one, words for its agent. What is refused, and in which words, is decided here.

import { z } from "@hono/zod-openapi";
import { modelPattern } from "../../core/domain/task_spec.ts";
import { labelKeyPattern, labelsAtMost, labelValuePattern } from "../../core/domain/labels.ts";
import { tagPattern, tagsAtMost } from "../../core/domain/tags.ts";
import { titleOf } from "../../core/domain/slug.ts";
import { effort, maxInt, mode, taskId } from "./field_schemas.ts";
import { limits } from "./limits.ts";

const encoder = new TextEncoder();

/** A character has at most three bytes per UTF-16 unit, so that most texts need not be encoded to be measured. */
function fitsInBytes(text: string, bytes: number): boolean {
  return text.length * 3 <= bytes || (text.length <= bytes && encoder.encode(text).length <= bytes);
}

// A lone surrogate is no character: UTF-8 cannot carry it to the agent, so it becomes U+FFFD where it comes in.
const text = z.string().transform((text) => text.toWellFormed());

export const prompt = text
  .refine((text) => fitsInBytes(text, limits.prompt), `At most ${limits.prompt} bytes (1 MiB) in UTF-8`)
  .refine((text) => text.trim() !== "", "Say what is to be done")
  .openapi({
    type: "string",
    minLength: 1,
    maxLength: limits.prompt,
    pattern: "\\S",
    description: "At most 1 MiB (1,048,576 bytes) in UTF-8, and not only white space",
  });

export const title = text.transform((text) => text.trim())
  .refine((text) => text !== "", "It is empty")
  .refine((text) => [...text].length <= limits.title, `At most ${limits.title} characters`)
  .refine((text) => !/\p{Cc}/u.test(text), "No control characters")
  .openapi({
    type: "string",
    minLength: 1,
    // Of the trimmed text; white space around it is taken off first.
    description: `1 to ${limits.title} characters without control characters; by default the prompt's first line`,
  });

const priority = z.number().int().min(-1_000_000).max(1_000_000)
  .openapi({ description: "Higher goes first" });
// Counted before each is looked at: a body has room for a million of them.
const dependsOn = z.array(z.unknown()).max(limits.dependencies).pipe(z.array(taskId))
  .transform((ids) => [...new Set(ids)])
  .openapi({
    type: "array",
    items: { type: "integer", minimum: 1, maximum: maxInt },
    maxItems: limits.dependencies,
    description: "Ids of the tasks that must be completed first",
  });
const repo = z.string().min(1).max(64).openapi({ description: "The name of a configured repository" });
const base = z.string().min(1).max(255).regex(/^[^\p{Cc}\s]+$/u, "No spaces or control characters")
  .openapi({
    pattern: "^[^\\p{Cc}\\s]+$",
    description: "A branch, tag or commit to start from, or `task:12` for the branch of task 12; by default HEAD",
  });
const model = z.string().min(1).max(100).regex(modelPattern, "A model's name")
  .openapi({ pattern: "^[A-Za-z0-9][\\w.:@/\\[\\]\\-]*$", description: "Given to the agent as `--model`" });
const fallbackModel = z.string().min(1).max(300).regex(
  /^[A-Za-z0-9][\w.:@/[\]-]*( ?, ?[A-Za-z0-9][\w.:@/[\]-]*)*$/,
  "Names of models with commas between them",
).openapi({
  pattern: "^[A-Za-z0-9][\\w.:@/\\[\\]\\-]*( ?, ?[A-Za-z0-9][\\w.:@/\\[\\]\\-]*)*$",
  description:
    "Models to fall back to when the chosen one is busy, in that order: given to the agent as `--fallback-model`",
});
const maxAttempts = z.number().int().min(1).max(20).openapi({ description: "Runs before the task counts as failed" });
const timeoutSeconds = z.number().int().min(1).max(7 * 24 * 3600).openapi({ description: "For each run" });
const silenceSeconds = z.number().int().min(5).max(7 * 24 * 3600).openapi({
  description: "How long the agent may say nothing before the run is ended as `stalled`; null: as the service says",
});
const maxBudget = z.number().positive().max(1_000_000).openapi({ description: "US dollars for all runs together" });

const check = text
  .refine((text) => text.trim() !== "", "It is empty; null means no check")
  .refine((text) => text.length <= limits.check, `At most ${limits.check} characters`)
  .openapi({
    type: "string",
    minLength: 1,
    maxLength: limits.check,
    description: "A command line that judges the result, run by `sh -eu` in the worktree; null: none. " +
      "By default what the repository's `coder.json` says",
  });
const commitReminder = z.boolean().openapi({
  description: "Ask the agent once to commit what it left uncommitted; by default what `coder.json` says, else true",
});

const land = z.literal("auto").nullable().openapi({
  description:
    "`auto`: what is good lands by itself, and who depends on it waits for that; null: not. By default what the " +
    "repository's `coder.json` says",
});

const labelWords = "1 to 63 letters, digits, dots, hyphens or underscores";
const wantedLabels = z.record(
  z.string().regex(labelKeyPattern, `${labelWords}, a letter or digit first`),
  z.string().regex(labelValuePattern, labelWords),
).refine((labels) => Object.keys(labels).length <= labelsAtMost, `At most ${labelsAtMost}`).openapi({
  type: "object",
  maxProperties: labelsAtMost,
  additionalProperties: { type: "string", pattern: labelValuePattern.source },
  description: "A worker runs it only if its CODER_LABELS have all of these, with these values",
  example: { gpu: "1" },
});

// Counted before each is looked at, as dependencies are.
const tags = z.array(z.unknown()).max(tagsAtMost, `At most ${tagsAtMost} tags`)
  .pipe(z.array(z.string().regex(tagPattern, "1 to 32 letters, digits, dots, slashes, hyphens or underscores")))
  .transform((tags) => [...new Set(tags)])
  .openapi({
    type: "array",
    items: { type: "string", pattern: tagPattern.source },
    maxItems: tagsAtMost,
    description: "Words of your own to find the task by; of a task in any status they can be changed",
    example: ["flaky", "web"],
  });

export const newTaskSchema = z.strictObject({
  prompt,
  title: title.optional(),
  priority: priority.default(0),
  depends_on: dependsOn.default([]),
  repo: repo.nullable().default(null),
  base: base.nullable().default(null),
  model: model.nullable().default(null),
  effort: effort.nullable().default(null),
  fallback_model: fallbackModel.nullable().default(null),
  mode: mode.default("execute"),
  max_attempts: maxAttempts.default(1),
  timeout_seconds: timeoutSeconds.nullable().default(null),
  silence_seconds: silenceSeconds.nullable().default(null),
  max_budget_usd: maxBudget.nullable().default(null),
  check: check.nullable().optional(),
  commit_reminder: commitReminder.optional(),
  land: land.optional(),
  labels: wantedLabels.optional(),
  tags: tags.optional(),
}).transform(({ title, ...rest }) => ({ ...rest, title: title ?? titleOf(rest.prompt) }))
  .openapi("NewTask", {
    description: "What is to be done. A field that is not listed here is refused.",
    example: { prompt: "Add a --json flag to the report command, with a test", priority: 5, depends_on: [11] },
  });

export const taskChangesSchema = z.strictObject({
  prompt: prompt.optional(),
  title: title.optional(),
  priority: priority.optional(),
  depends_on: dependsOn.optional(),
  repo: repo.optional(),
  base: base.nullable().optional(),
  model: model.nullable().optional(),
  effort: effort.nullable().optional(),
  fallback_model: fallbackModel.nullable().optional(),
  mode: mode.optional(),
  max_attempts: maxAttempts.optional(),
  timeout_seconds: timeoutSeconds.nullable().optional(),
  silence_seconds: silenceSeconds.nullable().optional(),
  max_budget_usd: maxBudget.nullable().optional(),
  check: check.nullable().optional(),
  commit_reminder: commitReminder.optional(),
  land: land.optional(),
  labels: wantedLabels.optional(),
  tags: tags.optional(),
}).openapi("TaskChanges", {
  description: "The fields to change. Repository and base are fixed once a run has claimed the task.",
  example: { priority: 10, depends_on: [] },
});

export const forkSchema = z.strictObject({
  at: z.number().int().min(1).max(maxInt).openapi({ description: "An event of the task, such as its last" }),
  prompt: prompt.optional(),
  title: title.optional(),
  priority: priority.optional(),
}).openapi("Fork", {
  description: "The moment that the new task goes on from. Without a prompt: with the same",
  example: { at: 41, prompt: "Do the same for the CSV export, and leave the old flag" },
});

export const trySchema = z.strictObject({ base: base.nullable().optional() })
  .openapi("Trial", { description: "What to try it on; by default HEAD", example: { base: "main" } });

export const retrySchema = taskChangesSchema.openapi("Retry", {
  description: "Fields to change before the task begins again; nothing: as it was",
  example: { max_budget_usd: 5 },
});

/** What words for an agent may change of a task that goes on with them. */
export const turnChanges = {
  model: model.nullable().optional(),
  effort: effort.nullable().optional(),
  timeout_seconds: timeoutSeconds.nullable().optional(),
  silence_seconds: silenceSeconds.nullable().optional(),
  max_budget_usd: maxBudget.nullable().optional(),
};

export const messageSchema = z.strictObject({ text: prompt, ...turnChanges }).openapi("Message", {
  description: "Words for the agent. A task that is over goes on with them; what else is sent changes it first.",
  example: { text: "Use the existing helper instead of a new one" },
});
export const feedbackSchema = z.strictObject({ feedback: prompt })
  .openapi("PlanFeedback", { example: { feedback: "Leave the public API as it is" } });
