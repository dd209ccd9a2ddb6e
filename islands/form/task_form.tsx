// The form for a new task, and for editing a pending one. Prompt first; what is rarely needed is folded away. The draft
// of a new task survives a reload; what the server refuses stands at its field.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { TaskView } from "../../core/view/task_view.ts";
import { createTask, editTask, retryTask } from "../state/actions.ts";
import { Problem } from "../stream/api.ts";
import { DependencyPicker } from "./dependency_picker.tsx";
import { firstLine } from "../parts/format.ts";
import { replacesWork } from "../landing/review_words.ts";
import { LandField } from "./land_field.tsx";
import { useStore } from "../state/store.ts";
import {
  changesOf,
  type DraftField,
  draftOf,
  emptyDraft,
  fieldOf,
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

type Errors = Partial<Record<DraftField | "form", string>>;

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
    : known
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
        <button type="submit" class="primary" disabled={busy.value || !store.alive.value}>
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

  useEffect(() => {
    idempotencyKey.current = crypto.randomUUID();
    if (!known && !from) draft.value = readDraft(localStorage.getItem(draftKey));
  }, []);

  const set = (changes: Partial<TaskDraft>) => {
    draft.value = { ...draft.peek(), ...changes };
    const kept = { ...errors.peek() };
    for (const name of Object.keys(changes)) delete kept[name as DraftField];
    errors.value = kept;
    if (known) return;
    if (isEmptyDraft(draft.peek())) localStorage.removeItem(draftKey);
    else localStorage.setItem(draftKey, JSON.stringify(draft.peek()));
  };

  const submit = async (event?: Event) => {
    event?.preventDefault();
    if (busy.peek()) return;
    if (draft.peek().prompt.trim() === "") {
      errors.value = { prompt: "Say what should be done" };
      form.current?.querySelector<HTMLElement>("textarea")?.focus();
      return;
    }
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
        localStorage.removeItem(draftKey);
        onDone(task);
      }
    } catch (error) {
      errors.value = errorsOf(error);
      // Another body under the same key would be refused.
      idempotencyKey.current = crypto.randomUUID();
      form.current?.querySelector<HTMLDetailsElement>("details")?.setAttribute("open", "");
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    }
    busy.value = false;
  };
  return { draft, errors, busy, form, set, submit };
}

/** Any of the form's parts. */
interface PartProps {
  value: TaskDraft;
  errors: Errors;
  /** What is settled: it ran before. */
  fixed: { repo: boolean; base: boolean };
  /** What it says itself, which can be changed and not be taken back. */
  own: { check: boolean; land: boolean };
  set(changes: Partial<TaskDraft>): void;
}

/** What every field that is written in has in common. */
function textField(
  name: Exclude<DraftField, "depends_on" | "mode" | "check_by" | "land">,
  { value, errors, set }: Pick<PartProps, "value" | "errors" | "set">,
) {
  return {
    id: `field-${name}`,
    value: value[name],
    "aria-invalid": errors[name] ? true : undefined,
    "aria-describedby": errors[name] ? `error-${name}` : undefined,
    onInput: (event: { currentTarget: { value: string } }) => set({ [name]: event.currentTarget.value }),
  };
}

