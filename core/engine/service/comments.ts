// Comments on lines of a change or a plan, as the service keeps them and sends them to the agent.

import { commentPlace } from "../../domain/comment_place.ts";
import { DomainError, nullIfExpected } from "../../domain/error.ts";
import type { TaskEventOf } from "../../domain/event.ts";
import type { CommentHead, Task } from "../../domain/task.ts";
import type { CommentView } from "../../view/review_view.ts";
import type { EngineContext } from "../context.ts";
import { requirePlace } from "../run/restore_place.ts";
import type { Commands } from "./commands.ts";
import type { Queries } from "./queries.ts";
import type { Service } from "./service.ts";

export type TaskCommentService = Pick<
  Service,
  "comments" | "addComment" | "changeComment" | "deleteComment" | "sendComments"
>;

/** Of one message to an agent. */
const wordsAtMost = 1_000_000;

export function taskComments(
  context: EngineContext,
  { queries, commands, file }: { queries: Queries; commands: Commands; file: Service["file"] },
): TaskCommentService {
  const { store } = context;

  async function read(task: Task, heads: CommentHead[]): Promise<CommentView[]> {
    const lines = filesOf(task.id, { queries, file });
    const views: CommentView[] = [];
    // One file at a time.
    for (const head of heads) {
      const written = await store.log.event(task.id, head.added);
      const last = head.text === head.added ? written : await store.log.event(task.id, head.text);
      if (written?.type !== "comment.added") continue;
      views.push(await viewOf(head, { written, last: last as TaskEventOf<"comment.added" | "comment.edited">, lines }));
    }
    return views;
  }

  async function one(task: Task, id: number): Promise<CommentView> {
    const [view] = await read(task, task.comments.filter((comment) => comment.id === id));
    if (view) return view;
    throw new DomainError("not_found", `Task ${task.id} has no comment ${id}`);
  }

  return {
    async comments(id) {
      const task = await queries.require(id);
      return { comments: await read(task, task.comments) };
    },
    async addComment(id, { text, ...anchor }, caller) {
      const task = await commands.give(id, { type: "add_comment", anchor, text }, caller);
      return await one(task, task.last_comment);
    },
    async changeComment(id, comment, changes, caller) {
      return await one(await commands.give(id, { type: "change_comment", id: comment, ...changes }, caller), comment);
    },
    async deleteComment(id, comment, caller) {
      await commands.give(id, { type: "delete_comment", id: comment }, caller);
    },
    async sendComments(id, { ids, text, changes }, caller) {
      const task = await queries.require(id);
      const chosen = task.comments.filter((comment) =>
        ids ? ids.includes(comment.id) : comment.sent === null && !comment.resolved
      );
      const unknown = ids?.find((wanted) => !chosen.some((comment) => comment.id === wanted));
      if (unknown !== undefined) throw new DomainError("not_found", `Task ${id} has no comment ${unknown}`);
      const unsent = chosen.filter(({ sent }) => sent === null);
      if (unsent.length === 0) {
        if (task.comments.some(({ sent }) => sent !== null)) return queries.summary(task);
        throw new DomainError("conflict", `Task ${id} has no comments to send`);
      }
      if (task.status !== "awaiting_approval") await requirePlace(context, task);
      const words = wordsOf(await read(task, unsent), text);
      if (words.length > wordsAtMost) {
        throw new DomainError("conflict", "These comments are too long for one message: send some of them by `ids`");
      }
      const command = {
        type: "send_comments",
        ids: unsent.map((comment) => comment.id),
        seen: task.comments_seq,
        text: words,
        changes,
      } as const;
      return queries.summary(await commands.give(id, command, caller));
    },
  };
}

/** The lines of a file as they are now, or were before the change; null when there is none. Each is read once. */
function filesOf(
  id: number,
  { queries, file }: { queries: Queries; file: Service["file"] },
): (side: CommentView["side"], path: string) => Promise<string[] | null> {
  const known = new Map<string, Promise<string[] | null>>();
  const decoder = new TextDecoder();
  return (side, path) => {
    const key = `${side} ${path}`;
    const read = async () => {
      if (side === "plan") return (await queries.read(id)).plan?.split("\n") ?? null;
      const bytes = await file(id, { path, at: side === "old" ? "merge-base" : "now" }).catch(nullIfExpected);
      return bytes && decoder.decode(bytes).split("\n").map((line) => line.replace(/\r$/, ""));
    };
    const lines = known.get(key) ?? read();
    known.set(key, lines);
    return lines;
  };
}

async function viewOf(head: CommentHead, { written, last, lines }: {
  written: TaskEventOf<"comment.added">;
  last: TaskEventOf<"comment.added" | "comment.edited">;
  lines: ReturnType<typeof filesOf>;
}): Promise<CommentView> {
  const { path, side, quote, blob } = written.data;
  return {
    ...{ id: head.id, path, side, quote, blob, text: last.data.text },
    ...commentPlace({ line: written.data.line, quote }, await lines(side, path)),
    at: written.at,
    by: written.by ?? "api",
    resolved: head.resolved,
    sent: head.sent,
    edited_at: head.text === head.added ? null : last.at,
  };
}

/** Comments as one message for the agent. */
function wordsOf(comments: readonly CommentView[], text: string | undefined): string {
  const parts = comments.map(({ path, side, line, quote, text }) => {
    const where = side === "plan"
      ? `Line ${line} of the plan`
      : `${path}, line ${line}${side === "old" ? " (before your change)" : ""}`;
    return `${where}:\n\n> ${quote}\n\n${text}`;
  });
  const count = comments.length === 1 ? "A comment" : `${comments.length} comments`;
  return [...(text ? [text] : []), `${count} on your ${comments[0]?.side === "plan" ? "plan" : "changes"}:`, ...parts]
    .join("\n\n");
}
