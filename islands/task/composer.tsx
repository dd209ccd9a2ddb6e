// A message to the agent: reaches a running one at once, or wakes a completed task in its worktree.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { command } from "../state/actions.ts";
import { takesMessage } from "./allowed.ts";
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
  const budget = useSignal("");
  const busy = useSignal(false);
  const task = open.task.value;
  const key = `coder.message.${open.id}`;
  useEffect(() => {
    text.value = sessionStorage.getItem(key) ?? "";
  }, [key]);

  if (!takesMessage(task) || open.at.value !== null || open.isRecorded) return null;
  const label = labelOf(task);
  // What is used up must be raised, or nothing could go on.
  const isSpent = isOver(task.status) && task.max_budget_usd !== null && (task.cost_usd ?? 0) >= task.max_budget_usd;

  const change = (value: string) => {
    text.value = value;
    sessionStorage.setItem(key, value);
  };
  const send = async () => {
    const words = text.peek().trim();
    if (words === "" || busy.peek()) return;
    busy.value = true;
    const raised = isSpent && budget.peek() !== "" ? { max_budget_usd: Number(budget.peek()) } : {};
    if (await command(store, task.id, { kind: "message", text: words, ...raised })) {
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
        disabled={store.asleep}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          void send();
        }}
      />
      {isSpent && (
        <input
          type="number"
          min="0"
          step="any"
          class="budget"
          aria-label="New budget in US dollars"
          placeholder="new budget, $"
          value={budget.value}
          disabled={store.asleep}
          onInput={(event) => budget.value = event.currentTarget.value}
        />
      )}
      <button type="submit" disabled={busy.value || text.value.trim() === ""}>
        {task.status === "failed" || task.status === "cancelled" ? "Continue" : "Send"}
      </button>
    </form>
  );
}
