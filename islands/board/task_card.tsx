// One task on the board. Drawn again only when its summary changes; what counts seconds redraws itself alone.

import { useComputed } from "@preact/signals";
import { Component } from "preact";
import type { TaskView } from "../../core/view/task_view.ts";
import { reviewChips, reviewLine } from "../landing/review_words.ts";
import { openTask } from "../state/actions.ts";
import { compact, duration, firstLine, taskCost } from "../parts/format.ts";
import { backgroundWords } from "../../core/domain/task.ts";
import { plainText } from "../parts/ansi.ts";
import { Lines, StateBadge } from "../parts/state_badge.tsx";
import { useStore } from "../state/store.ts";
import { columnOf } from "../../core/view/board_view.ts";
import { elapsedMs, proofWord, waitingLine } from "../state/task_state.ts";
import { Ago } from "../parts/time.tsx";

export class TaskCard extends Component<{ task: TaskView }> {
  override shouldComponentUpdate(next: { task: TaskView }): boolean {
    return next.task !== this.props.task;
  }

  override render() {
    return <Card task={this.props.task} />;
  }
}

function Card({ task }: { task: TaskView }) {
  const store = useStore();
  const column = columnOf(task);
  const selected = useComputed(() => store.selected.value === task.id).value;
  const isOpen = useComputed(() => store.open.value?.id === task.id).value;
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    void openTask(store, task.id);
  };
  return (
    <li>
      <a
        class={`card${selected ? " selected" : ""}`}
        href={`/?task=${task.id}`}
        data-card={task.id}
        aria-current={isOpen ? "true" : undefined}
        onClick={open}
        onFocus={() => store.selected.value = task.id}
      >
        <span class="card-title">
          <bdi>{task.title}</bdi>
        </span>
        <span class="card-id num">
          {column === "queue" && task.queue_position !== null && (
            <span class="position" title="Place in the dispatch order">{task.queue_position}</span>
          )}#{task.id}
        </span>
        <Detail task={task} />
        <span class="card-facts num">
          <StateBadge task={task} />
          {column === "running" && <Elapsed task={task} />}
          {column === "done" && <Elapsed task={task} />}
          {task.attempts > 1 && <span>attempt {task.attempts}/{Math.max(task.attempts, task.max_attempts)}</span>}
          {task.priority !== 0 && <span>priority {task.priority}</span>}
          {task.mode === "plan" && task.status === "pending" && <span>plan first</span>}
          {tokens(task) > 0 && <span title="Tokens in and out">{compact(tokens(task))} tok</span>}
          {task.cost_usd !== 0 && <span>{taskCost(task)}</span>}
          {task.cost_usd === 0 && task.cost_estimate_usd !== null && <span>{taskCost(task)}</span>}
          {task.background.length > 0 && <Background tasks={task.background} />}
          <Lines task={task} />
          <Proof task={task} />
          {reviewChips(task).map((chip) => <span key={chip} class="card-chip">{chip}</span>)}
          {column === "needs_you" && <Ago at={task.updated_at} />}
          {(column === "done" || column === "review") && task.completed_at && <Ago at={task.completed_at} />}
        </span>
      </a>
    </li>
  );
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
