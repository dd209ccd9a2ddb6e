// What the routes of a review take and answer, as the OpenAPI document has it; review.ts does the work.

import { createRoute, z } from "@hono/zod-openapi";
import { json, problems } from "./api.ts";
import { idParam } from "./parameters.ts";
import {
  commentChangesSchema,
  commentParam,
  commentSchema,
  commentsSchema,
  diffQuery,
  fileQuery,
  folderQuery,
  folderSchema,
  landingPreviewSchema,
  landingQuery,
  landSchema,
  newCommentSchema,
  outgoingSchema,
  pullRequestSchema,
  pushSchema,
  resolveSchema,
  sendCommentsSchema,
} from "./review_schemas.ts";
import { command, jsonBody, optionalBody } from "./task_routes.ts";

const text = z.string();
const tags = ["Review"];

export const readDiff = createRoute({
  method: "get",
  path: "/tasks/{id}/diff",
  tags,
  summary: "What changed between two moments of a task, as a unified diff",
  description: "By default what is to be reviewed: the work against the merge base with its target as that is now.",
  request: { params: idParam, query: diffQuery },
  responses: {
    200: {
      description:
        "With renames and whole blob ids. `Diff-From` and `Diff-To` name the commits; without `Diff-To` it is " +
        "the worktree as it stands",
      content: { "text/x-diff": { schema: text, example: "diff --git a/greet.ts b/greet.ts\n" } },
    },
    ...problems(404, 409, 422),
  },
});

export const readFile = createRoute({
  method: "get",
  path: "/tasks/{id}/file",
  tags,
  summary: "One file of a task's work at a moment",
  request: { params: idParam, query: fileQuery },
  responses: {
    200: {
      description: "Its bytes; images with their type, other text as `text/plain`",
      content: { "text/plain": { schema: text }, "application/octet-stream": { schema: text } },
    },
    ...problems(404, 409, 422),
  },
});

export const readFolder = createRoute({
  method: "get",
  path: "/tasks/{id}/tree",
  tags,
  summary: "What is in a folder of a task's work at a moment",
  description: "Of a worktree what git lists: ignored files, and what is behind a symbolic link, are not there.",
  request: { params: idParam, query: folderQuery },
  responses: { 200: json(folderSchema, "One folder, without those in it"), ...problems(404, 409, 422) },
});

export const readPatch = createRoute(
  question("/tasks/{id}/patch", "The commits of a task as mails, for `git am`", {
    description: "`git format-patch` of what is committed",
    content: { "application/mbox": { schema: text } },
  }),
);

export const listComments = createRoute(
  question(
    "/tasks/{id}/comments",
    "The comments on a task's changes and on its plan",
    json(commentsSchema, "In the order in which they were written"),
  ),
);

export const addComment = createRoute({
  method: "post",
  path: "/tasks/{id}/comments",
  tags,
  summary: "Comment on a line",
  request: { params: idParam, body: jsonBody(newCommentSchema) },
  responses: { 201: json(commentSchema, "The comment"), ...problems(400, 404, 409, 413, 415, 422) },
});

export const changeComment = createRoute({
  method: "patch",
  path: "/tasks/{id}/comments/{comment}",
  tags,
  summary: "Change a comment, or say that it is resolved",
  request: { params: commentParam, body: jsonBody(commentChangesSchema) },
  responses: { 200: json(commentSchema, "The comment"), ...problems(400, 404, 409, 413, 415, 422) },
});

export const deleteComment = createRoute({
  method: "delete",
  path: "/tasks/{id}/comments/{comment}",
  tags,
  summary: "Delete a comment",
  request: { params: commentParam },
  responses: { 204: { description: "It is gone" }, ...problems(404, 409, 422) },
});

export const sendComments = createRoute({
  ...optionalBody(
    command(
      "/tasks/{id}/comments/send",
      "Send comments to the agent",
      "As one message; of a plan that waits for approval, as what is to be changed of it. Sent again, nothing happens.",
    ),
    sendCommentsSchema,
  ),
  tags,
});

export const previewLanding = createRoute({
  method: "get",
  path: "/tasks/{id}/landing",
  tags,
  summary: "What landing would do",
  description: "No ref and no worktree is touched.",
  request: { params: idParam, query: landingQuery },
  responses: { 200: json(landingPreviewSchema, "As things stand now"), ...problems(404, 409, 422) },
});

export const land = createRoute({
  ...optionalBody(
    command(
      "/tasks/{id}/land",
      "Land the work in its target branch",
      "One at a time per repository: it is integrated, the result is checked, and the target moves, or the log says why " +
        "not. `landing` and `last_landing` of the task say how far it is.",
    ),
    landSchema,
  ),
  tags,
});

export const resolveConflicts = createRoute({
  ...optionalBody(
    command(
      "/tasks/{id}/landing/resolve",
      "Have the agent solve what conflicts with the target",
      "The target is merged into the task's branch, and the agent goes on with the files that conflict.",
    ),
    resolveSchema,
  ),
  tags,
});

export const acceptTask = createRoute({
  ...command("/tasks/{id}/accept", "Accept: the work was taken elsewhere", "Its worktree stays as it is."),
  tags,
});

export const discardTask = createRoute({
  ...command("/tasks/{id}/discard", "Discard: the work is not wanted", "It is saved under its ref and put away."),
  tags,
});

export const readOutgoing = createRoute(
  question(
    "/tasks/{id}/outgoing",
    "Where the branch of a task can go",
    json(outgoingSchema, "As things stand now"),
  ),
);

export const push = createRoute({
  ...optionalBody(
    command(
      "/tasks/{id}/push",
      "Push the task's branch to a remote",
      "With a lease: 409 when somebody else pushed to it.",
    ),
    pushSchema,
  ),
  tags,
});

export const openPullRequest = createRoute({
  ...optionalBody(
    command(
      "/tasks/{id}/pull-request",
      "Push, and open a pull request by the person's own `gh`",
      "One that is open for the branch already is that one.",
    ),
    pullRequestSchema,
  ),
  tags,
});

export const lookAtPullRequest = createRoute({
  ...command("/tasks/{id}/pull-request/refresh", "Ask what became of the pull request", "By `gh`."),
  tags,
});

/** A question about one task. */
function question<A>(path: string, summary: string, answer: A) {
  return {
    ...{ method: "get" as const, path, tags, summary },
    request: { params: idParam },
    responses: { 200: answer, ...problems(404, 409, 422) },
  };
}
