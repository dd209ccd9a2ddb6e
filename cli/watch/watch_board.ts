// Several tasks, live: on a terminal a board that is drawn in place, else a line for each change.

import { isOver } from "../../core/domain/task.ts";
import type { BoardView } from "../../core/view/board_view.ts";
import { duration, taskCost } from "../../core/view/format.ts";
import { elapsedMs, stateOf, type Tone, waitingLine } from "../../core/view/task_state.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { stateWords, taskName } from "../task_words.ts";
import type { Output } from "../terminal/output.ts";
import { every, frameMs, screenOn, spinner } from "../terminal/screen.ts";
import { fit, plain, table } from "../terminal/text.ts";
import { followFrames } from "./frames.ts";
import { isAtEnd, outcomeCode } from "./outcome.ts";

/** Follows the tasks until all are over; without any it follows the queue, for as long as one looks on. */
export async function watchBoard(session: Session, ids: readonly number[]): Promise<ExitCode> {
  const { api, out, isJson, note } = session;
  const known = new Map<number, TaskView>();
  using screen = screenOn(out);
  const noteAbove = (text: string) => screen.aside(() => note(text));
  const drawNow = () => screen.draw(boardLines([...known.values()], { out, now: Date.now() }));
  using _ticking = out.isTerminal && !isJson ? every(frameMs, drawNow) : null;

  function take(task: TaskView): void {
    const before = known.get(task.id);
    if ((ids.length > 0 && !ids.includes(task.id)) || (before && before.seq >= task.seq)) return;
    known.set(task.id, task);
    const now = Date.now();
    if (isJson) out.printJson(task);
    // The board of a terminal says it; of a whole queue it has what is not over yet, and what is stands above.
    else if (!out.isTerminal ? isNews(before, task, now) : ids.length === 0 && isAtEnd(task)) {
      screen.print(fit(taskName(task), out.columns - 30) + `: ${stateWords(task, { out, now })}`);
    }
    if (ids.length === 0 && isAtEnd(task)) known.delete(task.id);
  }

  for await (const { event, data } of followFrames(api, "/api/stream", { after: null, note: noteAbove })) {
    // It begins from now on, and after a long time away begins anew: what was before is read.
    if (event === "hello" || event === "reset") (await present(session, ids)).forEach(take);
    else if (event === "task") take(JSON.parse(data));
    const tasks = [...known.values()];
    if (ids.length > 0 && tasks.length === ids.length && tasks.every(isAtEnd)) break;
  }
  if (out.isTerminal && !isJson) screen.print(...boardLines([...known.values()], { out, now: Date.now() }));
  return [...known.values()].every((task) => outcomeCode(task) === exitCodes.done) ? exitCodes.done : exitCodes.failed;
}

/** The tasks that are asked for, or all that are not over. */
async function present({ api }: Session, ids: readonly number[]): Promise<TaskView[]> {
  if (ids.length > 0) return await Promise.all(ids.map((id) => api.json<TaskView>(`/api/tasks/${id}`)));
  const { needs_you, running, queue } = await api.json<BoardView>("/api/board");
  return [...needs_you, ...running, ...queue].filter(({ status }) => !isOver(status));
}

function isNews(before: TaskView | undefined, task: TaskView, now: number): boolean {
  return before === undefined || stateOf(before, now).word !== stateOf(task, now).word;
}

const ranks: Record<TaskView["status"], number> = {
  awaiting_approval: 0,
  in_progress: 1,
  pending: 2,
  completed: 3,
  failed: 3,
  cancelled: 3,
};

/** A line for each task: what needs somebody, what runs, what waits, what is over; as many as there is room for. */
export function boardLines(
  tasks: readonly TaskView[],
  { out, now }: { out: Pick<Output, "columns" | "rows" | "paint">; now: number },
): string[] {
  const order = (task: TaskView) => task.queue_position ?? Infinity;
  const sorted = tasks.toSorted((a, b) =>
    ranks[a.status] - ranks[b.status] || (order(a) === order(b) ? a.id - b.id : order(a) - order(b))
  );
  const room = Math.max(1, out.rows - 3);
  const shown = sorted.length > room ? sorted.slice(0, room - 1) : sorted;
  const rows = shown.map((task) => [
    `#${task.id}`,
    stateOf(task, now).word,
    plain(task.title),
    plain(stepWords(task, now)),
    ...timeWords(task, now),
  ]);
  // Titles give way first, then what they do.
  const steps = Math.max(12, Math.floor((out.columns - 30) / 2));
  const cut = rows.map((row) => row.map((cell, at) => at === 3 ? fit(cell, steps) : cell));
  const lines = table(cut, { columns: out.columns - 3, flexible: 2 }).map(([id, word, title, ...rest], at) => {
    const { tone } = stateOf(shown[at]!, now);
    return `${out.paint(tone, markOf(tone, now))} ${out.paint("dim", id!)}  ${out.paint(tone, word!)}  ${title}  ` +
      out.paint("dim", rest.join("  ").trimEnd());
  });
  return shown.length < sorted.length ? [...lines, `  and ${sorted.length - shown.length} more`] : lines;
}

function markOf(tone: Tone, now: number): string {
  return tone === "run" ? spinner(now) : marks[tone];
}

const marks: Record<Exclude<Tone, "run">, string> = { need: "!", wait: "·", done: "✓", fail: "✗", off: "–" };

function stepWords(task: TaskView, now: number): string {
  if (task.status === "in_progress") return task.last_step ?? "";
  return task.status === "pending" ? waitingLine(task, now) ?? "" : "";
}

function timeWords(task: TaskView, now: number): [string, string] {
  const elapsed = elapsedMs(task, now);
  return elapsed === null ? ["", ""] : [duration(elapsed), taskCost(task)];
}