/** How it is done, when, and where. */
function Choices(part: PartProps) {
  const { value, errors, fixed, set } = part;
  const { repos } = useStore().health.value;
  return (
    <div class="field-row">
      <Field name="mode" label="Mode" errors={errors}>
        <span class="segmented" role="group" aria-label="Mode" id="field-mode">
          <button type="button" aria-pressed={value.mode === "execute"} onClick={() => set({ mode: "execute" })}>
            Execute
          </button>
          <button type="button" aria-pressed={value.mode === "plan"} onClick={() => set({ mode: "plan" })}>
            Plan first
          </button>
        </span>
      </Field>
      <Field name="priority" label="Priority" hint="higher goes first" errors={errors}>
        <input {...textField("priority", part)} type="number" step="1" class="short" />
      </Field>
      {repos.length > 1 && (
        <Field name="repo" label="Repository" errors={errors}>
          <select
            id="field-repo"
            value={value.repo || repos[0]?.name}
            disabled={fixed.repo}
            onChange={(event) => set({ repo: event.currentTarget.value })}
          >
            {repos.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
        </Field>
      )}
    </div>
  );
}

/** What is rarely needed. */
function MoreFields(part: PartProps) {
  const { value, errors, fixed, set } = part;
  const { agent } = useStore().health.value;
  return (
    <details class="more-fields">
      <summary>Base, model, check and limits</summary>
      <div class="field-row">
        <Field name="base" label="Base" hint="branch, commit, or task:12" errors={errors}>
          <input {...textField("base", part)} class="mono" placeholder="HEAD" disabled={fixed.base} />
        </Field>
        <Field name="model" label="Model" errors={errors}>
          <input {...textField("model", part)} class="mono" placeholder="the agent's default" />
        </Field>
      </div>
      <div class="field-row">
        {(agent.efforts.length > 0 || value.effort !== "") && (
          <Field name="effort" label="Effort" hint="how much it thinks" errors={errors}>
            <select
              id="field-effort"
              value={value.effort}
              onChange={(event) =>
                set({ effort: event.currentTarget.value })}
            >
              <option value="">the agent's default</option>
              {agent.efforts.map((effort) => <option key={effort} value={effort}>{effort}</option>)}
            </select>
          </Field>
        )}
        {(agent.fallback_model || value.fallback_model !== "") && (
          <Field name="fallback_model" label="Fallback models" hint="when that one is busy" errors={errors}>
            <input {...textField("fallback_model", part)} class="mono" placeholder="none" />
          </Field>
        )}
      </div>
      <CheckFields {...part} />
      <div class="field-row">
        <Field name="max_attempts" label="Attempts" errors={errors}>
          <input {...textField("max_attempts", part)} type="number" min="1" step="1" class="short" />
        </Field>
        <Field name="timeout_minutes" label="Time limit" hint="minutes per run" errors={errors}>
          <input
            {...textField("timeout_minutes", part)}
            type="number"
            min="0"
            step="any"
            class="short"
            placeholder="none"
          />
        </Field>
        <Field name="max_budget_usd" label="Budget" hint="US dollars in all" errors={errors}>
          <input
            {...textField("max_budget_usd", part)}
            type="number"
            min="0"
            step="any"
            class="short"
            placeholder="none"
          />
        </Field>
      </div>
    </details>
  );
}

/** What judges the result, and what becomes of it then. */
function CheckFields(part: PartProps) {
  const { repos } = useStore().health.value;
  const { value, errors, own, set } = part;
  return (
    <div class="field-row">
      <Field name="check_by" label="Check" hint="what judges the result" errors={errors}>
        <select
          id="field-check_by"
          value={value.check_by}
          onChange={(event) => set({ check_by: event.currentTarget.value as TaskDraft["check_by"] })}
        >
          {!own.check && <option value="repository">as the repository says</option>}
          <option value="none">none</option>
          <option value="own">a command of its own</option>
        </select>
      </Field>
      {value.check_by === "own" && (
        <Field name="check" label="Command" hint="run by sh in the worktree" errors={errors}>
          <input {...textField("check", part)} class="mono" placeholder="npm test" />
        </Field>
      )}
      <Field name="land" label="When it is good" errors={errors}>
        <LandField
          value={value.land}
          repo={value.repo || (repos[0]?.name ?? "")}
          hasOwn={own.land}
          onChange={(land) => set({ land })}
        />
      </Field>
    </div>
  );
}

interface FieldProps {
  name: DraftField;
  label: string;
  hint?: string;
  errors: Errors;
  children: ComponentChildren;
}

function Field({ name, label, hint, errors, children }: FieldProps) {
  const error = errors[name];
  return (
    <div class={`field field-${name}`}>
      <label for={`field-${name}`}>
        {label}
        {hint && <span class="muted">{hint}</span>}
      </label>
      {children}
      {error && <p class="field-error tone-fail" id={`error-${name}`} role="alert">{error}</p>}
    </div>
  );
}

/** The server's errors at their fields; what belongs to none stands above the form. */
function errorsOf(error: unknown): Errors {
  if (!(error instanceof Problem)) {
    console.error(error);
    return { form: "Something went wrong on this page" };
  }
  const errors: Errors = {};
  const others: string[] = [];
  for (const { path, message } of error.errors) {
    const field = fieldOf(path);
    if (field && !errors[field]) errors[field] = message;
    else if (!field) others.push(path ? `${path}: ${message}` : message);
  }
  if (others.length > 0 || Object.keys(errors).length === 0) errors.form = [error.message, ...others].join(". ");
  return errors;
}
