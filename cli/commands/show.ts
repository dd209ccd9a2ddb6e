// `coder show`: one task, with its prompt, its plan, and what came of it.

import { duration, taskCost } from "../../core/view/format.ts";
import { landingEndWords, verdictWords } from "../../core/view/review_words.ts";
import { elapsedMs } from "../../core/view/task_state.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { pageOf, stateWords, taskName } from "../task_words.ts";
import type { Output } from "../terminal/output.ts";
import { plain, wrap } from "../terminal/text.ts";

export async function show({ api, out, isJson }: Session, id: number): Promise<ExitCode> {
  const task = await api.json<TaskView>(`/api/tasks/${id}`);
  if (isJson) {
    out.printJson(task);
    return exitCodes.done;
  }
  const now = Date.now();
  out.print(out.paint("bold", taskName(task)), stateWords(task, { out, now }), "");
  const facts = factsOf(task, now).filter((fact): fact is [string, string] => fact[1] !== null);
  for (const [name, value] of [...facts, ["page", pageOf(api.url, id)] as const]) {
    out.print(`${out.paint("dim", name.padEnd(10))}  ${plain(value)}`);
  }
  for (const name of ["prompt", "plan", "output", "error"] as const) printText(out, { name, text: task[name] });
  return exitCodes.done;
}

function factsOf(task: TaskView, now: number): [name: string, value: string | null][] {
  const { base, base_commit, waiting, review, lines_added, lines_removed, snapshot } = task;
  const elapsed = elapsedMs(task, now);
  const from = [base && `from ${base}`, base_commit && `at ${base_commit.slice(0, 9)}`].filter(Boolean).join(" ");
  const verdict = review === "open" ? landingEndWords(task) : verdictWords(task);
  return [
    ["waits", waiting],
    ["repository", from === "" ? task.repo : `${task.repo}, ${from}`],
    ["branch", task.branch],
    ["worktree", task.worktree],
    ["worker", task.worker && task.worker.name],
    ["after", task.depends_on.length > 0 ? task.depends_on.map((id) => `#${id}`).join(", ") : null],
    ["attempts", task.attempts > 0 ? `${task.attempts} of ${task.max_attempts}` : null],
    ["took", elapsed === null ? null : duration(elapsed)],
    ["cost", task.started_at === null ? null : taskCost(task)],
    ["changes", lines_added || lines_removed ? `+${lines_added ?? 0} −${lines_removed ?? 0}` : null],
    ["doing", task.status === "in_progress" ? task.last_step : null],
    ["review", verdict && [verdict.text, verdict.advice].filter(Boolean).join(". ")],
    ["saved as", snapshot && snapshot.ref],
    ["session", task.session_id],
  ];
}

function printText(out: Output, { name, text }: { name: string; text: string | null }): void {
  if (text === null || text.trim() === "") return;
  out.print("", out.paint("head", name[0]!.toUpperCase() + name.slice(1)), ...wrap(plain(text).trimEnd(), out.columns));
}
