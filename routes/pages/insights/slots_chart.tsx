// Who ran when: a lane for each run that a worker had at once. Below it how many waited, and for what.

import { lanesOf, type SlotRun, type SlotsView, type Wait } from "../../../core/view/insights_view.ts";
import { judgementOf } from "../../../core/domain/day_sums.ts";
import { dateTime, duration, type Locale, plural } from "../../../core/view/format.ts";
import { Bars, type Column, Figure, hourWords, Legend, round } from "./chart.tsx";
import type { Series } from "./day_charts.ts";
import { csvPath, type InsightsQuery } from "./insights_query.ts";

const laneHeight = 18;
/** Of the lower drawing. */
const steps = 96;
const rowsShown = 100;
const lanesShown = 64;

const tones = { good: "done", bad: "fail", interrupted: "wait" } as const;
const legend = [
  { name: "good", tone: "done" },
  { name: "bad", tone: "fail" },
  { name: "interrupted", tone: "wait" },
  { name: "running", tone: "run" },
];
const waitWords: Record<Wait["for"], string> = {
  dependencies: "another task",
  delay: "its delay",
  approval: "an approval",
  slot: "a slot",
};

function toneOf({ outcome }: SlotRun): string {
  return outcome === null ? "run" : tones[judgementOf(outcome)];
}

export function SlotsChart({ slots, query, locale }: { slots: SlotsView; query: InsightsQuery; locale: Locale }) {
  const { runs, waiting_count, truncated } = slots;
  const lanes = lanesOf(runs);
  const words = [
    plural(runs.length, "run"),
    `at most ${lanes.length} at once`,
    // No model answers them yet.
    `${waiting_count} ${waiting_count === 1 ? "waits" : "wait"} now${query.model === null ? "" : " for any model"}`,
    ...(truncated ? ["the newest alone"] : []),
  ];
  return (
    <Figure
      id="slots"
      title="Slots"
      summary={words.join(", ")}
      legend={[]}
      csv={csvPath("slots", query)}
      table={<SlotsTable slots={slots} locale={locale} />}
    >
      <Lanes lanes={lanes.slice(0, lanesShown)} slots={slots} locale={locale} />
      <Legend series={legend} />
      <Waiting slots={slots} locale={locale} />
    </Figure>
  );
}

function Lanes({ lanes, slots, locale }: { lanes: SlotRun[][]; slots: SlotsView; locale: Locale }) {
  const place = placeIn(slots);
  if (lanes.length === 0) return <p class="chart-empty muted">Nothing ran in this time.</p>;
  return (
    <div class="chart-axes chart-slots">
      <span class="chart-workers muted" aria-hidden="true">
        {lanes.map(([run], index) => (
          <bdi key={index}>{run!.worker === lanes[index - 1]?.[0]?.worker ? "" : run!.worker_name}</bdi>
        ))}
      </span>
      <svg
        class="chart-lanes"
        height={lanes.length * laneHeight}
        role="group"
        aria-label="The runs of each slot over time"
      >
        {lanes.map((lane, index) => (
          <g key={index}>
            <rect class="chart-lane" x="0" width="100%" y={index * laneHeight + 1} height={laneHeight - 2} />
            {lane.map((run) => {
              const x = place(run.claimed_at);
              const width = Math.max(0.15, place(run.ended_at ?? slots.to) - x);
              return (
                <a key={`${run.task}/${run.run}`} href={`/tasks/${run.task}`} tabIndex={-1}>
                  <title>{runTip(run, slots, locale)}</title>
                  <rect
                    class={`fill-${toneOf(run)}`}
                    x={`${round(x)}%`}
                    width={`${round(width)}%`}
                    y={index * laneHeight + 2}
                    height={laneHeight - 4}
                    rx="2"
                  />
                  {width > 5 && (
                    <text class="chart-run-name num" x={`${round(x + 0.4)}%`} y={index * laneHeight + 13}>
                      #{run.task}
                    </text>
                  )}
                </a>
              );
            })}
          </g>
        ))}
      </svg>
    </div>
  );
}

