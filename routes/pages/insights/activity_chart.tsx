// What happened across tasks, hour by hour, and the newest of it one by one.

import type { ActivityKind, ActivityView } from "../../../core/view/insights_view.ts";
import { dateTime, type Locale } from "../../../core/view/format.ts";
import { Bars, type Column, Figure, hourWords } from "./chart.tsx";
import type { Series } from "./day_charts.ts";
import { csvPath, type InsightsQuery } from "./insights_query.ts";
import { TaskLink } from "./slots_chart.tsx";

const hourMs = 3_600_000;
const rowsShown = 100;

const groups: { name: string; tone: string; kinds: ActivityKind[] }[] = [
  { name: "made", tone: "c2", kinds: ["task.created"] },
  { name: "completed", tone: "done", kinds: ["task.completed"] },
  { name: "failed or cancelled", tone: "fail", kinds: ["task.failed", "task.cancelled"] },
  { name: "landed or sent out", tone: "c1", kinds: ["landing.finished", "branch.pushed", "pull_request.opened"] },
  {
    name: "said by people",
    tone: "c5",
    kinds: ["message.added", "plan.approved", "plan.rejected", "task.accepted", "task.discarded"],
  },
];

const kindWords: Record<ActivityKind, string> = {
  "task.created": "made",
  "task.completed": "completed",
  "task.failed": "failed",
  "task.cancelled": "cancelled",
  "task.accepted": "work accepted",
  "task.discarded": "work discarded",
  "plan.approved": "plan approved",
  "plan.rejected": "plan sent back",
  "message.added": "message",
  "branch.pushed": "pushed",
  "pull_request.opened": "pull request",
  "run.finished": "run ended",
  "landing.finished": "landing",
};

export function ActivityChart(
  { activity, query, locale }: { activity: ActivityView; query: InsightsQuery; locale: Locale },
) {
  const { from, to, items, truncated } = activity;
  const counts = new Map(activity.hours.map(({ hour, counts }) => [Date.parse(hour), counts]));
  const columns: Column[] = [];
  const series = groups.map(({ name, tone }): Series & { values: number[] } => ({ name, tone, values: [] }));
  for (let at = Math.floor(Date.parse(from) / hourMs) * hourMs; at <= Date.parse(to); at += hourMs) {
    const name = hourWords(new Date(at).toISOString(), locale);
    columns.push({ name, short: name });
    const own = counts.get(at) ?? {};
    for (const [index, { kinds }] of groups.entries()) {
      series[index]!.values.push(kinds.reduce((sum, kind) => sum + (own[kind] ?? 0), 0));
    }
  }
  const total = series.flatMap(({ values }) => values).reduce((sum, count) => sum + count, 0);
  return (
    <Figure
      id="activity"
      title="Activity by the hour"
      summary={`${total}${truncated ? ", the newest alone" : ""}${query.model === null ? "" : ", of every model"}`}
      legend={series}
      csv={csvPath("activity", query)}
      table={
        <table>
          <thead>
            <tr>{["When", "Task", "What", "Repository"].map((name) => <th key={name} scope="col">{name}</th>)}</tr>
          </thead>
          <tbody>
            {items.slice(0, rowsShown).map(({ at, task, title, kind, outcome, repo }) => (
              <tr key={`${at} ${task} ${kind}`}>
                <th scope="row" class="num">{dateTime(at, locale)}</th>
                <td>
                  <TaskLink task={task} title={title} />
                </td>
                <td>{kindWords[kind]}{outcome && `: ${outcome.replaceAll("_", " ")}`}</td>
                <td>
                  <bdi>{repo}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      }
    >
      <Bars name={`What happened by the hour: ${total}`} columns={columns} series={series} words={String} />
    </Figure>
  );
}
