// The commands that ask something of tasks: message, approve, reject, cancel, retry. Each prints what the tasks are then.

import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import { type Session, textFrom } from "../session.ts";
import { stateWords, taskName } from "../task_words.ts";

/** Sends a message to the agent of a task; one that is over goes on with it. */
export async function message(
  session: Session,
  id: number,
  { words, file }: { words: string[]; file?: string },
): Promise<ExitCode> {
  const text = await textFrom(session, { words, file, what: "message" });
  return await ask(session, [id], { path: "messages", body: { text } });
}

export async function reject(
  session: Session,
  id: number,
  { words, file }: { words: string[]; file?: string },
): Promise<ExitCode> {
  const feedback = await textFrom(session, { words, file, what: "feedback" });
  return await ask(session, [id], { path: "plan/reject", body: { feedback } });
}

/** Asks the same of each task. One that refuses is told, the others are asked nevertheless. */
export async function ask(
  { api, out, isJson, note }: Session,
  ids: readonly number[],
  { path, body }: { path: string; body?: unknown },
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  for (const id of ids) {
    try {
      const task = await api.json<TaskView>(`/api/tasks/${id}/${path}`, { method: "POST", body });
      if (isJson) out.printJson(task);
      else out.print(`${taskName(task)}: ${stateWords(task, { out, now: Date.now() })}`);
    } catch (error) {
      if (!(error instanceof Failure) || ids.length === 1) throw error;
      note(error.message);
      code = error.code;
    }
  }
  return code;
}
