// The fields of a task's form, each with what the server says is wrong with it.

import type { ComponentChildren } from "preact";
import { useStore } from "../state/store.ts";
import type { Errors } from "./form_errors.ts";
import { LandField } from "./land_field.tsx";
import type { DraftField, TaskDraft } from "./task_draft.ts";

/** Any of the form's parts. */
export interface PartProps {
  value: TaskDraft;
  errors: Errors;
  /** What is settled: it ran before. */
  fixed: { repo: boolean; base: boolean };
  /** What it says itself, which can be changed and not be taken back. */
  own: { check: boolean; land: boolean };
  set(changes: Partial<TaskDraft>): void;
}

/** What every field that is written in has in common. */
export function textField(
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
export function Choices(part: PartProps) {
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
export function MoreFields(part: PartProps) {
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
        <Field name="silence_minutes" label="May be silent" hint="minutes" errors={errors}>
          <input
            {...textField("silence_minutes", part)}
            type="number"
            min="0"
            step="any"
            class="short"
            placeholder="default"
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
        <Field name="tags" label="Tags" hint="to find it by" errors={errors}>
          <input {...textField("tags", part)} placeholder="web flaky" />
        </Field>
        <Field name="labels" label="Labels" hint="what its worker must have" errors={errors}>
          <input {...textField("labels", part)} class="mono" placeholder="gpu=1, os=linux" />
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

export function Field({ name, label, hint, errors, children }: FieldProps) {
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
