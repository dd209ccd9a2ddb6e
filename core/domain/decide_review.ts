// The rules for what comes after the work: comments on it, its landing, and what a person says about it.

import type { Command } from "./command.ts";
import { DomainError } from "./error.ts";
import type { EventData, NewEvent } from "./event.ts";
import { refuse } from "./refusal.ts";
import type { CommentHead, OpenLanding, Task } from "./task.ts";

const maxComments = 200;

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;

/** What was completed is accepted, or discarded. Saying it twice is saying it once. */
export function judge(task: Task, what: "accept" | "discard"): NewEvent[] {
  refuseWhileLanding(what, task);
  if (task.status !== "completed") refuse(what, task, "only a completed task can be judged");
  const { review } = task;
  const result = what === "accept" ? "accepted" : "discarded";
  if (review === result) return [];
  // One from before there were reviews, when nothing was saved at the end of a run, can still be judged.
  const isOlder = task.place?.present && task.points.length === 0;
  if (review === null && !isOlder) refuse(what, task, "and there is nothing of it to review");
  if (review === "landed" || review === "discarded") refuse(what, task, `and its work was ${review}`);
  return [{ type: `task.${result}`, data: {} }];
}

export function refuseWhileLanding(action: string, task: Task): void {
  if (task.landing === null) return;
  const { target } = task.landing;
  throw new DomainError(
    "conflict",
    `Cannot ${action} task ${task.id}: it is landing in ${target}; wait for that, or cancel it first`,
  );
}

/** Those of `ids` that were not sent yet; an id that there is not is refused. */
export function unsentOf({ id: task, comments }: Task, ids: readonly number[]): number[] {
  return ids.filter((id) => commentOf(comments, task, id).sent === null);
}

function commentOf(comments: readonly CommentHead[], task: number, id: number): CommentHead {
  const found = comments.find((one) => one.id === id);
  if (!found) throw new DomainError("not_found", `Task ${task} has no comment ${id}`);
  return found;
}

export function decideComment(
  task: Task,
  command: Of<"add_comment" | "change_comment" | "delete_comment">,
): NewEvent[] {
  const { comments } = task;
  switch (command.type) {
    case "add_comment": {
      requireSubject(task, command.anchor.side);
      if (comments.length >= maxComments) {
        throw new DomainError("conflict", `Task ${task.id} has ${maxComments} comments: delete some first`);
      }
      const { path, side, line, quote, blob } = command.anchor;
      const data = { id: task.last_comment + 1, path, side, line, quote, blob, text: command.text };
      return [{ type: "comment.added", data }];
    }
    case "change_comment": {
      const { id, text, resolved } = command;
      const comment = commentOf(comments, task.id, id);
      if (text !== undefined && comment.sent !== null) {
        throw new DomainError("conflict", `Comment ${id} of task ${task.id} was sent: write another one`);
      }
      const events: NewEvent[] = [];
      if (text !== undefined) events.push({ type: "comment.edited", data: { id, text } });
      if (resolved !== undefined && resolved !== comment.resolved) {
        events.push({ type: "comment.resolved", data: { id, resolved } });
      }
      return events;
    }
    case "delete_comment":
      commentOf(comments, task.id, command.id);
      return [{ type: "comment.deleted", data: { id: command.id } }];
  }
}

/** There must be something to comment on. */
function requireSubject(task: Task, side: "old" | "new" | "plan"): void {
  if (side === "plan" ? task.plan !== null : task.place !== null) return;
  const lack = side === "plan" ? "it has no plan" : "it has not run yet";
  throw new DomainError("conflict", `Cannot comment on task ${task.id}: ${lack}`);
}

type LandingCommand = Of<"land" | "record_landing" | "finish_landing"> | { type: "cancel_landing" };

export function decideLanding(task: Task, command: LandingCommand): NewEvent[] {
  switch (command.type) {
    case "land":
      return land(task, command.request);
    case "record_landing":
      requireOpen(task, command);
      return command.events;
    case "finish_landing": {
      const landing = requireOpen(task, command);
      const { resolve } = command;
      return [
        finished(landing, command.end),
        ...(resolve ? [{ type: "message.added" as const, data: { text: resolve.text, resolve: resolve.merge } }] : []),
      ];
    }
    case "cancel_landing": {
      const landing = task.landing!;
      if (landing.integrated) {
        throw new DomainError("conflict", `Cannot cancel the landing of task ${task.id}: ${landing.target} is moving`);
      }
      return [finished(landing, {
        ...{ outcome: "refused", target_commit: null, commit: null, backup_ref: null, error: "It was cancelled" },
      })];
    }
  }
}

function land(task: Task, request: EventData["landing.requested"]): NewEvent[] {
  const { status, place, review, landing } = task;
  if (landing !== null) {
    throw new DomainError("conflict", `Task ${task.id} is landing in ${landing.target} already`);
  }
  if (status !== "completed") refuse("land", task, "only a completed task can land");
  if (review === "landed" || review === "discarded") refuse("land", task, `and its work was ${review} already`);
  if (!place?.present || !place.base_commit) refuse("land", task, "and its worktree is gone");
  if (task.trial) refuse("land", task, "and it only tried setup and check");
  return [{ type: "landing.requested", data: request }];
}

/** The fence against a landing that was cancelled meanwhile. */
/** The fence against who was cut off while it landed, and comes back when another worker has the work. */
function requireOpen({ id, landing, place }: Task, by: { landing: number; holder: string }): OpenLanding {
  if (landing?.seq === by.landing && place?.worker === by.holder) return landing;
  throw new DomainError("fenced", `The landing of task ${id} that began with event ${by.landing} is over here`);
}

function finished(
  { method, target }: OpenLanding,
  end: Omit<EventData["landing.finished"], "method" | "target">,
): NewEvent {
  const { outcome, target_commit, commit, backup_ref, conflicts, error } = end;
  return {
    type: "landing.finished",
    data: { outcome, method, target, target_commit, commit, backup_ref, ...(conflicts && { conflicts }), error },
  };
}
