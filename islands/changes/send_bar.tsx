// What was commented and not sent, with words about the whole, and the button that sends it to the agent.

import { useSignal } from "@preact/signals";
import { takeTasks } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { plural } from "../../core/view/format.ts";
import { useAttempt } from "./comment_thread.tsx";
import { type ReviewComments, unsent } from "./task_comments.ts";

const place = "overall";

export function SendBar({ comments }: { comments: ReviewComments }) {
  const store = useStore();
  const attempt = useAttempt();
  const busy = useSignal(false);
  const waiting = unsent(comments.list.value);
  if (waiting.length === 0) return null;
  const text = comments.drafts.all.value[place] ?? "";
  const send = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    const sent = await attempt(async () => {
      takeTasks(store, [await comments.send(waiting.map(({ id }) => id), text.trim())]);
    });
    if (sent) comments.drafts.set(place, null);
    busy.value = false;
  };
  return (
    <form class="composer send-bar" onSubmit={send}>
      <p role="status">{plural(waiting.length, "comment")} not sent</p>
      <textarea
        rows={Math.min(4, text.split("\n").length)}
        aria-label="Words about the whole"
        placeholder="Words about the whole (optional)"
        value={text}
        disabled={store.asleep}
        onInput={(event) => comments.drafts.set(place, event.currentTarget.value)}
      />
      <button type="submit" class="primary" disabled={busy.value || store.asleep.value}>Send to the agent</button>
    </form>
  );
}
