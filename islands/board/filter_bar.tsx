// The choices of the board's filter, at every width. They are in the address, so a filtered board can be shared by its link.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { outcomes } from "../../core/domain/event.ts";
import { labelWordsOf } from "../../core/domain/tags.ts";
import { statuses } from "../../core/domain/task.ts";
import { setFilter } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { type BoardFilter, choices, outcomeWord, statusWords } from "../../core/view/task_state.ts";

const labelsOffered = 100;

export function FilterBar() {
  const store = useStore();
  const filter = store.filter.value;
  const repos = store.health.value.repos;
  if (choices(filter) === 0 && !store.filtering.value) return null;
  const change = (changes: Partial<BoardFilter>) => setFilter(store, { ...store.filter.peek(), ...changes });
  return (
    <form
      id="filters"
      class="filter-bar"
      aria-label="Filters"
      action="/"
      onSubmit={(event) => event.preventDefault()}
    >
      <Choice
        name="status"
        label="Status"
        value={filter.status}
        options={statuses.map((one) => [one, statusWords[one]])}
        onChange={(value) => change({ status: statuses.find((one) => one === value) ?? null })}
      />
      {(repos.length > 1 || filter.repo !== null) && (
        <Choice
          name="repo"
          label="Repository"
          value={filter.repo}
          options={repos.map(({ name }) => [name, name])}
          onChange={(repo) => change({ repo })}
        />
      )}
      <Choice
        name="outcome"
        label="Outcome"
        value={filter.outcome}
        options={outcomes.map((one) => [one, outcomeWord(one)])}
        onChange={(value) => change({ outcome: outcomes.find((one) => one === value) ?? null })}
      />
      <LabelChoice value={filter.label} onChange={(label) => change({ label })} />
    </form>
  );
}

interface ChoiceProps {
  name: string;
  label: string;
  value: string | null;
  options: [value: string, word: string][];
  onChange(value: string | null): void;
}

function Choice({ name, label, value, options, onChange }: ChoiceProps) {
  return (
    <label class={`filter-choice${value === null ? "" : " is-chosen"}`}>
      <span>{label}</span>
      <select name={name} value={value ?? ""} onChange={(event) => onChange(event.currentTarget.value || null)}>
        <option value="">any</option>
        {/* What is asked for in the address may not be here any more. */}
        {value !== null && !options.some(([one]) => one === value) && <option value={value}>{value}</option>}
        {options.map(([one, word]) => <option key={one} value={one}>{word}</option>)}
      </select>
    </label>
  );
}

/** Any word, with those of the tasks on the board to choose from. */
function LabelChoice({ value, onChange }: Pick<ChoiceProps, "value" | "onChange">) {
  const store = useStore();
  const typed = useSignal(value ?? "");
  useEffect(() => {
    typed.value = value ?? "";
  }, [value]);
  const known = useComputed(() => labelsOf(store.board.value?.tasks.values() ?? [])).value;
  return (
    <label class={`filter-choice${value === null ? "" : " is-chosen"}`}>
      <span>Label</span>
      <input
        name="label"
        list="known-labels"
        placeholder="any"
        autocomplete="off"
        maxLength={200}
        value={typed.value}
        onInput={(event) => typed.value = event.currentTarget.value}
        onChange={() => onChange(typed.peek().trim() || null)}
      />
      <datalist id="known-labels">
        {known.map((label) => <option key={label} value={label} />)}
      </datalist>
    </label>
  );
}

/** Those of the tasks on the board, the most used first. */
function labelsOf(tasks: Iterable<Parameters<typeof labelWordsOf>[0]>): string[] {
  const counts = new Map<string, number>();
  for (const task of tasks) for (const word of labelWordsOf(task)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, labelsOffered).map(([word]) =>
    word
  );
}
