// `coder list`: tasks, newest first.

import { ago, taskCost } from "../../core/view/format.ts";
import type { TaskPage } from "../../core/view/api_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { stateWords } from "../task_words.ts";
import { plain, table } from "../terminal/text.ts";

export interface ListOptions {
  status?: string;
  search?: string;
  limit: number;
}

const pageAtMost = 100;

export async function list({ api, out, isJson }: Session, options: ListOptions): Promise<ExitCode> {
  const tasks = await read(api, options);
  if (isJson) out.printJson(tasks);
  else if (tasks.length === 0) out.print("No tasks");
  else {
    const now = Date.now();
    const repos = new Set(tasks.map(({ repo }) => repo));
    const rows = tasks.map((task) => cells(task, { now, hasRepo: repos.size > 1 }));
    table(rows, { columns: out.columns, flexible: 2 }).forEach(([id, state, title, ...rest], at) => {
      const words = stateWords(tasks[at]!, { out, now });
      const padding = state!.slice(rows[at]![1]!.length);
      out.print(
        [out.paint("dim", id!), words + padding, title, ...rest.map((cell) => out.paint("dim", cell))]
          .join("  ").trimEnd(),
      );
    });
  }
  return exitCodes.done;
}

async function read(api: Session["api"], { status, search, limit }: ListOptions): Promise<TaskView[]> {
  const tasks: TaskView[] = [];
  let cursor: string | null = null;
  do {
    const page: TaskPage = await api.json("/api/tasks", {
      query: { status, q: search, limit: Math.min(limit - tasks.length, pageAtMost), cursor: cursor ?? undefined },
    });
    tasks.push(...page.tasks);
    cursor = page.next;
  } while (cursor !== null && tasks.length < limit);
  return tasks;
}

function cells(task: TaskView, { now, hasRepo }: { now: number; hasRepo: boolean }): string[] {
  const uncoloured = { paint: (_: unknown, text: string) => text };
  return [
    `#${task.id}`,
    stateWords(task, { out: uncoloured, now }),
    plain(task.title),
    ...hasRepo ? [plain(task.repo)] : [],
    ago(now - Date.parse(task.updated_at)),
    task.started_at === null ? "" : taskCost(task),
  ];
}
