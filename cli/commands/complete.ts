// `coder completions` prints what a shell sources, `coder complete` answers it.

import type { Command } from "commander";
import type { TaskPage } from "../../core/view/api_view.ts";
import { type Candidate, candidates } from "../completion/candidates.ts";
import { scripts, type Shell } from "../completion/scripts.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { fit, plain } from "../terminal/text.ts";

/** Who types does not wait longer. */
const answerMs = 1_000;

export function completions({ out }: Session, shell: Shell): ExitCode {
  out.write(scripts[shell]);
  return exitCodes.done;
}

/** A line for each candidate: the text, a tab, what it is. */
export async function complete({ api, out }: Session, root: Command, words: string[]): Promise<ExitCode> {
  const found = await candidates(root, words, () => recentTasks(api));
  out.print(...found.map(({ text, description }) => `${text}\t${fit(plain(description), 60)}`));
  return exitCodes.done;
}

async function recentTasks(api: Session["api"]): Promise<Candidate[]> {
  try {
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
