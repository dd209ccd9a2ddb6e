// Makes a new task that goes on from a moment of this one: with its files of then, and told what was said until then.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Errors, errorsOf } from "../form/form_errors.ts";
import { Field } from "../form/form_fields.tsx";
import { openTask, readBoard, takeTasks, toast } from "../state/actions.ts";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { api } from "../stream/api.ts";

export function ForkDialog({ open, at, onClose }: { open: OpenTask; at: number; onClose(): void }) {
  const store = useStore();
  const prompt = useSignal("");
  const title = useSignal("");
  const errors = useSignal<Errors>({});
  const busy = useSignal(false);
  // The same key until it is made: a second click makes no second task.
  const idempotencyKey = useRef("");
  useEffect(() => void (idempotencyKey.current = crypto.randomUUID()), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.peek()) return;
    busy.value = true;
    const words = { prompt: prompt.peek().trim(), title: title.peek().trim() };
    const choice = { at, ...(words.prompt && { prompt: words.prompt }), ...(words.title && { title: words.title }) };
    try {
      const task = await api.fork(open.id, choice, idempotencyKey.current);
      takeTasks(store, [task]);
      void readBoard(store);
      onClose();
      toast(store, { tone: "done", text: `Task ${task.id} goes on from event ${at}`, task: task.id });
      void openTask(store, task.id);
    } catch (error) {
      errors.value = errorsOf(error);
      idempotencyKey.current = crypto.randomUUID();
    }
    busy.value = false;
  };

  const task = open.task.value;
  return (
    <form
      class="task-form"
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void submit(event);
      }}
    >
      {errors.value.form && <p class="form-error tone-fail" role="alert">{errors.value.form}</p>}
      <p class="muted">
        It gets a worktree of its own with the files of that moment, as far as they were kept, and begins with what was
        said until then. Task {task.id} stays as it is.
      </p>
      <Field name="prompt" label="What should be done from there" hint="empty: the same again" errors={errors.value}>
        <textarea
          id="field-prompt"
          rows={5}
          dir="auto"
          autofocus
          value={prompt.value}
          aria-invalid={errors.value.prompt ? true : undefined}
          aria-describedby={errors.value.prompt ? "error-prompt" : undefined}
          placeholder={task.prompt.slice(0, 400)}
          onInput={(event) => prompt.value = event.currentTarget.value}
        />
      </Field>
      <Field name="title" label="Title" hint="optional" errors={errors.value}>
        <input
          id="field-title"
          dir="auto"
          value={title.value}
          aria-invalid={errors.value.title ? true : undefined}
          aria-describedby={errors.value.title ? "error-title" : undefined}
          placeholder={task.title}
          onInput={(event) => title.value = event.currentTarget.value}
        />
      </Field>
      <div class="form-actions">
        <span class="muted form-note">Other settings are those of task {task.id}.</span>
        <button type="button" onClick={onClose}>Close</button>
        <button type="submit" class="primary" disabled={busy.value || store.asleep.value}>
          Create task
          <kbd>Ctrl Enter</kbd>
        </button>
      </div>
    </form>
  );
}
