// Cmd-K: commands and tasks by a few letters.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { TaskView } from "../../core/view/task_view.ts";
import { command, openTask, setTheme, showTab } from "../state/actions.ts";
import { api } from "../stream/api.ts";
import { type Attempt, compareUrl } from "../compare/attempt.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { optionAfter, OptionList } from "../parts/option_list.tsx";
import { logOut } from "../board/log_out.tsx";
import { openForm } from "../form/open_form.ts";
import { hasElsewhere } from "../landing/places.ts";
import { askDiscard, give, retry } from "../landing/review_actions.ts";
import { offersOf } from "../../core/view/review_words.ts";
import type { OpenTask } from "../state/open_task.ts";
import { tabs, tabsOf } from "../state/page_data.ts";
import { type Store, useStore } from "../state/store.ts";
import { askCancel, canCancel } from "../task/cancel.ts";
import { canRetry } from "../task/allowed.ts";
import { matchesFilter, noFilter, stateOf } from "../../core/view/task_state.ts";

interface Entry {
  key: string;
  icon: IconName;
  tone: string;
  word: string;
  note: string;
  run(): void;
}

type EntryMaker = (key: string, icon: IconName, word: string, note: string, run: () => void) => Entry;

const offered = 12;

/** `compareWith`: the task that another one is chosen for, to be compared with; null: commands and tasks to open. */
export function Palette({ compareWith }: { compareWith: number | null }) {
  const store = useStore();
  const q = useSignal("");
  const active = useSignal(0);
  const found = useSignal<TaskView[]>([]);

  useEffect(() => {
    active.value = 0;
    const words = q.value.trim().replace(/^#/, "");
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      if (words === "") return found.value = [];
      try {
        const number = /^\d+$/.test(words) ? await api.task(Number(words), stop.signal).catch(() => null) : null;
        const page = await api.list({ q: words, limit: "12" }, stop.signal);
        found.value = number ? [number, ...page.tasks] : page.tasks;
      } catch { /* what is on the board is offered */ }
    }, 120);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [q.value]);

  const openIt = (id: number) => void openTask(store, id);
  const compareIt = (id: number) => location.assign(compareUrl(attempt(compareWith ?? id), attempt(id)));
  const tasks = taskEntries(store, q.value, { found: found.value, run: compareWith === null ? openIt : compareIt });
  const entries = (compareWith === null ? [...commandEntries(store, q.value), ...tasks] : tasks).slice(0, offered);
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    store.overlay.value = null;
    entry.run();
  };
  return (
    <div class="palette">
      <input
        role="combobox"
        aria-label={compareWith === null ? "Command or task" : `Task to compare with #${compareWith}`}
        aria-expanded="true"
        aria-controls="palette-options"
        aria-activedescendant={entries[active.value] ? `palette-${entries[active.value]?.key}` : undefined}
        placeholder={compareWith === null
          ? "Command, task number or words"
          : `Compare #${compareWith} with: number or words`}
        autocomplete="off"
        autofocus
        value={q.value}
        onInput={(event) => q.value = event.currentTarget.value}
        onKeyDown={(event) => {
          const next = optionAfter(event.key, { active: active.value, count: entries.length });
          if (next !== null) active.value = next;
          else if (event.key === "Enter") choose(entries[active.value]);
          else return;
          event.preventDefault();
        }}
      />
      <OptionList<Entry>
        id="palette"
        label="Commands and tasks"
        options={entries}
        active={active.value}
        keyOf={(entry) => entry.key}
        onChoose={choose}
        draw={(entry) => (
          <>
            <span class={`tone-${entry.tone}`}>
              <Icon name={entry.icon} />
            </span>
            <bdi>{entry.word}</bdi>
            <span class="muted">{entry.note}</span>
          </>
        )}
      />
      {entries.length === 0 && (
        <p class="panel-note muted">
          {compareWith === null
            ? "No command or task like this."
            : q.value.trim() === ""
            ? "Two tasks of one repository can be compared."
            : "No task like this."}
        </p>
      )}
    </div>
  );
}

