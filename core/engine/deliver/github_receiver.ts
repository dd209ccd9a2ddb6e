// GitHub as the receiver of a line: what became of a task that an issue made goes back as a comment there.

import type { Github } from "../../domain/automation_choice.ts";
import type { TaskEvent } from "../../domain/event.ts";
import { noticeOf } from "../../view/notice.ts";
import type { EngineContext } from "../context.ts";
import type { PostAnswer } from "../../process/post.ts";
import { noteFact } from "../handle_command.ts";
import { commentMark } from "../github/issue_task.ts";
import type { Receiver } from "./line.ts";
import { linkOf } from "./webhook_receiver.ts";

export const githubLine = "github";
export const githubApi = "https://api.github.com";

const answerAtMost = 20_000;

/** Null: this worker may not call GitHub. */
export function githubReceiver(context: EngineContext, { after }: Github, token: string): Receiver | null {
  const { store, poster, warn, worker } = context;
  if (poster.obstacle(githubApi) !== null) return null;
  return {
    line: githubLine,
    after,
    wants: ({ type }) => type === "task.completed" || type === "task.failed",
    async request(event) {
      const head = await store.log.head(event.task);
      // Of an imported task it was told where that was made.
      if (head?.origin?.kind !== "github" || head.imported) return null;
      const { repository, issue } = head.origin;
      return {
        url: `${githubApi}/repos/${repository}/issues/${issue}/comments`,
        headers: {
          accept: "application/vnd.github+json",
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "user-agent": "personal-coder",
          "x-github-api-version": "2022-11-28",
        },
        body: JSON.stringify({ body: commentOf(event, head, linkOf(context, event.task)) }),
      };
    },
    drops: isForGood,
    async giveUp({ task }, reason) {
      const text = `The comment about task ${task} did not reach GitHub. ${reason}`;
      warn(text, null, { task });
      const { id, name } = worker;
      await noteFact(context, { type: "service.noticed", data: { worker: id, kind: "github", text } }, { by: name });
      return "skip";
    },
  };
}

/**
 * The issue is gone (404), takes no comments (422), is locked or not for this token (403), or its repository has another name
 * (3xx). 403 also comes when too much was asked, and then says until when.
 */
function isForGood({ status, retryAfterSeconds }: PostAnswer): boolean {
  if (status === null) return false;
  return [404, 422].includes(status) || (status >= 300 && status < 400) ||
    (status === 403 && retryAfterSeconds === null);
}

/** What the agent said, or why it failed, and where to look. The mark says that it is no wish of a person. */
function commentOf(event: TaskEvent, head: { id: number; title: string }, link: string | null): string {
  const { title } = noticeOf(event, head);
  const words = event.type === "task.completed"
    ? event.data.output
    : event.type === "task.failed"
    ? event.data.error
    : "";
  const answer = words.length <= answerAtMost ? words : `${words.slice(0, answerAtMost).toWellFormed()}...`;
  return [commentMark, `**${title}**${link === null ? "" : ` ([${link}](${link}))`}`, answer].join("\n\n");
}
