// What commands from the board ask for, and what some of several tasks refused.

import { useSignal } from "@preact/signals";
import { readTags, tagsWords } from "../../core/domain/tags.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { complain, openTask, takeTasks } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { forMany } from "./queue_actions.ts";
import { queueApi } from "./queue_api.ts";

export function PriorityBody({ ids, priority, onClose }: { ids: number[]; priority: number; onClose(): void }) {
  const store = useStore();
  const value = useSignal(String(priority));
  const busy = useSignal(false);
  const wanted = Number(value.value);
  const isGood = value.value.trim() !== "" && Number.isInteger(wanted) && Math.abs(wanted) <= 1_000_000;
  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault();
        if (!isGood || busy.peek()) return;
        busy.value = true;
        if (await forMany(store, ids, { action: "prioritize", priority: wanted })) onClose();
        else busy.value = false;
      }}
    >
      <label class="field">
        <span class="field-name">
          Priority <span class="muted">higher goes first</span>
        </span>
        <input
          type="number"
          step="1"
          class="short"
          autofocus
          value={value.value}
          aria-invalid={!isGood}
          onInput={(event) => value.value = event.currentTarget.value}
        />
      </label>
      {!isGood && <p class="field-error">A whole number from -1,000,000 to 1,000,000</p>}
      <div class="form-actions">
        <button type="button" onClick={onClose}>Keep it as it is</button>
        <button type="submit" class="primary" disabled={!isGood || busy.value}>
          {ids.length === 1 ? `Change task ${ids[0]}` : `Change ${ids.length} tasks`}
        </button>
      </div>
    </form>
  );
}

export function TagsBody({ task, onClose }: { task: TaskView; onClose(): void }) {
  const store = useStore();
  const value = useSignal(task.tags.join(" "));
  const busy = useSignal(false);
  const tags = readTags(value.value);
  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault();
        if (tags === null || busy.peek()) return;
        busy.value = true;
        try {
          takeTasks(store, [await queueApi.setTags(task.id, tags)]);
          onClose();
        } catch (error) {
          complain(store, error);
          busy.value = false;
        }
      }}
    >
      <label class="field">
        <span class="field-name">
          Tags <span class="muted">words to find it by</span>
        </span>
        <input
          autofocus
          value={value.value}
          aria-invalid={tags === null}
          onInput={(event) => value.value = event.currentTarget.value}
        />
      </label>
      {tags === null && <p class="field-error">It takes {tagsWords}</p>}
      <div class="form-actions">
        <button type="button" onClick={onClose}>Keep them as they are</button>
        <button type="submit" class="primary" disabled={tags === null || busy.value}>Save</button>
      </div>
    </form>
  );
}

export function RefusedBody(
  { refusals, onClose }: { refusals: { id: number; reason: string }[]; onClose(): void },
) {
  const store = useStore();
  return (
    <>
      <ul class="refusals">
        {refusals.map(({ id, reason }) => (
          <li key={id}>
            <a
              href={`/?task=${id}`}
              class="num"
              onClick={(event) => {
                event.preventDefault();
                onClose();
                void openTask(store, id);
              }}
            >
              #{id}
            </a>
            <span>{reason}</span>
          </li>
        ))}
      </ul>
      <p class="muted">They stay selected.</p>
    </>
  );
}
