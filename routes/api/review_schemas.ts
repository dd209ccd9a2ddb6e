// What a review takes and answers: comments, a landing as it would be, and where work can go.

import { z } from "@hono/zod-openapi";
import { isBranchName } from "../../core/domain/slug.ts";
import { prompt, title, turnChanges } from "./command_schemas.ts";
import { commentSide, landingMethod } from "./event_schemas.ts";
import { at, atOrNull, integer, nullable, said } from "./field_schemas.ts";
import { limits } from "./limits.ts";

const wellFormed = z.string().transform((text) => text.toWellFormed());

const commentText = wellFormed
  .refine((text) => text.trim() !== "", "Say something")
  .refine((text) => text.length <= limits.comment, `At most ${limits.comment} characters`)
  .openapi({ type: "string", minLength: 1, maxLength: limits.comment, pattern: "\\S" });

export const newCommentSchema = z.strictObject({
  path: wellFormed.pipe(z.string().max(4_096)).openapi({
    type: "string",
    maxLength: 4_096,
    description: "Of the file within the repository; empty for a plan",
  }),
  side: commentSide.openapi({ description: "`old`: the file before the change; `plan`: the plan's text" }),
  line: z.number().int().min(1).max(10_000_000),
  quote: wellFormed.pipe(z.string().max(4_000)).openapi({
    type: "string",
    maxLength: 4_000,
    description: "The text of that line: by it the comment finds its line again",
  }),
  text: commentText,
  blob: z.string().regex(/^[0-9a-f]{4,64}$/).nullable().default(null).openapi({
    description: "The id of the file's content in git, from the diff's `index` line",
  }),
}).refine(({ side, path }) => (side === "plan") === (path === ""), {
  path: ["path"],
  message: "A path goes with the sides old and new; a plan has none",
}).openapi("NewComment", {
  example: { path: "report.ts", side: "new", line: 12, quote: "let a = 1;", text: "Why not const?", blob: null },
});

export const commentChangesSchema = z.strictObject({ text: commentText.optional(), resolved: z.boolean().optional() })
  .openapi("CommentChanges", { example: { resolved: true } });

export const sendCommentsSchema = z.strictObject({
  text: prompt.optional(),
  ids: z.array(z.number().int().min(1)).min(1).max(200).transform((ids) => [...new Set(ids)]).optional()
    .openapi({ description: "By default all that are open and were not sent" }),
  ...turnChanges,
}).openapi("SendComments", {
  description: "One message to the agent. Of comments that were sent already none is sent again.",
  example: { text: "Please see to these" },
});

const comment = z.object({
  id: integer,
  path: z.string(),
  side: commentSide,
  line: integer.openapi({ description: "Where it is now; of one that is outdated, where it was" }),
  quote: z.string(),
  text: z.string(),
  blob: nullable,
  at,
  by: z.string(),
  resolved: z.boolean(),
  sent: integer.nullable().openapi({ description: "The event that sent it to the agent; null: not yet" }),
  outdated: z.boolean().openapi({ description: "Its line is gone" }),
  edited_at: atOrNull("When its text was changed last"),
});
const commentExample = {
  ...{
    id: 1,
    path: "report.ts",
    side: "new" as const,
    line: 12,
    quote: "let a = 1;",
    text: "Why not const?",
    blob: null,
  },
  ...{ at: "2026-01-05T09:30:00.000Z", by: "ui", resolved: false, sent: null, outdated: false, edited_at: null },
};
export const commentSchema = comment.openapi("Comment", { example: commentExample });
export const commentsSchema = z.object({ comments: z.array(commentSchema) }).openapi("Comments");

const target = z.string().refine(isBranchName, "The name of a branch, such as main").openapi({
  description: "The branch to land in; by default what the repository says, else where the work began",
  type: "string",
  minLength: 1,
  maxLength: 255,
});

export const landSchema = z.strictObject({
  method: landingMethod.optional(),
  target: target.optional(),
  message: wellFormed.refine((text) => text.trim() !== "", "It is empty")
    .refine((text) => !text.includes("\0"), "No NUL characters")
    .refine((text) => text.length <= limits.message, `At most ${limits.message} characters`).optional().openapi({
      type: "string",
      minLength: 1,
      maxLength: limits.message,
      pattern: "\\S",
      description: "Of the commit that `merge` and `squash` make; by default title and summary with trailers",
    }),
  leave_uncommitted: z.boolean().optional().openapi({
    description: "Land although something is not committed: it stays behind, saved under the task's refs",
  }),
}).openapi("Landing", { example: { method: "squash" as const, target: "main" } });

