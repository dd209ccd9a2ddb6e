// Title and actions of a task, and the stages of its life.

import { useEffect, useRef } from "preact/hooks";
import { dateTime, duration } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { type Stage, stagesOf } from "./stages.ts";
import { Ago } from "../parts/time.tsx";
import { TaskActions } from "./task_actions.tsx";
import { useStore } from "../state/store.ts";
import { ReviewBar } from "../landing/review_bar.tsx";
import { strayWords } from "../../core/view/transcript/transcript_words.ts";

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
          <StageTime stage={stage} next={stages[index + 1]?.at ?? null} open={open} />
          {stage.detail && <span class="stage-detail">{stage.detail}</span>}
        </li>
      ))}
    </ol>
  );
}

/** How long it took, and of the last one how long ago it was; when that was, on hover. */
function StageTime({ stage, next, open }: { stage: Stage; next: string | null; open: OpenTask }) {
  const { locale } = useStore();
  if (stage.at === null) return null;
  if (next === null && !stage.ticking) return stage.phase === "now" ? <Ago at={stage.at} /> : null;
  const ms = (next === null || stage.ticking ? open.clock.value : Date.parse(next)) - Date.parse(stage.at);
  return <time class="num" dateTime={stage.at} title={dateTime(stage.at, locale)}>{duration(ms)}</time>;
}
