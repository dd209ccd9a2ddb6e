// The commands by which a task goes on elsewhere: another instance takes its history in, or a new task begins at a moment of it.

import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Session } from "../session.ts";
import { stateWords, taskName } from "../task_words.ts";

/** Sends a file of `export` to the service; the same file again gives the same task. */
export async function importFile({ api, out, isJson, note }: Session, path: string): Promise<ExitCode> {
  const lines = await openFile(path);
  const answer = await api.json<{ task: TaskView; lacking: string | null }>("/api/import", {
    lines,
    // It may be gigabytes: it takes as long as it takes.
    signal: new AbortController().signal,
  });
  if (isJson) out.printJson(answer);
  else out.print(`${taskName(answer.task)}: ${stateWords(answer.task, { out, now: Date.now() })}`);
  if (answer.lacking !== null) note(`Its files are not here: ${answer.lacking}`);
  return exitCodes.done;
}

async function openFile(path: string): Promise<ReadableStream<Uint8Array>> {
  try {
    return (await Deno.open(path)).readable;
  } catch (error) {
    throw new Failure("usage", `Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

export interface ForkOptions {
  at?: number;
  title?: string;
}

/** A new task with the files of a moment, told what was said until then. */
export async function fork(
  { api, out, isJson }: Session,
  id: number,
  { at, title, words }: ForkOptions & { words: string[] },
): Promise<ExitCode> {
  const moment = at ?? (await api.json<TaskView>(`/api/tasks/${id}`)).seq;
  const prompt = words.join(" ").trim();
  const body = { at: moment, ...(title !== undefined && { title }), ...(prompt !== "" && { prompt }) };
  const task = await api.json<TaskView>(`/api/tasks/${id}/fork`, { body });
  if (isJson) out.printJson(task);
  else out.print(`${taskName(task)}: ${stateWords(task, { out, now: Date.now() })}`);
  return exitCodes.done;
}
