// Opens a file of a task's worktree in the editor of this machine, where the page is looked at on it.

import { useEffect, useState } from "preact/hooks";
import type { TaskView } from "../../core/view/task_view.ts";
import { Icon } from "../parts/icon.tsx";
import type { FilePlace } from "../parts/places.ts";
import { chosenEditor } from "./chosen_editor.ts";
import { type Editor, editorNames, editorUrl, isLoopbackHost } from "./places.ts";

export function EditorLink({ task, place }: { task: Pick<TaskView, "worktree">; place: FilePlace }) {
  const [editor, setEditor] = useState<Editor | null>(null);
  useEffect(() => setEditor(isLoopbackHost(location.hostname) ? chosenEditor() : null), []);
  if (editor === null || task.worktree === null) return null;
  const title = `Open in ${editorNames[editor]}`;
  return (
    <a
      class="button quiet small"
      href={editorUrl(editor, `${task.worktree}/${place.path}`, place.line)}
      title={title}
      aria-label={`${title}: ${place.path}`}
    >
      <Icon name="expand" />
      {editorNames[editor]}
    </a>
  );
}
