// The form for a new task, and for editing a pending one. Prompt first; what is rarely needed is folded away. The draft
// of a new task survives a reload; what the server refuses stands at its field.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { TaskView } from "../../core/view/task_view.ts";
import { createTask, editTask, retryTask } from "../state/actions.ts";
import { type Errors, errorsOf, unreadable } from "./form_errors.ts";
import { Choices, Field, MoreFields, textField } from "./form_fields.tsx";
import { DependencyPicker } from "./dependency_picker.tsx";
import { firstLine } from "../../core/view/format.ts";
import { replacesWork } from "../../core/view/review_words.ts";
import { useStore } from "../state/store.ts";
import {
  changesOf,
  type DraftField,
  draftOf,
  emptyDraft,
  inputOf,
  isEmptyDraft,
  readDraft,
  type TaskDraft,
} from "./task_draft.ts";

const draftKey = "coder.draft";

interface TaskFormProps {
  /** Values to begin with. */
  from: TaskView | null;
  /** The pending task that is edited. */
  editing?: TaskView;
  /** The finished task that is tried again. */
  retrying?: TaskView;
  onDone(task: TaskView | null): void;
  onCancel?(): void;
}

export function TaskForm(props: TaskFormProps) {
  const { editing, retrying, onCancel } = props;
  const known = editing ?? retrying;
  const store = useStore();
  const { draft, errors, busy, form, set, submit } = useDraft(props);
  const { value } = draft;
  const hasRun = known !== undefined && known.runs > 0;
  const fixed = { repo: hasRun, base: hasRun && editing !== undefined };
  const own = { check: known?.check !== undefined, land: known?.land !== undefined };
  const part = { value, errors: errors.value, fixed, own, set };
  const note = retrying && replacesWork(retrying)
    ? "Its work is replaced. What there is now stays kept under refs/coder/kept."
    : known || props.from
    ? ""
    : "The draft is kept in this browser.";
  return (
    <form
      class="task-form"
      noValidate
      ref={form}
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void submit(event);
      }}
    >
      {errors.value.form && <p class="form-error tone-fail" role="alert">{errors.value.form}</p>}
      <Field name="prompt" label="What should be done" errors={errors.value}>
        <textarea
          {...textField("prompt", part)}
          rows={7}
          dir="auto"
          autofocus
          placeholder="Describe the work as you would to a colleague"
        />
      </Field>
      <Field name="title" label="Title" hint="optional" errors={errors.value}>
        <input
          {...textField("title", part)}
          dir="auto"
          placeholder={firstLine(value.prompt, 80) || "Taken from the first line"}
        />
      </Field>
      <Choices {...part} />
      <Field name="depends_on" label="Starts after" hint="tasks that must be completed first" errors={errors.value}>
        <DependencyPicker
          chosen={value.depends_on}
          self={known?.id ?? null}
          invalid={errors.value.depends_on !== undefined}
          onChange={(depends_on) => set({ depends_on })}
        />
      </Field>
      <MoreFields {...part} />
      <div class="form-actions">
        <span class="muted form-note">{note}</span>
        {onCancel && <button type="button" onClick={onCancel}>Close</button>}
        <button type="submit" class="primary" disabled={busy.value || store.asleep.value}>
          {editing ? "Save" : retrying ? "Retry" : "Create task"}
          <kbd>Ctrl Enter</kbd>
        </button>
      </div>
    </form>
  );
}

/** The draft, what is wrong with it, and how it is changed and sent. */
function useDraft({ from, editing, retrying, onDone }: TaskFormProps) {
  const store = useStore();
  const known = editing ?? retrying;
  // One alone: a form that begins with a task's words is not to take the place of what somebody began to write.
  const isKept = !known && !from;
  const start = useMemo(() => {
    const source = known ?? from;
    return source ? draftOf(source) : emptyDraft;
  }, []);
  const draft = useSignal<TaskDraft>(start);
  const errors = useSignal<Errors>({});
  const busy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  // The same key until it is created: a second click or a repeated request makes no second task.
  const idempotencyKey = useRef("");

  // At once: what is typed right after goes on where the draft ends.
  useLayoutEffect(() => {
    idempotencyKey.current = crypto.randomUUID();
    if (isKept) draft.value = readDraft(localStorage.getItem(draftKey));
  }, []);

  const set = (changes: Partial<TaskDraft>) => {
    draft.value = { ...draft.peek(), ...changes };
    const kept = { ...errors.peek() };
    for (const name of Object.keys(changes)) delete kept[name as DraftField];
    errors.value = kept;
    if (!isKept) return;
    if (isEmptyDraft(draft.peek())) localStorage.removeItem(draftKey);
    else localStorage.setItem(draftKey, JSON.stringify(draft.peek()));
  };

  const refuse = (wrong: Errors) => {
    errors.value = wrong;
    form.current?.querySelector<HTMLDetailsElement>("details")?.setAttribute("open", "");
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };

  const submit = async (event?: Event) => {
    event?.preventDefault();
    if (busy.peek()) return;
    const wrong = unreadable(form.current?.querySelectorAll("input") ?? []);
    if (draft.peek().prompt.trim() === "") wrong.prompt = "Say what should be done";
    if (Object.keys(wrong).length > 0) return refuse(wrong);
    busy.value = true;
    try {
      if (editing) {
        await editTask(store, editing, changesOf(start, draft.peek()));
        onDone(null);
      } else if (retrying) {
        await retryTask(store, retrying, changesOf(start, draft.peek()));
        onDone(null);
      } else {
        const task = await createTask(store, inputOf(draft.peek()), idempotencyKey.current);
        if (isKept) localStorage.removeItem(draftKey);
        onDone(task);
      }
    } catch (error) {
      refuse(errorsOf(error));
      // Another body under the same key would be refused.
      idempotencyKey.current = crypto.randomUUID();
    }
    busy.value = false;
  };
  return { draft, errors, busy, form, set, submit };
}
