// One task, live: its transcript as lines, and on a terminal what it does now below them.

import type { TaskEvent } from "../../core/domain/event.ts";
import { duration } from "../../core/view/format.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { ExitCode } from "../failure.ts";
import type { Session } from "../session.ts";
import { stateWords, taskName } from "../task_words.ts";
import { every, frameMs, screenOn, spinner } from "../terminal/screen.ts";
import { fit, plain } from "../terminal/text.ts";
import { followFrames } from "./frames.ts";
import { outcomeCode } from "./outcome.ts";
import { TranscriptLines } from "./transcript_lines.ts";

/**
 * Prints the events of a task from `after` on (a seq; 0: from the beginning) until it is over and nothing happens to it by itself
 * any more. `until`: an event that ends it sooner.
 */
export async function watchTask(
  { api, out, isJson, note, onInterrupt }: Session,
  id: number,
  { after = 0, until = () => false }: { after?: number; until?: (event: TaskEvent) => boolean } = {},
): Promise<ExitCode> {
  const before = await api.json<TaskView>(`/api/tasks/${id}`);
  if (!isJson) out.print(out.paint("bold", taskName(before)));
  using screen = screenOn(out);
  const lines = new TranscriptLines(out);
  let doing = { words: before.waiting ?? "", since: Date.now() };
  const drawNow = () => {
    const now = Date.now();
    const words = fit(`${plain(doing.words)}  ${duration(now - doing.since)}`, out.columns - 3);
    screen.draw(doing.words === "" ? [] : [`${out.paint("run", spinner(now))} ${out.paint("dim", words)}`]);
  };
  using _ticking = out.isTerminal && !isJson ? every(frameMs, drawNow) : null;
  let seen = after;
  using _interrupt = onInterrupt(() => {
    screen.draw([]);
    note(`To go on: coder watch ${id}${seen > 0 ? ` --after ${seen}` : ""}`);
  });
  const frames = followFrames(api, `/api/tasks/${id}/stream`, {
    after: after > 0 ? String(after) : null,
    note: (text) => screen.aside(() => note(text)),
  });
  for await (const { event, data } of frames) {
    if (event === "end") break;
    const next: TaskEvent = JSON.parse(data);
    if (isJson) out.print(data);
    else screen.print(...lines.take(next));
    seen = next.seq;
    doing = { words: doingWords(next, id) ?? doing.words, since: Date.parse(next.at) };
    if (until(next)) break;
  }
  const task = await api.json<TaskView>(`/api/tasks/${id}`);
  if (!isJson) screen.print(`${out.paint("bold", taskName(task))}: ${stateWords(task, { out, now: Date.now() })}`);
  return outcomeCode(task);
}

/** What the task does after an event, in words; null: what it did before. */
function doingWords(event: TaskEvent, id: number): string | null {
  switch (event.type) {
    case "task.created":
    case "task.retry_scheduled":
      return "Waits in the queue";
    case "run.claimed":
      return "Starts";
    case "setup.started":
    case "check.started":
    case "cleanup.started":
      return event.data.command;
    case "output.tool_use":
      return `${event.data.name} ${event.data.summary}`;
    case "output.tool_result":
    case "output.text":
    case "output.thinking":
    case "agent.ready":
      return "Works";
    case "plan.proposed":
      return `Its plan waits for you: coder approve ${id}, or coder reject ${id} "..."`;
    case "landing.requested":
      return `Lands in ${event.data.target}`;
    case "task.completed":
    case "task.failed":
    case "task.cancelled":
    case "landing.finished":
      return "Is put away";
    default:
      return null;
  }
}