export const resolveSchema = z.strictObject({ method: landingMethod.optional(), target: target.optional() })
  .openapi("ResolveConflicts", { example: { target: "main" } });

export const landingQuery = z.object({ method: landingMethod.optional(), target: target.optional() });

const reasons = z.object({ ff: nullable, merge: nullable, squash: nullable, rebase: nullable });
export const landingPreviewSchema = z.object({
  target: z.string(),
  method: landingMethod,
  target_commit: z.string(),
  commit: z.string(),
  merge_base: nullable,
  ahead: integer.openapi({ description: "Commits of the work that the target does not have" }),
  behind: integer,
  conflicts: z.array(z.string()).openapi({ description: "Files that conflict, the first 200" }),
  is_landed: z.boolean(),
  methods: reasons.openapi({ description: "Null: possible; else why not" }),
  checkout: z.object({ path: z.string(), in_the_way: z.array(z.string()) }).nullable()
    .openapi({ description: "Where the target is checked out, and what there is in the way" }),
  uncommitted: z.object({ count: integer, files: z.array(z.string()) }),
  message: z.string(),
  check: said("The command line that judges the result; null: none"),
}).openapi("LandingPreview");

export const pushSchema = z.strictObject({
  remote: z.string().min(1).max(255).optional().openapi({ description: "By default `origin`, else the only one" }),
}).openapi("Push", { example: { remote: "origin" } });

export const pullRequestSchema = z.strictObject({
  title: title.optional(),
  body: prompt.optional(),
  draft: z.boolean().optional(),
  target: target.optional(),
  remote: z.string().min(1).max(255).optional(),
}).openapi("NewPullRequest", { example: { draft: true } });

export const outgoingSchema = z.object({
  branch: z.string(),
  target: z.string(),
  links: z.object({
    host: z.enum(["github", "gitlab", "gitea", "bitbucket"]).nullable(),
    pull_request: nullable,
    branch: nullable,
  }).nullable().openapi({ description: "Pages of the branch where it was pushed; null: it was not" }),
  gh: z.object({ found: z.boolean(), logged_in: z.boolean(), words: z.string() })
    .openapi({ description: "Whether the person's own `gh` can open pull requests" }),
}).openapi("Outgoing");

const point = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, "The name of a moment, such as base, run-1 or now");
export const diffQuery = z.object({
  from: point.optional().openapi({
    description: "`merge-base` (the default: with the target as it is now), `base`, `run-2`, `message-41`, `message` " +
      "(the last), `review` (when comments were sent last), `event-40` (the files right after it), `task-12`",
  }),
  to: point.optional().openapi({ description: "By default `now`; else as `from`" }),
  w: z.enum(["0", "1"]).optional().openapi({ description: "`1`: lines that differ in white space only are the same" }),
  at: z.string().regex(/^[1-9]\d{0,14}$/, "A seq").transform(Number).optional().openapi({
    type: "integer",
    minimum: 1,
    description: "The files right after this event against the base; 409 when they were not kept",
  }),
});
export const fileQuery = z.object({
  path: z.string().min(1).max(4_096).openapi({ description: "Within the repository" }),
  at: point.default("now").openapi({ description: "A moment, as for the diff" }),
});

export const folderQuery = z.object({
  path: z.string().max(4_096).default("").openapi({ description: "Of a folder within the repository; empty: the top" }),
  at: point.default("now").openapi({ description: "A moment, as for the diff" }),
});

export const folderSchema = z.object({
  entries: z.array(z.object({
    name: z.string(),
    kind: z.enum(["file", "folder", "link", "repository"]).openapi({
      description: "`link`: a symbolic one. `repository`: one that is nested, or a submodule",
    }),
    bytes: integer.nullable().openapi({ description: "Of a file" }),
  })).openapi({ description: "Folders first, each by name; at most 2,000" }),
  is_cut: z.boolean().openapi({ description: "There are more" }),
}).openapi("Folder", {
  example: {
    entries: [{ name: "src", kind: "folder", bytes: null }, { name: "README.md", kind: "file", bytes: 812 }],
    is_cut: false,
  },
});

export const commentParam = z.object({
  id: z.string().regex(/^[1-9]\d{0,14}$/, "A whole number").transform(Number).openapi({
    type: "integer",
    minimum: 1,
    param: { name: "id", in: "path" },
    example: 12,
  }),
  comment: z.string().regex(/^[1-9]\d{0,14}$/, "A whole number").transform(Number).openapi({
    type: "integer",
    minimum: 1,
    param: { name: "comment", in: "path" },
    example: 1,
  }),
});
