// `coder add`: a new task.

import type { NewTask } from "../../core/view/api_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { type Session, textFrom } from "../session.ts";
import { pageOf, taskName } from "../task_words.ts";

export interface AddOptions {
  file?: string;
  title?: string;
  repo?: string;
  base?: string;
  after?: number[];
  priority?: number;
  plan?: true;
  /** `false`: `--no-check`. */
  check?: string | false;
  land?: "auto" | "never";
  model?: string;
  effort?: NewTask["effort"];
  fallbackModel?: string;
  attempts?: number;
  timeout?: number;
  budget?: number;
  label?: Record<string, string>;
  key?: string;
  watch?: true;
}

export async function add(session: Session, words: string[], options: AddOptions): Promise<ExitCode> {
  const prompt = await textFrom(session, { words, file: options.file, what: "prompt" });
  const { api, out, isJson } = session;
  const task = await api.json<TaskView>("/api/tasks", {
    body: { prompt, ...fieldsOf(options) },
    headers: options.key === undefined ? {} : { "idempotency-key": options.key },
  });
  if (options.watch) {
    const { watch } = await import("./watch.ts");
    return await watch(session, [task.id], {});
  }
  if (isJson) out.printJson(task);
  else out.print(`${out.paint("bold", taskName(task))} is in the queue: ${pageOf(api.url, task.id)}`);
  return exitCodes.done;
}

/** What was not said is left to the service. */
function fieldsOf(options: AddOptions): Partial<NewTask> {
  const { title, repo, base, after, priority, plan, check, land, model, effort, fallbackModel } = options;
  const { attempts, timeout, budget, label } = options;
  const fields: Partial<NewTask> = {
    ...{ title, repo, base, priority, model, effort, depends_on: after, labels: label },
    fallback_model: fallbackModel,
    mode: plan && "plan",
    check: check === false ? null : check,
    land: land === "never" ? null : land,
    max_attempts: attempts,
    timeout_seconds: timeout,
    max_budget_usd: budget,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
