// Insights: cost, tokens, results, checks, waits and durations by day; who ran when; what happened. Drawn on the server alone,
// for the moment it was asked for: every choice is an address, and no script belongs to it.

import type { ActivityView, InsightDays, SlotsView } from "../../../core/view/insights_view.ts";
import { judged } from "../../../core/domain/day_sums.ts";
import { quantileOf } from "../../../core/domain/histogram.ts";
import { compact, cost, duration, type Locale } from "../../../core/view/format.ts";
import { ServiceLinks } from "../../../islands/parts/service_nav.tsx";
import { ActivityChart } from "./activity_chart.tsx";
import { type Column, DayChart } from "./chart.tsx";
import { dayCharts, daysBetween, groupRows, percent } from "./day_charts.ts";
import { csvPath, dayChoices, hourChoices, insightsPath, type InsightsQuery } from "./insights_query.ts";
import { SlotsChart } from "./slots_chart.tsx";

export interface Insights {
  query: InsightsQuery;
  days: InsightDays;
  slots: SlotsView;
  activity: ActivityView;
}

export function InsightsPage({ query, days, slots, activity, locale }: Insights & { locale: Locale }) {
  const columns = daysBetween(days.from, days.to).map((day): Column => ({ name: day, short: shortDay(day, locale) }));
  return (
    <main id="main" class="insights">
      <ServiceLinks current="insights" />
      <header class="insights-head">
        <h1>Insights</h1>
        <Choice
          name="Days"
          current={query.days}
          choices={dayChoices}
          word={dayWord}
          to={(days) => ({ days })}
          query={query}
        />
        <Choice
          name="By"
          current={query.by}
          choices={["model", "repository"]}
          word={(by) => by}
          to={(by) => ({ by })}
          query={query}
        />
        <Filters query={query} />
      </header>
      {days.uncounted !== null && (
        <p class="insights-note">
          {days.uncounted.toLocaleString(locale.tag)}{" "}
          tasks from before this version are still being counted: earlier days are not complete yet.
        </p>
      )}
      <Groups days={days} query={query} />
      <div class="insights-charts">
        {dayCharts(days, query.by).map((chart) => (
          <DayChart key={chart.id} chart={chart} columns={columns} csv={csvPath("days", query)} />
        ))}
      </div>
      <header class="insights-head">
        <h2 class="insights-part">Lately</h2>
        <Choice
          name="Hours"
          current={query.hours}
          choices={hourChoices}
          word={hourWord}
          to={(hours) => ({ hours })}
          query={query}
        />
      </header>
      <div class="insights-charts wide">
        <SlotsChart slots={slots} query={query} locale={locale} />
        <ActivityChart activity={activity} query={query} locale={locale} />
      </div>
    </main>
  );
}

function dayWord(days: number): string {
  return days === 365 ? "a year" : `${days} days`;
}

function hourWord(hours: number): string {
  return hours === 168 ? "7 days" : `${hours} hours`;
}

/** `12 Nov`, of a day in UTC. */
function shortDay(day: string, { tag }: Locale): string {
  return new Date(day).toLocaleDateString(tag, { day: "numeric", month: "short", timeZone: "UTC" });
}

function Choice<T extends string | number>({ name, current, choices, word, to, query }: {
  name: string;
  current: T;
  choices: readonly T[];
  word: (choice: T) => string;
  to: (choice: T) => Partial<InsightsQuery>;
  query: InsightsQuery;
}) {
  return (
    <nav class="insights-choice" aria-label={name}>
      {choices.map((choice) => (
        <a
          key={choice}
          href={insightsPath(query, to(choice))}
          aria-current={choice === current ? "true" : undefined}
        >
          {word(choice)}
        </a>
      ))}
    </nav>
  );
}

/** What the days are limited to, and the way back. */
function Filters({ query }: { query: InsightsQuery }) {
  const filters = (["repo", "model"] as const).filter((name) => query[name] !== null);
  return (
    <>
      {filters.map((name) => (
        <a key={name} class="insights-filter" href={insightsPath(query, { [name]: null })}>
          <bdi>{query[name]}</bdi> <span aria-hidden="true">×</span>
          <span class="visually-hidden">Show all again</span>
        </a>
      ))}
    </>
  );
}

/** The whole time, a row for each model or repository: each leads to itself alone. */
function Groups({ days, query }: { days: InsightDays; query: InsightsQuery }) {
  const rows = groupRows(days, query.by);
  if (rows.length === 0) {
    return <p class="insights-note">Nothing ended in this time. What runs now is under Slots, below.</p>;
  }
  const one = query.by === "model" ? "model" : "repo";
  const median = (histogram: Record<number, number>) => {
    const ms = quantileOf(histogram, 0.5);
    return ms === null ? "–" : duration(ms);
  };
  return (
    <div class="chart-scroll insights-groups" tabIndex={0} role="region" aria-label="The whole time">
      <table>
        <thead>
          <tr>
            {[query.by, "Runs", "Good", "Cost", "Output tokens", "Checks passed", "Wait (median)", "Run (median)"].map((
              name,
            ) => <th key={name} scope="col">{name[0]!.toUpperCase() + name.slice(1)}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, isKnown, total }) => {
            const { good, bad, interrupted } = judged(total);
            const { passed, failed } = total.checks;
            return (
              <tr key={name}>
                <th scope="row">
                  {isKnown
                    ? (
                      <a href={insightsPath(query, { [one]: name })}>
                        <bdi>{name}</bdi>
                      </a>
                    )
                    : name}
                </th>
                <td class="num">{good + bad + interrupted}</td>
                <td class="num">{percent(good, good + bad)}</td>
                <td class="num">
                  {total.estimated_usd > 0 || total.unpriced > 0 ? "≈ " : ""}
                  {cost(total.cost_usd)}
                </td>
                <td class="num">{compact(total.usage.output_tokens)}</td>
                <td class="num">{percent(passed, passed + failed)}</td>
                <td class="num">{median(total.wait_ms)}</td>
                <td class="num">{median(total.run_ms)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
