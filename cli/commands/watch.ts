// `coder watch` and `coder land`: what goes on, until it is over.

import type { LandingMethod, TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Session } from "../session.ts";
import { stateWords, taskName } from "../task_words.ts";
import { watchBoard } from "../watch/watch_board.ts";
import { watchTask } from "../watch/watch_task.ts";

export async function watch(session: Session, ids: number[], { after }: { after?: number }): Promise<ExitCode> {
  const [id, ...others] = new Set(ids);
  if (id !== undefined && others.length === 0) return await watchTask(session, id, { after });
  if (after !== undefined) throw new Failure("usage", "--after is for one task: name it alone");
  return await watchBoard(session, [...new Set(ids)]);
}

export interface LandOptions {
  target?: string;
  method?: LandingMethod;
  message?: string;
  /** `false`: `--no-wait`. */
  wait: boolean;
}

/** Lands the work of a task, in its turn. */
export async function land(
  session: Session,
  id: number,
  { target, method, message, wait }: LandOptions,
): Promise<ExitCode> {
  const { api, out, isJson } = session;
  const task = await api.json<TaskView>(`/api/tasks/${id}/land`, { body: { target, method, message } });
  if (!wait) {
    if (isJson) out.printJson(task);
    else out.print(`${taskName(task)}: ${stateWords(task, { out, now: Date.now() })}`);
    return exitCodes.done;
  }
  // The request itself is the first that is shown.
  const after = (task.landing?.seq ?? task.seq) - 1;
  return await watchTask(session, id, { after, until: endsLanding });
}

function endsLanding({ type }: TaskEvent): boolean {
  return type === "landing.finished";
}
