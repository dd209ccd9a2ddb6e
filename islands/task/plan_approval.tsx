// A plan waits for a decision: approve it, or send it back with words.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { command } from "../state/actions.ts";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { lazy } from "../parts/lazy.tsx";
import { useStore } from "../state/store.ts";

const planLines = lazy("PlanLines", () => import("../loaded/changes.ts"));

export function PlanApproval({ open }: { open: OpenTask }) {
  const store = useStore();
  const feedback = useSignal("");
  const busy = useSignal(false);
  const lines = useSignal(false);
  const task = open.task.value;
  useEffect(() => open.review.comments.drafts.load(), [open]);
  if (task.status !== "awaiting_approval" || task.cancel_requested || open.at.value !== null) return null;
  const disabled = busy.value || store.asleep.value;
  const approve = async () => {
    busy.value = true;
    await command(store, task.id, { kind: "approve" });
    busy.value = false;
  };
  const reject = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    if (await command(store, task.id, { kind: "reject", feedback: feedback.peek().trim() })) feedback.value = "";
    busy.value = false;
  };
  return (
    <>
      {lines.value && task.plan !== null && <planLines.View open={open} plan={task.plan} />}
      <form class="composer approval" onSubmit={reject}>
        <p class="tone-need">
          <Icon name="need" />The plan waits for you
        </p>
        <textarea
          rows={1}
          aria-label="What should change in the plan"
          placeholder="What should change"
          value={feedback.value}
          disabled={store.asleep}
          onInput={(event) => feedback.value = event.currentTarget.value}
        />
        {task.plan !== null && (
          <button
            type="button"
            aria-expanded={lines.value}
            disabled={store.asleep}
            onClick={() => lines.value = !lines.value}
          >
            Comment on lines
          </button>
        )}
        <button type="submit" disabled={disabled || feedback.value.trim() === ""}>Send back</button>
        <button type="button" class="primary" disabled={disabled} onClick={approve}>Approve plan</button>
      </form>
    </>
  );
}
