// Title, state and actions of a task, and the stages of its life.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isOver } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { command, copy, type TaskCommand } from "../state/actions.ts";
import { duration } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { type Stage, stagesOf } from "./stages.ts";
import { useStore } from "../state/store.ts";
import { Time } from "../parts/time.tsx";
import { hasElsewhere } from "../landing/places.ts";
import { retry } from "../landing/review_actions.ts";
import { ReviewBar } from "../landing/review_bar.tsx";
import { strayWords } from "../transcript/transcript_words.ts";

export function TaskHeader({ open, drawer }: { open: OpenTask; drawer: boolean }) {
  const task = open.shown.value;
  const Heading = drawer ? "h2" : "h1";
  return (
    <header class="task-header">
      <div class="task-title">
        <Heading>
          <span class="muted num">{open.isRecorded ? "Recorded sample" : `#${task.id}`}</span> <bdi>{task.title}</bdi>
        </Heading>
        <TaskActions open={open} />
      </div>
      <Stages open={open} />
      <ReviewBar open={open} />
      {task.strayed.length > 0 && (
        <p class="stray-work" role="note">
          Not on this task's branch: <bdi>{task.strayed.map(strayWords).join("; ")}</bdi>
        </p>
      )}
    </header>
  );
}

function Stages({ open }: { open: OpenTask }) {
  const list = useRef<HTMLOListElement>(null);
  const task = open.shown.value;
  const stages = stagesOf(task, { events: open.stageEvents.value, now: open.clock.value });
  const current = stages.findIndex(({ phase }) => phase === "now");
  useEffect(() => {
    // Where it is narrow, the present stage is the one to see.
    const row = list.current?.children[current] as HTMLElement | undefined;
    if (list.current && row) list.current.scrollLeft = row.offsetLeft + row.offsetWidth - list.current.clientWidth;
  }, [current]);
  return (
    <ol class="stages" aria-label="Stages" ref={list} tabIndex={0}>
      {stages.map((stage, index) => (
        <li
          key={index}
          class={`${stage.phase} tone-${stage.tone}`}
          aria-current={stage.phase === "now" ? "step" : undefined}
        >
          {stage.phase === "now" && <Icon name={stage.tone} />}
          <span class="stage-name">{stage.name}</span>
          <StageTime stage={stage} open={open} />
          {stage.detail && <span class="stage-detail">{stage.detail}</span>}
        </li>
      ))}
    </ol>
  );
}

function StageTime({ stage, open }: { stage: Stage; open: OpenTask }) {
  if (stage.at === null) return null;
  if (!stage.ticking) return <Time at={stage.at} />;
  return <span class="num">{duration(open.clock.value - Date.parse(stage.at))}</span>;
}

function TaskActions({ open }: { open: OpenTask }) {
  const store = useStore();
  const task = open.task.value;
  const busy = useSignal(false);
  const asking = useSignal(false);
  if (open.at.value !== null || open.isRecorded) return null;
  const run = (one: TaskCommand) => async () => {
    busy.value = true;
    await command(store, task.id, one);
    busy.value = false;
    asking.value = false;
  };
  const cancel = () => {
    if (task.status !== "in_progress" || asking.peek()) return run({ kind: "cancel" })();
    asking.value = true;
    setTimeout(() => asking.value = false, 5_000);
  };
  const disabled = busy.value || !store.alive.value;
  return (
    <div class="actions">
      {canCancel(task) && (
        <button type="button" disabled={disabled} class={asking.value ? "danger" : ""} onClick={cancel}>
          <Icon name="fail" />
          {asking.value ? "Stop the agent" : "Cancel"}
        </button>
      )}
      {canRetry(task) && (
        <button type="button" disabled={disabled} onClick={() => retry(store, task)}>
          <Icon name="retry" />Retry
        </button>
      )}
      {canRetry(task) && (
        <button
          type="button"
          disabled={disabled}
          onClick={() => store.overlay.value = { kind: "retry", task }}
        >
          <Icon name="edit" />Retry with changes
        </button>
      )}
      {task.status === "pending" && !task.cancel_requested && (
        <button
          type="button"
          disabled={disabled}
          onClick={() => store.overlay.value = { kind: "edit", task }}
        >
          <Icon name="edit" />Edit
        </button>
      )}
      {hasElsewhere(task) && (
        <button
          type="button"
          disabled={!store.alive.value}
          onClick={() => store.overlay.value = { kind: "elsewhere", open }}
        >
          <Icon name="expand" />Elsewhere
        </button>
      )}
      <button
        type="button"
        class="quiet"
        disabled={!store.alive.value}
        onClick={() => store.overlay.value = { kind: "new", from: task }}
      >
        <Icon name="plus" />New from this
      </button>
      <button
        type="button"
        class="quiet icon-only"
        aria-label="Copy link"
        title="Copy link"
        disabled={!store.alive.value}
        onClick={() => copy(store, new URL(`/tasks/${task.id}`, location.href).href)}
      >
        <Icon name="link" />
      </button>
    </div>
  );
}

export function canCancel(task: TaskView): boolean {
  return !task.cancel_requested && ["pending", "in_progress", "awaiting_approval"].includes(task.status);
}

export function canRetry(task: TaskView): boolean {
  return isOver(task.status) && task.landing === null;
}
