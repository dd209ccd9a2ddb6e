// What the agent of a forked task is told of the one that it goes on from.

import type { TaskEvent } from "../../domain/event.ts";
import type { ForkedFrom } from "../../domain/task_spec.ts";
import type { EventLog } from "../../kv/event_log.ts";

/** Of the events before the moment; older ones are left out. */
const eventsAtMost = 5_000;
const charactersAtMost = 60_000;
/** Of one thing that was said. */
const partAtMost = 4_000;

/** What was said until then, for who goes on from there. */
export async function forkWords(log: EventLog, { task, seq }: ForkedFrom): Promise<string> {
  const said: string[] = [];
  let length = 0;
  let isWhole = true;
  const first = Math.max(1, seq - eventsAtMost);
  const created = await log.event(task, 1);
  if (created) said.push(wordsOf(created) ?? "");
  for (let after = first; after < seq;) {
    const page = await log.read(task, { after, limit: Math.min(500, seq - after) });
    if (page.length === 0) break;
    for (const { event } of page) {
      const words = wordsOf(event);
      if (words === null) continue;
      said.push(words);
      length += words.length;
    }
    after = page.at(-1)!.event.seq;
  }
  // What was asked for first stays; of the rest, the newest.
  while (length > charactersAtMost && said.length > 2) {
    length -= said.splice(1, 1)[0]!.length;
    isWhole = false;
  }
  if (!isWhole || first > 1) said.splice(1, 0, "(what came here is left out)");
  return `This goes on from task ${task}, as it was at its event ${seq}. Your folder holds the files of that moment, what was ` +
    `not committed then in the newest commit: look at git log first. What was said until then:\n\n${said.join("\n\n")}`;
}

function wordsOf(event: TaskEvent): string | null {
  switch (event.type) {
    case "task.created":
      return `Asked for:\n${quoted(event.data.prompt)}`;
    case "task.edited":
      return event.data.prompt === undefined ? null : `Asked for instead:\n${quoted(event.data.prompt)}`;
    case "message.added":
      return `A person said:\n${quoted(event.data.text)}`;
    case "plan.proposed":
      return `The plan that was proposed:\n${quoted(event.data.plan)}`;
    case "plan.approved":
      return "The plan was approved.";
    case "plan.rejected":
      return `The plan was rejected:\n${quoted(event.data.feedback)}`;
    case "output.text":
      return `The agent said:\n${quoted(event.data.text)}`;
    case "output.tool_use":
      return `The agent used ${event.data.name}: ${clipped(event.data.summary, 300)}`;
    case "output.tool_result":
      return event.data.is_error ? `That failed:\n${quoted(clipped(event.data.text, 600))}` : null;
    case "check.finished":
      return `The check: ${event.data.outcome}.`;
    case "run.finished":
      return `Run ${event.run} ended: ${event.data.outcome}${event.data.error ? `, ${event.data.error}` : ""}.`;
    default:
      return null;
  }
}

function quoted(text: string): string {
  return clipped(text, partAtMost).split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
}

function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)} (...)`;
}
