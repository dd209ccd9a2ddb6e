// The commands by which a task goes on elsewhere: another instance takes its history in, or a new task begins at a moment of it.

import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import { type Desk, type Session, textFrom } from "../session.ts";
import { stateWords, taskName } from "../task_words.ts";

/** Sends a file of `export` to the service; the same file again gives the same task. `repo`: where it goes to there. */
export async function importFile(session: Session, path: string, { repo }: { repo?: string }): Promise<ExitCode> {
  const { api, out, isJson, note } = session;
  const lines = path === "-" ? pipedIn(session) : await openFile(path);
  const answer = await api.json<{ task: TaskView; lacking: string | null }>("/api/import", {
    lines,
    query: { repo },
    // It may be gigabytes: it takes as long as it takes.
    signal: new AbortController().signal,
  });
  if (isJson) out.printJson(answer);
  else out.print(`${taskName(answer.task)}: ${stateWords(answer.task, { out, now: Date.now() })}`);
  if (answer.lacking !== null) note(`Its files are not here: ${answer.lacking}`);
  return exitCodes.done;
}

function pipedIn({ input }: Pick<Desk, "input">): ReadableStream<Uint8Array> {
  const lines = input();
  if (lines) return lines;
  throw new Failure("usage", "Nothing is piped in: give the file that export wrote");
}

async function openFile(path: string): Promise<ReadableStream<Uint8Array>> {
  try {
    // It can be opened like a file, and only reading it fails.
    if ((await Deno.stat(path)).isDirectory) throw new Error("it is a folder");
    return (await Deno.open(path)).readable;
  } catch (error) {
    throw new Failure("usage", `Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

export interface ForkOptions {
  at?: number;
  title?: string;
  file?: string;
  key?: string;
}

/** A new task with the files of a moment, told what was said until then. */
export async function fork(
  session: Session,
  id: number,
  { at, title, file, key, words }: ForkOptions & { words: string[] },
): Promise<ExitCode> {
  const { api, out, isJson } = session;
  const isAsked = words.length > 0 || file !== undefined;
  const prompt = isAsked ? await textFrom(session, { words, file, what: "prompt" }) : undefined;
  const moment = at ?? (await api.json<TaskView>(`/api/tasks/${id}`)).seq;
  const task = await api.json<TaskView>(`/api/tasks/${id}/fork`, {
    body: { at: moment, title, prompt },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });
  if (isJson) out.printJson(task);
  else out.print(`${taskName(task)}: ${stateWords(task, { out, now: Date.now() })}`);
  return exitCodes.done;
}
