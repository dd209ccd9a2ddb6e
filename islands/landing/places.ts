// Where the work of a task is looked at besides these pages: an editor, a shell, a patch. Pure.

import type { TaskView } from "../../core/view/task_view.ts";

export const editors = ["vscode", "cursor", "zed", "idea"] as const;
export type Editor = typeof editors[number];

export const editorNames: Record<Editor, string> = {
  vscode: "VS Code",
  cursor: "Cursor",
  zed: "Zed",
  idea: "IntelliJ",
};

/** What was chosen last, as it was kept; the first one for anything else. */
export function editorOf(kept: string | null): Editor {
  return editors.find((one) => one === kept) ?? editors[0];
}

/** An address that the editor of this machine opens. `path` is absolute; `line`: of a file. */
export function editorUrl(editor: Editor, path: string, line: number | null = null): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  if (editor === "idea") return `idea://open?file=${encoded}${line === null ? "" : `&line=${line}`}`;
  return `${editor}://file${encoded}${line === null ? "" : `:${line}`}`;
}

/** Whether a page of that host is looked at on the machine where the worktrees are. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Lines for a shell. */
export function shellCommands({ worktree, branch }: Pick<TaskView, "worktree" | "branch">): {
  worktree: string | null;
  /** In the repository. Git gives a branch to one worktree at a time, so that it is looked at without being on it. */
  repository: string | null;
} {
  return {
    worktree: worktree && `cd ${quoted(worktree)}`,
    repository: branch && `git switch --detach ${quoted(branch)}`,
  };
}

/** One word for a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Whether there is anything to take or to look at elsewhere. */
export function hasElsewhere(task: TaskView): boolean {
  return !task.trial && task.base_commit !== null &&
    (task.worktree !== null || task.snapshot !== null || task.pull_request !== null || task.pushed !== null);
}
