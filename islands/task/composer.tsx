// A message to the agent: reaches a running one at once, or wakes a completed task in its worktree.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { command } from "../state/actions.ts";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { isOver } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";

function labelOf({ status }: TaskView): string {
  if (status === "in_progress") return "Message the running agent";
  if (status === "completed") return "Follow up: the agent goes on where it stopped";
  return "Continue: the agent goes on where its work is saved, and is told how it ended";
}

export function Composer({ open }: { open: OpenTask }) {
  const store = useStore();
  const text = useSignal("");
  const busy = useSignal(false);
  const task = open.task.value;
  const key = `coder.message.${open.id}`;
  useEffect(() => {
    text.value = sessionStorage.getItem(key) ?? "";
  }, [key]);

  const takes = !task.cancel_requested &&
    (task.status === "in_progress" ||
      (isOver(task.status) && !task.trial &&
        (task.worktree !== null || task.snapshot !== null || task.base_commit === null)));
  if (!takes || open.at.value !== null || open.isRecorded) return null;
  const label = labelOf(task);

  const change = (value: string) => {
    text.value = value;
    sessionStorage.setItem(key, value);
  };
  const send = async () => {
    const words = text.peek().trim();
    if (words === "" || busy.peek()) return;
    busy.value = true;
    if (await command(store, task.id, { kind: "message", text: words })) {
      change("");
      void open.showEnd();
    }
    busy.value = false;
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        rows={Math.min(8, text.value.split("\n").length)}
        aria-label={label}
        placeholder={label}
        value={text.value}
        disabled={!store.alive.value}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          void send();
        }}
      />
      <button type="submit" disabled={busy.value || text.value.trim() === ""}>
        {task.status === "failed" || task.status === "cancelled" ? "Continue" : "Send"}
      </button>
    </form>
  );
}
