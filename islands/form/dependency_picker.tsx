// Chooses tasks by number or words.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { TaskView } from "../../core/view/task_view.ts";
import { api } from "../stream/api.ts";
import { Icon } from "../parts/icon.tsx";
import { optionAfter, OptionList } from "../parts/option_list.tsx";
import { useStore } from "../state/store.ts";
import { matchesFilter, noFilter, statusWords } from "../../core/view/task_state.ts";

interface DependencyPickerProps {
  chosen: number[];
  /** The task that is edited cannot wait for itself. */
  self: number | null;
  invalid: boolean;
  onChange(ids: number[]): void;
}

const offered = 6;

export function DependencyPicker({ chosen, self, invalid, onChange }: DependencyPickerProps) {
  const store = useStore();
  const q = useSignal("");
  const active = useSignal(0);
  const found = useOffered(q, { chosen, self, active });
  const titles = useRef(new Map<number, string>());
  for (const task of [...store.board.value?.tasks.values() ?? [], ...found.value]) {
    titles.current.set(task.id, task.title);
  }

  const choose = (task: TaskView) => {
    onChange([...chosen, task.id]);
    q.value = "";
  };
  const open = found.value.length > 0;
  return (
    <div class="picker">
      {chosen.map((id) => (
        <span key={id} class="chosen">
          <span class="num">#{id}</span> <bdi>{titles.current.get(id) ?? ""}</bdi>
          <button
            type="button"
            class="quiet icon-only tiny"
            aria-label={`Remove task ${id}`}
            onClick={() => onChange(chosen.filter((one) => one !== id))}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <input
        id="field-depends_on"
        role="combobox"
        aria-expanded={open}
        aria-controls="dependency-options"
        aria-autocomplete="list"
        aria-activedescendant={open ? `dependency-${found.value[active.value]?.id}` : undefined}
        aria-invalid={invalid || undefined}
        autocomplete="off"
        placeholder={chosen.length === 0 ? "Number or words" : "Add another"}
        value={q.value}
        onInput={(event) => q.value = event.currentTarget.value}
        onKeyDown={(event) => {
          const next = optionAfter(event.key, { active: active.value, count: found.value.length });
          const current = found.value[active.value];
          if (next !== null) active.value = next;
          else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && current) choose(current);
          else if (event.key === "Escape" && q.value !== "") q.value = "";
          else if (event.key === "Backspace" && q.value === "" && chosen.length > 0) {
            return onChange(chosen.slice(0, -1));
          } else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <OptionList
        id="dependency"
        label="Tasks"
        options={found.value}
        active={active.value}
        hidden={!open}
        keyOf={(task) => task.id}
        onChoose={choose}
        draw={(task) => (
          <>
            <span class="muted num">#{task.id}</span> <bdi>{task.title}</bdi>
            <span class={`status-word status-${task.status}`}>{statusWords[task.status]}</span>
          </>
        )}
      />
    </div>
  );
}

/** Tasks that fit what is typed: those on the board at once, then what the service finds. */
function useOffered(q: Signal<string>, { chosen, self, active }: {
  chosen: number[];
  self: number | null;
  active: Signal<number>;
}): Signal<TaskView[]> {
  const store = useStore();
  const found = useSignal<TaskView[]>([]);
  useEffect(() => {
    active.value = 0;
    const words = q.value.trim().replace(/^#/, "");
    if (words === "") {
      found.value = [];
      return;
    }
    const fits = (task: TaskView) => task.id !== self && !chosen.includes(task.id);
    const here = [...store.board.peek()?.tasks.values() ?? []]
      .filter((task) => fits(task) && (String(task.id) === words || matchesFilter(task, { ...noFilter, q: words })))
      .sort((a, b) => Number(String(b.id) === words) - Number(String(a.id) === words) || b.id - a.id);
    found.value = here.slice(0, offered);
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const number = /^\d+$/.test(words) ? Number(words) : null;
        const answers = await Promise.all([
          number === null ? null : api.task(number, stop.signal).catch(() => null),
          api.list({ q: words, limit: "10" }, stop.signal),
        ]);
        const all = [...answers[0] ? [answers[0]] : [], ...here, ...answers[1].tasks].filter(fits);
        found.value = [...new Map(all.map((task) => [task.id, task])).values()].slice(0, offered);
      } catch { /* what is on the board is offered */ }
    }, 150);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [q.value, chosen.join()]);
  return found;
}
