// The board: five columns by who must act, and the drawer over them.

import { useComputed, useSignal } from "@preact/signals";
import { busyWords } from "../../core/view/waiting.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { clearFilter, foldColumn, loadMoreTasks } from "../state/actions.ts";
import { searchOn } from "../state/board_search.ts";
import { dayKey, dayWord } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { FilterBar } from "./filter_bar.tsx";
import { FirstWork } from "./first_work.tsx";
import { Preflight } from "./preflight.tsx";
import { useStore } from "../state/store.ts";
import { SelectionBar } from "./selection_bar.tsx";
import { TaskCard } from "./task_card.tsx";
import { taskDrawer } from "../task/lazy_drawer.ts";
import { type ColumnName, columnNames } from "../../core/view/board_view.ts";
import { columnTitles, isFiltered, outcomeWord, statusWords } from "../../core/view/task_state.ts";

/** Cards drawn of one column before "Show more". */
const drawnAtFirst = 60;

const emptyWords: Record<ColumnName, string> = {
  needs_you: "Nothing waits for you. Plans to approve and failed tasks appear here.",
  review: "Nothing to review. Finished work waits here until it is landed, accepted or discarded.",
  running: "Nothing is running. Queued tasks start by themselves as slots are free.",
  queue: "The queue is empty.",
  done: "Finished tasks appear here.",
};

export function TaskBoard() {
  const store = useStore();
  const board = store.board.value;
  const columns = store.columns.value;
  if (!board || !columns) return null;
  const { counts } = board;
  const isNew = columnNames.every((name) => counts[name] === 0 && columns[name].length === 0);
  const open = store.open.value;
  return (
    <>
      <main
        id="main"
        class={["board", open && "with-drawer", ...[...store.folded.value].map((name) => `without-${name}`)]
          .filter(Boolean).join(" ")}
        aria-label="Board"
      >
        <h1 class="visually-hidden">Tasks</h1>
        <nav class="column-nav" aria-label="Columns">
          {columnNames.map((name) => (
            <a key={name} href={`#${name}`} onClick={() => foldColumn(store, name, false)}>
              {columnTitles[name]} <span class="num">{counts[name]}</span>
            </a>
          ))}
        </nav>
        {isNew && <Preflight />}
        <FilterBar />
        <FirstWork />
        {isFiltered(store.filter.value) && <FilterNote />}
        {!isNew && columnNames.map((name) => <Column key={name} name={name} />)}
        <SelectionBar />
      </main>
      {open && <taskDrawer.View key={open.id} open={open} />}
    </>
  );
}

function NewTaskButton() {
  const store = useStore();
  return (
    <button
      type="button"
      class="small"
      disabled={store.asleep}
      onClick={() => store.overlay.value = { kind: "new", from: null }}
    >
      <Icon name="plus" />New task <kbd>c</kbd>
    </button>
  );
}

/** The day on which a task ended, over the first one of that day. */
function DayOf({ task, before }: { task: TaskView; before: TaskView | undefined }) {
  const { locale, now } = useStore();
  // A new day begins once a day, not once a second.
  const today = useComputed(() => dayKey(new Date(now.value).toISOString(), locale)).value;
  const at = task.completed_at;
  if (at === null || (before?.completed_at && dayKey(before.completed_at, locale) === dayKey(at, locale))) return null;
  return <li class="day">{dayWord(at, today, locale)}</li>;
}

function FilterNote() {
  const store = useStore();
  const { q, status, repo, outcome, label } = store.filter.value;
  const { next, busy } = store.search.value;
  const columns = store.columns.value;
  const found = columns ? columnNames.reduce((sum, name) => sum + columns[name].length, 0) : 0;
  const words = [
    q && `“${q}”`,
    status && statusWords[status].toLowerCase(),
    repo,
    outcome && outcomeWord(outcome),
    label,
  ];
  const parts = words.filter(Boolean).join(", ");
  return (
    <p class="filter-note" role="status">
      {found === 1 ? "1 task" : `${found} tasks`} for {parts}
      {next !== null && <span class="muted num">searched down to #{next}{busy ? "…" : ""}</span>}
      {next !== null && !busy && (
        <button
          type="button"
          class="small"
          disabled={store.asleep}
          onClick={() => searchOn(store)}
        >
          Search on
        </button>
      )}
      <a href="/" class="button small" onClick={(event) => (event.preventDefault(), clearFilter(store))}>
        Clear filter
      </a>
    </p>
  );
}

function Column({ name }: { name: ColumnName }) {
  const store = useStore();
  const isFolded = store.folded.value.has(name);
  const tasks = store.columns.value?.[name] ?? [];
  const count = isFiltered(store.filter.value)
    ? tasks.length
    : Math.max(tasks.length, store.board.value?.counts[name] ?? 0);
  const word = `${isFolded ? "Unfold" : "Fold"}: ${columnTitles[name]}`;
  return (
    <section class={`column${isFolded ? " folded" : ""}`} aria-labelledby={name} data-column={name}>
      <div class="column-head">
        <h2 id={name}>
          {columnTitles[name]} <span class="num">{count}</span>
        </h2>
        <button
          type="button"
          class="quiet icon-only tiny column-fold"
          aria-label={word}
          title={word}
          aria-expanded={!isFolded}
          disabled={store.asleep}
          onClick={() => foldColumn(store, name, !isFolded)}
        >
          <Icon name="chevron" />
        </button>
      </div>
      {!isFolded && <ColumnBody name={name} tasks={tasks} count={count} />}
    </section>
  );
}

function ColumnBody({ name, tasks, count }: { name: ColumnName; tasks: TaskView[]; count: number }) {
  const store = useStore();
  const drawn = useSignal(drawnAtFirst);
  const ended = useSignal(false);
  const loading = useSignal(false);
  const filtered = isFiltered(store.filter.value);
  const more = tasks.length > drawn.value || (!filtered && !ended.value && count > tasks.length);
  const showMore = async () => {
    loading.value = true;
    if (!filtered && tasks.length < drawn.value + drawnAtFirst && count > tasks.length) {
      ended.value = !(await loadMoreTasks(store, name));
    }
    drawn.value += drawnAtFirst;
    loading.value = false;
  };
  return (
    <>
      {name === "queue" && tasks.length > 0 && <SlotsNote />}
      {tasks.length === 0 && (
        <div class="empty">
          <p>{filtered ? "No task here fits the filter." : emptyWords[name]}</p>
          {name === "queue" && !filtered && <NewTaskButton />}
        </div>
      )}
      <ul class="cards">
        {tasks.slice(0, drawn.value).flatMap((task, index) => [
          name === "done" && <DayOf key={`day ${task.id}`} task={task} before={tasks[index - 1]} />,
          <TaskCard key={task.id} task={task} column={name} />,
        ])}
      </ul>
      {more && (
        <button type="button" class="more" disabled={loading.value || store.asleep.value} onClick={showMore}>
          {loading.value ? "Loading" : `Show more of ${count}`}
        </button>
      )}
    </>
  );
}

/** What all that could start wait for, once. */
function SlotsNote() {
  const store = useStore();
  const { slots, pause, draining } = store.health.value;
  if (pause || draining || slots.total === 0 || slots.busy < slots.total) return null;
  return <p class="slots-note muted">{busyWords(slots.total)}</p>;
}
