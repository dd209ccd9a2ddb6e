// One task on the board. Drawn again only when its summary changes; what counts seconds redraws itself alone.

import { useComputed } from "@preact/signals";
import { Component } from "preact";
import type { TaskView } from "../../core/view/task_view.ts";
import { reviewChips, reviewLine } from "../../core/view/review_words.ts";
import { openTask } from "../state/actions.ts";
import { compact, duration, firstLine, taskCost } from "../../core/view/format.ts";
import { backgroundWords } from "../../core/domain/task.ts";
import { plainText } from "../parts/ansi.ts";
import { Lines, StateBadge } from "../parts/state_badge.tsx";
import { useStore } from "../state/store.ts";
import { type ColumnName, columnOf } from "../../core/view/board_view.ts";
import { CardTools } from "./card_menu.tsx";
import { CardHit, Repository, Tags } from "./card_parts.tsx";
import { QueueRow } from "./queue_row.tsx";
import { elapsedMs, proofWord, stateOf, waitingLine } from "../../core/view/task_state.ts";
import { Ago, Silence } from "../parts/time.tsx";

interface CardProps {
  task: TaskView;
  column: ColumnName;
}

export class TaskCard extends Component<CardProps> {
  override shouldComponentUpdate(next: CardProps): boolean {
    return next.task !== this.props.task || next.column !== this.props.column;
  }

  override render() {
    const { task, column } = this.props;
    return column === "queue" ? <QueueRow task={task} /> : <Card task={task} />;
  }
}

function Card({ task }: { task: TaskView }) {
  const store = useStore();
  const column = columnOf(task);
  // Only a task that waits for a time has a tone that changes by itself.
  const { tone } = stateOf(task, task.due_at === null ? 0 : store.now.value);
  const selected = useComputed(() => store.selected.value === task.id).value;
  const isOpen = useComputed(() => store.open.value?.id === task.id).value;
  const isPicked = useComputed(() => store.picked.value.has(task.id)).value;
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    void openTask(store, task.id);
  };
  return (
    <li class={`card-item${isPicked ? " picked" : ""}`}>
      <a
        class={`card edge-${tone}${selected ? " selected" : ""}`}
        href={`/?task=${task.id}`}
        data-card={task.id}
        aria-current={isOpen ? "true" : undefined}
        onClick={open}
        onFocus={() => store.selected.value = task.id}
      >
        <span class="card-title">
          <bdi>{task.title}</bdi>
        </span>
        <span class="card-id num">#{task.id}</span>
        <Detail task={task} />
        <span class="card-facts num">
          <StateBadge task={task} />
          {task.silent_since && <Silence since={task.silent_since} />}
          {task.attempts > 1 && <span>attempt {task.attempts}/{Math.max(task.attempts, task.max_attempts)}</span>}
          {task.priority !== 0 && <span>priority {task.priority}</span>}
          {task.mode === "plan" && task.status === "pending" && <span>plan first</span>}
          {task.background.length > 0 && <Background tasks={task.background} />}
          <Todos task={task} />
          <Worker task={task} />
          <Repository task={task} />
          <Proof task={task} />
          {reviewChips(task).map((chip) => <span key={chip} class="card-chip">{chip}</span>)}
          <Tags tags={task.tags} />
          <CardNumbers task={task} column={column} />
        </span>
      </a>
      <CardHit id={task.id} />
      <CardTools task={task} />
    </li>
  );
}

/** How far the agent is with its own list, while it works. */
function Todos({ task: { todos, status } }: { task: TaskView }) {
  if (todos.length === 0 || status !== "in_progress") return null;
  const done = todos.filter(({ status }) => status === "completed").length;
  return <span title="Done of the agent's own list">{done}/{todos.length} done</span>;
}

/** Always in this order, at the right: what changed, what it took, how long ago. */
function CardNumbers({ task, column }: { task: TaskView; column: ColumnName }) {
  const costs = task.cost_usd !== 0 || task.cost_estimate_usd !== null;
  return (
    <span class="card-numbers">
      <Lines task={task} />
      {tokens(task) > 0 && <span title="Tokens in and out">{compact(tokens(task))} tok</span>}
      {costs && <span>{taskCost(task)}</span>}
      {(column === "running" || column === "done") && <Elapsed task={task} />}
      {column === "needs_you" && <Ago at={task.updated_at} />}
      {column === "review" && task.completed_at && <Ago at={task.completed_at} />}
    </span>
  );
}

/** Where there are several, and only of a task that is on one now. */
function Worker({ task }: { task: TaskView }) {
  const store = useStore();
  const isShown = useComputed(() => store.health.value.workers > 1).value;
  if (!isShown || !task.worker || (task.status !== "in_progress" && task.worktree === null)) return null;
  return <span title="The worker that has it">{task.worker.name}</span>;
}

/** Apart from the agent's word. */
function Proof({ task }: { task: TaskView }) {
  const word = proofWord(task);
  return word === null ? null : <span class={`proof${task.checked ? " tone-done" : ""}`}>{word}</span>;
}

function Background({ tasks }: { tasks: TaskView["background"] }) {
  return <span title={backgroundWords(tasks)}>{tasks.length} in the background</span>;
}

/** The latest step, the error, or why it waits: one line. */
function Detail({ task }: { task: TaskView }) {
  const { now } = useStore();
  if (task.status === "in_progress") {
    return <span class="card-step mono">{task.last_step ? plainText(task.last_step) : "Preparing the worktree"}</span>;
  }
  if (task.status === "failed" && task.error) {
    return <span class="card-step mono">{plainText(firstLine(task.error))}</span>;
  }
  if (task.status === "awaiting_approval" && task.plan) {
    return <span class="card-step">{firstLine(task.plan).replace(/^#+\s*/, "")}</span>;
  }
  if (task.status === "completed") {
    const line = reviewLine(task);
    return line === null ? null : <span class="card-step">{plainText(line)}</span>;
  }
  if (task.status !== "pending") return null;
  const line = waitingLine(task, task.due_at === null ? 0 : now.value);
  return line ? <span class="card-step">{line}</span> : null;
}

function Elapsed({ task }: { task: TaskView }) {
  const { now } = useStore();
  if (task.status === "in_progress" && task.run_started_at) {
    return <span>{duration(now.value - Date.parse(task.run_started_at))}</span>;
  }
  const ms = elapsedMs(task, Date.parse(task.updated_at));
  return ms === null ? null : <span>{duration(ms)}</span>;
}

function tokens(task: TaskView): number {
  return task.input_tokens + task.output_tokens + task.cache_read_tokens + task.cache_write_tokens;
}