/** What can be said about the work of the open task. */
function reviewEntries(store: Store, open: OpenTask, entry: EntryMaker): Entry[] {
  const task = open.task.value;
  const offers = offersOf(task);
  const show = (kind: "landing" | "elsewhere") => () => store.overlay.value = { kind, open };
  const say = (path: "accept" | "cancel") => () => void give(store, task.id, path);
  const entries: Entry[] = [];
  if (offers.land) entries.push(entry("land", "branch", `Land task ${task.id}`, "", show("landing")));
  if (offers.accept) entries.push(entry("accept", "done", `Accept task ${task.id}`, "taken elsewhere", say("accept")));
  if (offers.discard) {
    entries.push(entry("discard", "fail", `Discard task ${task.id}`, "", () => askDiscard(store, task)));
  }
  if (offers.cancelLanding) {
    entries.push(entry("stop-landing", "fail", `Cancel the landing of task ${task.id}`, "", say("cancel")));
  }
  if (hasElsewhere(task)) {
    entries.push(entry("elsewhere", "expand", `Push, open or take task ${task.id} elsewhere`, "", show("elsewhere")));
  }
  return entries;
}

/** What can be done now, of which the words fit. */
export function commandEntries(store: Store, q: string): Entry[] {
  const open = store.open.value;
  const task = open?.task.value;
  const entry: EntryMaker = (key, icon, word, note, run) => {
    return { key, icon, tone: "wait", word, note, run };
  };
  const entries = [entry("new", "plus", "New task", "c", () => store.overlay.value = { kind: "new", from: null })];
  if (open && task && !open.isRecorded) {
    const name = `task ${task.id}`;
    if (task.status === "awaiting_approval" && !task.cancel_requested) {
      entries.push(entry("approve", "done", `Approve the plan of ${name}`, "", () => {
        void command(store, task.id, { kind: "approve" });
      }));
    }
    if (canCancel(task)) entries.push(entry("cancel", "fail", `Cancel ${name}`, "", () => void askCancel(store, task)));
    if (canRetry(task)) entries.push(entry("retry", "retry", `Retry ${name}`, "", () => void retry(store, task)));
    entries.push(...reviewEntries(store, open, entry));
    entries.push(
      entry("from", "plus", `New task from ${name}`, "", () => void openForm(store, "new", task.id)),
    );
    if (task.runs > 0) {
      const compareWith = task.id;
      entries.push(
        entry(
          "compare",
          "link",
          `Compare ${name} with another`,
          "",
          () => store.overlay.value = { kind: "palette", compareWith },
        ),
      );
    }
  }
  for (const tab of open ? tabsOf(open) : []) {
    const key = String(tabs.indexOf(tab) + 1);
    entries.push(entry(`tab-${tab}`, "file", `Show ${tab}`, key, () => showTab(store, tab)));
  }
  entries.push(
    entry("board", "folder", "Go to the board", "", () => location.assign("/")),
    entry("repositories", "branch", "Go to the repositories", "", () => location.assign("/repositories")),
    entry("workers", "run", "Go to the workers", "", () => location.assign("/workers")),
    entry("schedules", "play", "Go to the schedules", "", () => location.assign("/schedules")),
    entry("webhooks", "link", "Go to the webhooks", "", () => location.assign("/webhooks")),
    entry("insights", "chart", "Go to the insights", "", () => location.assign("/insights")),
    entry("settings", "settings", "Go to the settings", "", () => location.assign("/settings")),
    entry("light", "sun", "Light theme", "", () => setTheme(store, "light")),
    entry("dark", "moon", "Dark theme", "", () => setTheme(store, "dark")),
    entry("system", "system", "Theme as the system", "", () => setTheme(store, null)),
    entry("setup", "need", "This service", "agent, repository, slots", () => store.overlay.value = { kind: "setup" }),
    entry("help", "edit", "Keys", "?", () => store.overlay.value = { kind: "help" }),
  );
  if (store.health.value.token) entries.push(entry("log-out", "leave", "Log out", "", logOut));
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(({ word }) => words.every((one) => word.toLowerCase().includes(one)));
}

function attempt(task: number): Attempt {
  return { task, run: null };
}

function taskEntries(
  store: Store,
  q: string,
  { found, run }: { found: TaskView[]; run: (id: number) => void },
): Entry[] {
  const words = q.trim().replace(/^#/, "");
  if (words === "") return [];
  const here = [...store.board.value?.tasks.values() ?? []].filter((task) =>
    String(task.id) === words || matchesFilter(task, { ...noFilter, q: words })
  );
  const tasks = new Map([...found, ...here].map((task) => [task.id, task]));
  return [...tasks.values()]
    .sort((a, b) => Number(String(b.id) === words) - Number(String(a.id) === words) || b.id - a.id)
    .map((task) => {
      const state = stateOf(task, store.now.peek());
      return {
        key: `task-${task.id}`,
        icon: state.icon,
        tone: state.tone,
        word: task.title,
        note: `#${task.id} ${state.word}`,
        run: () => run(task.id),
      };
    });
}
