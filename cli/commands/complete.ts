// `coder completions` prints what a shell sources, `coder complete` answers it.

import type { Command } from "commander";
import type { TaskPage } from "../../core/view/api_view.ts";
import type { Api } from "../api.ts";
import { type Candidate, candidates } from "../completion/candidates.ts";
import { scripts, type Shell } from "../completion/scripts.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Desk } from "../session.ts";
import { fit, plain } from "../terminal/text.ts";

/** Who types does not wait longer. */
const answerMs = 1_000;

export function completions({ out, isJson }: Desk, shell: Shell): ExitCode {
  if (isJson) out.printJson({ shell, script: scripts[shell] });
  else out.write(scripts[shell]);
  return exitCodes.done;
}

/** A line for each candidate: the text, a tab, what it is. */
export async function complete(
  { out }: Desk,
  { root, words, service }: { root: Command; words: string[]; service(): Promise<Api> },
): Promise<ExitCode> {
  const found = await candidates(root, words, () => recentTasks(service));
  out.print(...found.map(({ text, description }) => `${text}\t${fit(plain(description), 60)}`));
  return exitCodes.done;
}

async function recentTasks(service: () => Promise<Api>): Promise<Candidate[]> {
  try {
    const api = await service();
    const page = await api.json<TaskPage>("/api/tasks", {
      query: { limit: 30 },
      signal: AbortSignal.timeout(answerMs),
    });
    return page.tasks.map(({ id, title }) => ({ text: String(id), description: title }));
  } catch {
    // There is nobody to tell it to in the middle of a line.
    return [];
  }
}
