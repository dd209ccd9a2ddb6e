// The board: five columns by who must act, and the drawer over them.

import { useSignal } from "@preact/signals";
import { clearFilter, loadMoreTasks } from "../state/actions.ts";
import { Preflight } from "./preflight.tsx";
import { useStore } from "../state/store.ts";
import { TaskCard } from "./task_card.tsx";
import { TaskDrawer } from "../task/task_drawer.tsx";
import { type ColumnName, columnNames } from "../../core/view/board_view.ts";
import { columnTitles, isFiltered } from "../state/task_state.ts";

/** Cards drawn of one column before "Show more". */
const drawnAtFirst = 60;

const emptyWords: Record<ColumnName, string> = {
  needs_you: "Nothing waits for you. Plans to approve and failed tasks appear here.",
  review: "Nothing to review. Finished work waits here until it is landed, accepted or discarded.",
  running: "Nothing is running. Queued tasks start by themselves as slots are free.",
  queue: "The queue is empty. Press c to add a task.",
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
      <main id="main" class={`board${open ? " with-drawer" : ""}`} aria-label="Board">
        <h1 class="visually-hidden">Tasks</h1>
        <nav class="column-nav" aria-label="Columns">
          {columnNames.map((name) => (
            <a key={name} href={`#${name}`}>
              {columnTitles[name]} <span class="num">{counts[name]}</span>
            </a>
          ))}
        </nav>
        {isNew && <Preflight />}
        {isFiltered(store.filter.value) && <FilterNote />}
        {!isNew && columnNames.map((name) => <Column key={name} name={name} />)}
      </main>
      {open && <TaskDrawer key={open.id} open={open} />}
    </>
  );
}

function FilterNote() {
  const store = useStore();
  const { q, status, repo } = store.filter.value;
  const columns = store.columns.value;
  const found = columns ? columnNames.reduce((sum, name) => sum + columns[name].length, 0) : 0;
  const parts = [q && `“${q}”`, status && status.replaceAll("_", " "), repo].filter(Boolean).join(", ");
  return (
    <p class="filter-note" role="status">
      {found === 1 ? "1 task" : `${found} tasks`} for {parts}
      <a href="/" class="button small" onClick={(event) => (event.preventDefault(), clearFilter(store))}>
        Clear filter
      </a>
    </p>
  );
}

function Column({ name }: { name: ColumnName }) {
  const store = useStore();
  const drawn = useSignal(drawnAtFirst);
  const ended = useSignal(false);
  const loading = useSignal(false);
  const tasks = store.columns.value?.[name] ?? [];
  const filtered = isFiltered(store.filter.value);
  const count = filtered ? tasks.length : Math.max(tasks.length, store.board.value?.counts[name] ?? 0);
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
    <section class="column" aria-labelledby={name} data-column={name}>
      <h2 id={name}>
        {columnTitles[name]} <span class="num">{count}</span>
      </h2>
      {tasks.length === 0 && <p class="empty">{filtered ? "No task here fits the filter." : emptyWords[name]}</p>}
      <ul class="cards">
        {tasks.slice(0, drawn.value).map((task) => <TaskCard key={task.id} task={task} />)}
      </ul>
      {more && (
        <button type="button" class="more" disabled={loading.value || !store.alive.value} onClick={showMore}>
          {loading.value ? "Loading" : `Show more of ${count}`}
        </button>
      )}
    </section>
  );
}
