// What the transcript says of events in its own words: lines for what the service and the repository did. Pure.

import type { EventData, Outcome, StrayWork, TaskEvent, TaskEventOf } from "../../domain/event.ts";
import { backgroundWords } from "../../domain/task.ts";
import { bytes as byteSize, duration, plural } from "../format.ts";

export type LineTone = "need" | "run" | "wait" | "done" | "fail" | "off";

export function backgroundLine({ tasks, waiting }: EventData["background.changed"]) {
  const text = tasks.length === 0
    ? "Nothing works in the background any more"
    : waiting
    ? "The run waits for background work"
    : "In the background";
  return { tone: "run" as const, text, detail: tasks.length > 0 ? backgroundWords(tasks) : null };
}

/** A step on the way to a running agent, in words. */
export function runStep(event: TaskEventOf<"worktree.added" | "run.started" | "agent.ready">): string {
  switch (event.type) {
    case "worktree.added":
      return `Worktree on ${event.data.branch} at ${event.data.base_commit.slice(0, 8)}`;
    case "run.started":
      return `${event.data.resumed ? "Session resumed" : "Agent started"}, process ${event.data.pid}`;
    case "agent.ready":
      return `${event.data.model} ready`;
  }
}

/** Of a check: `round 2`, and what was set aside. */
export function stepDetail(data: EventData["setup.started"] | EventData["check.started"]): string | null {
  if (!("round" in data)) return null;
  const aside = data.uncommitted > 0 ? `${data.uncommitted} uncommitted set aside` : null;
  return [data.round > 1 ? `round ${data.round}` : null, aside].filter(Boolean).join(", ") || null;
}

type LineContent =
  | { kind: "line"; tone: LineTone; text: string; detail: string | null }
  | { kind: "unknown"; type: string; data: unknown };

/** The line of an event that is none of the agent's; what is not known is shown as it is. */
export function serviceLine(event: TaskEvent): LineContent {
  const line = (tone: LineTone, text: string, detail: string | null = null): LineContent => {
    return { kind: "line", tone, text, detail };
  };
  switch (event.type) {
    case "task.edited":
      return line("wait", `Edited: ${Object.keys(event.data).join(", ").replaceAll("_", " ")}`);
    case "task.cancel_requested":
      return line("off", "Cancel requested", event.by ? `by ${event.by}` : null);
    case "task.moved":
      return line("wait", `Moved in the queue${movedTo(event.data)}`, event.by ? `by ${event.by}` : null);
    case "plan.approved":
      return line("done", "Plan approved", event.by ? `by ${event.by}` : null);
    case "plan.rejected":
      return line("need", "Plan sent back", event.data.feedback);
    case "run.silent":
      return line(
        "need",
        "The agent says nothing",
        event.data.background && `in the background: ${event.data.background}`,
      );
    case "run.silence_ended":
      return line("wait", `Silent for ${duration(event.data.seconds * 1_000)}`);
    case "files.included": {
      const { count, bytes, files } = event.data;
      const named = files.slice(0, 10).join(", ") + (count > 10 ? ` and ${count - 10} more` : "");
      return line("wait", `${plural(count, "file")} copied (${byteSize(bytes)})`, named);
    }
    case "ports.reserved": {
      const { first, count } = event.data;
      return line("wait", `Ports ${first} to ${first + count - 1}`);
    }
    case "worktree.moved":
      return line("wait", "Worktree found at its new place", event.data.path);
    case "worktree.snapshotted":
      return line("wait", "Work saved", [event.data, ...event.data.nested ?? []].map(({ ref }) => ref).join(", "));
    case "worktree.removed":
      return line("wait", "Worktree removed", event.data.reason);
    case "work.strayed":
      return line("need", "Commits are not on the task's branch", event.data.found.map(strayWords).join("; "));
    case "worktree.kept":
      return line("need", "Worktree kept", event.data.reason);
    case "snapshot.removed":
      return line("wait", "Saved work removed", event.data.reason);
    case "raw_log.removed":
      return line("wait", "Raw log removed", event.data.reason);
    case "task.retry_scheduled":
      return event.data.attempt === 1
        ? line("wait", "Back in the queue", event.data.reason)
        : line("wait", `Attempt ${event.data.attempt} scheduled`, event.data.reason);
    case "task.completed":
      return line("done", "Task completed");
    case "task.failed":
      return line("fail", "Task failed", event.data.error);
    case "task.cancelled":
      return line("off", "Task cancelled");
    default:
      return { kind: "unknown", type: event.type, data: event.data };
  }
}

function movedTo({ before, after }: EventData["task.moved"]): string {
  if (before !== undefined) return ` before #${before}`;
  return after === undefined ? " to make room" : ` after #${after}`;
}

/** `2 commits on branch other`, `1 commit in worktree /src/shop/.claude/worktrees/x`. */
export function strayWords({ where, name, path, commit, commits }: StrayWork): string {
  const count = `${commits} ${commits === 1 ? "commit" : "commits"} up to ${commit.slice(0, 8)}`;
  switch (where) {
    case "branch":
      return `${count} on branch ${name}`;
    case "detached":
      return `${count} on no branch, kept as ${name}`;
    case "worktree":
      return `${count} on ${name} in the worktree ${path}`;
  }
}

const badOutcomes: readonly Outcome[] = [
  "failed",
  "timed_out",
  "over_budget",
  "stalled",
  "setup_failed",
  "check_failed",
];

export function outcomeTone(outcome: Outcome): LineTone {
  if (outcome === "succeeded") return "done";
  if (outcome === "planned") return "need";
  return badOutcomes.includes(outcome) ? "fail" : "off";
}
