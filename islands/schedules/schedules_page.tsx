// The schedules: when each makes its task next, what became of the last times, and the buttons that run, stop and change it.

import { ServiceNav } from "../parts/service_nav.tsx";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ScheduleView } from "../../core/view/automation_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { dateTime } from "../../core/view/format.ts";
import { Ago } from "../parts/time.tsx";
import { complain, toast } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { call, json } from "../stream/api.ts";
import { ScheduleForm } from "./schedule_form.tsx";
import { cronWord, firingWord, overlapWord, scheduleState } from "./schedule_words.ts";

const lookMs = 10_000;

export function SchedulesPage() {
  const { page } = useStore();
  const schedules = useSignal(page.schedules ?? []);
  const look = async () => {
    try {
      schedules.value = (await json<{ schedules: ScheduleView[] }>("/api/schedules")).schedules;
    } catch { /* the connection's state says it */ }
  };
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void look();
    }, lookMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <main id="main" class="rules">
      <ServiceNav />
      <h1>Schedules</h1>
      <p class="muted">
        Tasks that make themselves at their times. A time that is missed because nothing ran is made good once.
      </p>
      <details class="rule-new" open={schedules.value.length === 0}>
        <summary class="button">New schedule</summary>
        <ScheduleForm of={null} onDone={look} />
      </details>
      {schedules.value.map((schedule) => <Schedule key={schedule.id} schedule={schedule} onChange={look} />)}
      {schedules.value.length === 0 && <p class="muted">There is none yet.</p>}
    </main>
  );
}

function Schedule({ schedule, onChange }: { schedule: ScheduleView; onChange(): Promise<void> }) {
  const { locale } = useStore();
  const { id, name, cron, timezone, title, repo, next, recent } = schedule;
  const { tone, word } = scheduleState(schedule);
  const editing = useSignal(false);
  const heading = `schedule-${id}`;
  return (
    <section class="rule" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          <bdi>{name}</bdi>
        </h2>
        <span class={`rule-state tone-${tone}`}>{word}</span>
        <Actions schedule={schedule} onChange={onChange} onEdit={() => editing.value = !editing.value} />
      </header>
      <p>
        <bdi>{title}</bdi>
        {repo !== null && (
          <span class="muted">
            {" in "}
            <bdi>{repo}</bdi>
          </span>
        )}
      </p>
      <dl>
        <dt>When</dt>
        <dd>
          {cronWord(cron)}{" "}
          <span class="muted">{cronWord(cron) === cron ? "" : `${cron} `}{timezone}; {overlapWord(schedule)}</span>
        </dd>
        <dt>Next</dt>
        <dd>
          {next.length === 0 && <span class="muted">none</span>}
          {next.map((at) => <time key={at} class="num rule-time" dateTime={at}>{dateTime(at, locale)}</time>)}
        </dd>
        <dt>Last</dt>
        <dd>
          {recent.length === 0 && <span class="muted">none yet</span>}
          {recent.map((firing) => (
            <span key={firing.at} class="rule-line">
              <Ago at={firing.at} /> {firing.due_at === null && "asked for, "}
              <span class={firing.reason === null ? "" : "tone-need"}>{firingWord(firing)}</span>{" "}
              {firing.task !== null && <a class="num" href={`/tasks/${firing.task}`}>#{firing.task}</a>}
            </span>
          ))}
        </dd>
      </dl>
      {editing.value && (
        <ScheduleForm
          of={schedule}
          onDone={() => {
            editing.value = false;
            void onChange();
          }}
        />
      )}
    </section>
  );
}

function Actions({ schedule: { id, name, enabled }, onChange, onEdit }: {
  schedule: ScheduleView;
  onChange(): Promise<void>;
  onEdit(): void;
}) {
  const store = useStore();
  const busy = useSignal(false);
  const act = async (action: () => Promise<unknown>): Promise<boolean> => {
    busy.value = true;
    try {
      await action();
      await onChange();
      return true;
    } catch (error) {
      complain(store, error);
      return false;
    } finally {
      busy.value = false;
    }
  };
  const runNow = () =>
    act(async () => {
      const task = await json<TaskView>(`/api/schedules/${id}/run`, { method: "POST" });
      toast(store, { tone: "done", text: `${name} made task ${task.id}`, task: task.id });
    });
  const turn = () => act(() => call(`/api/schedules/${id}`, { method: "PATCH", body: { enabled: !enabled } }));
  const remove = () => act(() => call(`/api/schedules/${id}`, { method: "DELETE" }));
  const off = busy.value || store.asleep.value;
  const question = { title: `Delete ${name}?`, text: "Its tasks stay.", action: "Delete", run: remove };
  return (
    <span class="rule-actions">
      <button type="button" aria-label={`Run now: ${name}`} disabled={off} onClick={runNow}>Run now</button>
      <button type="button" aria-label={`Turn ${enabled ? "off" : "on"} ${name}`} disabled={off} onClick={turn}>
        {enabled ? "Turn off" : "Turn on"}
      </button>
      <button type="button" aria-label={`Change ${name}`} disabled={off} onClick={onEdit}>Change</button>
      <button
        type="button"
        class="danger"
        aria-label={`Delete ${name}`}
        disabled={off}
        onClick={() => store.overlay.value = { kind: "ask", ...question }}
      >
        Delete
      </button>
    </span>
  );
}