/** Where a moment is, in percent. */
function placeIn({ from, to }: Pick<SlotsView, "from" | "to">): (at: string) => number {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  return (at) => Math.min(100, Math.max(0, (Date.parse(at) - start) / (end - start) * 100));
}

function runTip(run: SlotRun, { to }: SlotsView, locale: Locale): string {
  const took = duration(Date.parse(run.ended_at ?? to) - Date.parse(run.claimed_at));
  const how = run.outcome === null ? "running for" : `${run.outcome.replaceAll("_", " ")} after`;
  return `#${run.task} ${run.title}\n${dateTime(run.claimed_at, locale)}, ${how} ${took}, on ${run.worker_name}`;
}

/** How many waited in each step of the time, by what for. */
function Waiting({ slots, locale }: { slots: SlotsView; locale: Locale }) {
  const [start, end] = [Date.parse(slots.from), Date.parse(slots.to)];
  const step = (end - start) / steps;
  const names = [...Object.keys(waitWords)] as Wait["for"][];
  const series: Series[] = [
    ...names.map((name, index): Series => ({
      name: `waited for ${waitWords[name]}`,
      tone: `c${index + 1}`,
      values: new Array(steps).fill(0),
    })),
    { name: "waits now", tone: "need", values: new Array(steps).fill(0) },
  ];
  const add = (at: number, from: string, to: string) => {
    const first = Math.max(0, Math.floor((Date.parse(from) - start) / step));
    const last = Math.min(steps - 1, Math.floor((Date.parse(to) - start - 1) / step));
    for (let index = first; index <= last; index++) series[at]!.values[index]!++;
  };
  for (const { waits } of slots.runs) for (const wait of waits) add(names.indexOf(wait.for), wait.from, wait.to);
  for (const { since } of slots.waiting) if (since !== null) add(names.length, since, slots.to);
  const columns = series[0]!.values.map((_, index): Column => {
    const at = new Date(start + index * step).toISOString();
    return { name: dateTime(at, locale), short: hourWords(at, locale) };
  });
  return (
    <>
      <h3 class="chart-sub">Waiting</h3>
      <Bars name="How many tasks waited, by what for" columns={columns} series={series} words={String} />
      <Legend series={series} />
    </>
  );
}

function SlotsTable({ slots, locale }: { slots: SlotsView; locale: Locale }) {
  return (
    <table>
      <thead>
        <tr>
          {["Task", "Claimed", "Took", "Outcome", "Worker", "Waited for"].map((name) => (
            <th key={name} scope="col">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {slots.waiting.map(({ task, title, since, reason }) => (
          <tr key={`waiting ${task}`}>
            <th scope="row">
              <TaskLink task={task} title={title} />
            </th>
            <td class="muted" colspan={4}>
              {since === null ? "waits" : `waits for ${duration(Date.parse(slots.to) - Date.parse(since))}`}
            </td>
            <td>
              <bdi>{reason}</bdi>
            </td>
          </tr>
        ))}
        {slots.runs.slice(-rowsShown).reverse().map((run) => (
          <tr key={`${run.task}/${run.run}`}>
            <th scope="row">
              <TaskLink task={run.task} title={run.title} />
            </th>
            <td class="num">{dateTime(run.claimed_at, locale)}</td>
            <td class="num">{duration(Date.parse(run.ended_at ?? slots.to) - Date.parse(run.claimed_at))}</td>
            <td>{run.outcome?.replaceAll("_", " ") ?? "running"}</td>
            <td>
              <bdi>{run.worker_name}</bdi>
            </td>
            <td>
              {run.waits.map((wait) => (
                <span key={wait.from} class="chart-wait">
                  {waitWords[wait.for]} {duration(Date.parse(wait.to) - Date.parse(wait.from))}
                  {wait.tasks.map((id) => <a key={id} class="num" href={`/tasks/${id}`}>#{id}</a>)}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function TaskLink({ task, title }: { task: number; title: string }) {
  return (
    <a href={`/tasks/${task}`}>
      <span class="num">#{task}</span> <bdi>{title}</bdi>
    </a>
  );
}
