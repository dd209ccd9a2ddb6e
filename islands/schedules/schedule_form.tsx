// A new schedule, or another one's times and task.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { NewSchedule, ScheduleView } from "../../core/view/automation_view.ts";
import { complain } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { json, Problem } from "../stream/api.ts";
import { usualTimes } from "./schedule_words.ts";

/** `of`: the one that is changed; null: a new one. */
export function ScheduleForm({ of, onDone }: { of: ScheduleView | null; onDone(saved: ScheduleView): void }) {
  const store = useStore();
  const { repos } = store.health.value;
  const id = of?.id ?? "new";
  const busy = useSignal(false);
  const errors = useSignal<Problem["errors"]>([]);
  const draft = useSignal({
    name: of?.name ?? "",
    cron: of?.cron ?? usualTimes[0]!.cron,
    timezone: of?.timezone ?? "UTC",
    overlap: of?.overlap ?? "skip",
    prompt: of?.task.prompt ?? "",
    repo: of?.task.repo ?? "",
  });
  // The server draws it in another zone than the reader's.
  useEffect(() => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    if (!of && timeZone) draft.value = { ...draft.peek(), timezone: timeZone };
  }, []);
  const set = (field: keyof typeof draft.value) => (event: { currentTarget: { value: string } }) =>
    void (draft.value = { ...draft.value, [field]: event.currentTarget.value });
  const save = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    errors.value = [];
    const { prompt, repo, ...rest } = draft.value;
    const task = { ...of?.task, prompt, repo: repo === "" ? null : repo };
    // Its title was the first line of the old words.
    if (of && of.task.prompt !== prompt) delete task.title;
    try {
      const body = { ...rest, task } as NewSchedule;
      const path = of ? `/api/schedules/${of.id}` : "/api/schedules";
      const saved = await json<ScheduleView>(path, { method: of ? "PATCH" : "POST", body });
      if (!of) draft.value = { ...draft.value, name: "", prompt: "" };
      onDone(saved);
    } catch (error) {
      if (error instanceof Problem && error.errors.length > 0) errors.value = error.errors;
      else complain(store, error);
    }
    busy.value = false;
  };
  const Error = ({ path }: { path: string }) => {
    const found = errors.value.find((one) => one.path === path);
    return found ? <span class="field-error tone-fail" role="alert">{found.message}</span> : null;
  };
  return (
    <form class="rule-form" onSubmit={save} aria-label={of ? `Change ${of.name}` : "New schedule"}>
      <div class="field">
        <label for={`name-${id}`}>Name</label>
        <input id={`name-${id}`} required maxLength={64} value={draft.value.name} onInput={set("name")} />
        <Error path="name" />
      </div>
      <div class="field">
        <label for={`prompt-${id}`}>What is to be done each time</label>
        <textarea id={`prompt-${id}`} required rows={4} value={draft.value.prompt} onInput={set("prompt")} />
        <Error path="task.prompt" />
      </div>
      <div class="field-row">
        <div class="field">
          <label for={`cron-${id}`}>
            When <span class="muted">minute, hour, day, month, weekday</span>
          </label>
          <input
            id={`cron-${id}`}
            class="mono"
            required
            list="usual-times"
            value={draft.value.cron}
            onInput={set("cron")}
          />
          <datalist id="usual-times">
            {usualTimes.map(({ word, cron }) => <option key={cron} value={cron}>{word}</option>)}
          </datalist>
          <Error path="cron" />
        </div>
        <div class="field">
          <label for={`zone-${id}`}>Time zone</label>
          <input id={`zone-${id}`} required value={draft.value.timezone} onInput={set("timezone")} />
          <Error path="timezone" />
        </div>
        <div class="field">
          <label for={`overlap-${id}`}>While its task works</label>
          <select id={`overlap-${id}`} value={draft.value.overlap} onChange={set("overlap")}>
            <option value="skip">skip the time</option>
            <option value="queue">let one time wait</option>
          </select>
        </div>
        <div class="field">
          <label for={`repo-${id}`}>Repository</label>
          <select id={`repo-${id}`} value={draft.value.repo} onChange={set("repo")}>
            <option value="">the first</option>
            {repos.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
          <Error path="task.repo" />
        </div>
      </div>
      <div class="form-actions">
        <button type="submit" class="primary" disabled={busy.value || store.asleep.value}>
          {of ? "Save" : "Create schedule"}
        </button>
      </div>
    </form>
  );
}
