// The words of a landing: of the commit that it makes, of a refusal, and for an agent that is to solve a conflict. Pure.

import type { LandingMethod, MergeWanted } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";

const bodyLength = 4_000;

/** The message of the commit that `merge` and `squash` make. `summary`: what the agent said last. */
export function landingMessage(
  { id, title, agent }: Pick<Task, "id" | "title" | "agent">,
  { method, branch, target, summary }: { method: LandingMethod; branch: string; target: string; summary: string },
): string {
  const subject = method === "merge" ? `Merge branch '${branch}' into ${target}` : title;
  // git takes no NUL in a message.
  const body = method === "merge" ? title : summary.replaceAll("\0", "").trim().slice(0, bodyLength).trimEnd();
  const trailers = [
    `Task-Id: ${id}`,
    ...(agent?.startsWith("claude") ? ["Co-authored-by: Claude <noreply@anthropic.com>"] : []),
  ];
  return `${[subject, body, trailers.join("\n")].filter((part) => part !== "").join("\n\n")}\n`;
}

/** `a, b, c and 4 more`. */
export function namesOf(names: readonly string[], count = names.length): string {
  const shown = names.slice(0, 5);
  const more = count - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

export function filesWord(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

/** What an agent is told whose work conflicts with the target that it is to land in. */
export function conflictWords({ target, commit, method }: MergeWanted, conflicts: readonly string[]): string {
  const at = `${target} (${commit.slice(0, 12)})`;
  const files = conflicts.map((path) => `- ${path}`).join("\n");
  const where = files === "" ? ". " : ` in:\n\n${files}\n\n`;
  const head = `Your work is to land in ${at}, which has moved on, and the two conflict${where}`;
  if (method === "rebase") {
    return head +
      `Rebase your branch onto ${commit}, solve each conflict so that both changes keep their purpose, and finish ` +
      "the rebase. Leave no conflict markers.";
  }
  return head +
    `${target} has been merged into your branch, and the merge waits to be finished: solve each conflict so that ` +
    "both changes keep their purpose, then add and commit. Do not abort the merge. Leave no conflict markers. If no merge " +
    `is under way, merge ${commit} yourself.`;
}
