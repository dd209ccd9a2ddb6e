// The comments on a task's changes and plan, as the service has them, and what is being typed. Its methods throw `Problem`.

import { type Signal, signal } from "@preact/signals";
import type { CommentView, NewComment } from "../../core/view/review_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { api } from "../stream/api.ts";
import { Drafts } from "./drafts.ts";

export class ReviewComments {
  readonly task: number;
  readonly drafts: Drafts;
  /** Null until they were read. */
  readonly list: Signal<readonly CommentView[] | null> = signal(null);
  #turn = 0;

  constructor(task: number) {
    this.task = task;
    this.drafts = new Drafts(`coder.comments.${task}`);
  }

  /** The newest reading wins. */
  async read(): Promise<void> {
    const turn = ++this.#turn;
    const { comments } = await api.comments(this.task);
    if (turn === this.#turn) this.list.value = comments;
  }

  async add(comment: NewComment): Promise<void> {
    this.#take(await api.addComment(this.task, comment));
  }

  async edit(id: number, changes: { text?: string; resolved?: boolean }): Promise<void> {
    this.#take(await api.editComment(this.task, id, changes));
  }

  async remove(id: number): Promise<void> {
    await api.removeComment(this.task, id);
    this.#turn++;
    this.list.value = (this.list.peek() ?? []).filter((one) => one.id !== id);
  }

  /** Sends these to the agent, with words of their own; the task as it is then. */
  async send(ids: number[], text: string): Promise<TaskView> {
    const task = await api.sendComments(this.task, { ids, ...(text !== "" && { text }) });
    await this.read();
    return task;
  }

  #take(comment: CommentView): void {
    this.#turn++;
    const others = (this.list.peek() ?? []).filter(({ id }) => id !== comment.id);
    this.list.value = [...others, comment];
  }
}

/** What waits to be sent. */
export function unsent(comments: readonly CommentView[] | null): CommentView[] {
  return (comments ?? []).filter(({ sent, resolved }) => sent === null && !resolved);
}
