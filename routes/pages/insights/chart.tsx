// Charts as plain SVG, drawn on the server: nothing of them has to be loaded or run. What stretches with the page are shapes
// alone; words stand beside them in HTML.

import type { ComponentChildren } from "preact";
import type { Locale } from "../../../core/view/format.ts";
import { type Chart, niceTop, type Series } from "./day_charts.ts";

export interface Column {
  /** What the table calls it. */
  name: string;
  /** At its place below the chart. */
  short: string;
}

/** A figure: title and summary, the drawing, its legend, its table, its CSV. */
export function Figure({ id, title, summary, legend, csv, table, children }: {
  id: string;
  title: string;
  summary: string;
  legend: Pick<Series, "name" | "tone">[];
  csv: string;
  table: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <figure class="chart" aria-labelledby={`${id}-title`}>
      <figcaption>
        <h2 id={`${id}-title`}>{title}</h2>
        <span class="muted num">{summary}</span>
      </figcaption>
      {children}
      <Legend series={legend} />
      <details class="chart-table">
        <summary>Table</summary>
        <div class="chart-scroll" tabIndex={0} role="region" aria-label={`${title} as a table`}>{table}</div>
      </details>
      <a class="chart-csv" href={csv} download>
        CSV<span class="visually-hidden">of {title}</span>
      </a>
    </figure>
  );
}

export function Legend({ series }: { series: Pick<Series, "name" | "tone">[] }) {
  if (series.length === 0) return null;
  return (
    <ul class="chart-legend">
      {series.map(({ name, tone }) => (
        <li key={name}>
          <i class={`chart-key fill-${tone}`} aria-hidden="true" />
          <bdi>{name}</bdi>
        </li>
      ))}
    </ul>
  );
}

export function DayChart({ chart, columns, csv }: { chart: Chart; columns: Column[]; csv: string }) {
  const { id, title, summary, series, words, kind, top } = chart;
  return (
    <Figure
      {...{ id, title, summary, csv }}
      legend={series}
      table={<SeriesTable head="Day (UTC)" {...{ columns, series, words }} />}
    >
      {kind === "bars"
        ? <Bars name={`${title}: ${summary}`} {...{ columns, series, words }} />
        : <Lines name={`${title}: ${summary}`} {...{ columns, series, words, top }} />}
    </Figure>
  );
}

interface Drawn {
  name: string;
  columns: Column[];
  series: Series[];
  words: (value: number) => string;
}

/** Stacked bars, one for each column. */
export function Bars({ name, columns, series, words }: Drawn) {
  const heights = columns.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const top = niceTop(Math.max(...heights, 0));
  const step = 100 / columns.length;
  return (
    <Axes top={words(top)} columns={columns}>
      <svg class="chart-plot" role="img" aria-label={name}>
        {columns.map((column, at) => {
          let below = 0;
          return (
            <g key={column.name}>
              <title>{tip(column, series, { at, words })}</title>
              <rect class="chart-hover" x={`${at * step}%`} y="0" width={`${step}%`} height="100%" />
              {series.map(({ name, tone, values }) => {
                const value = values[at] ?? 0;
                if (value === 0) return null;
                below += value;
                return (
                  <rect
                    key={name}
                    class={`fill-${tone}`}
                    x={`${round(at * step + step * 0.1)}%`}
                    y={`${round(100 - below / top * 100)}%`}
                    width={`${round(step * 0.8)}%`}
                    height={`${round(value / top * 100)}%`}
                  />
                );
              })}
            </g>
          );
        })}
      </svg>
    </Axes>
  );
}

/** A line for each series, with a gap where there is nothing. */
function Lines({ name, columns, series, words, top: topOf }: Drawn & Pick<Chart, "top">) {
  const top = topOf(Math.max(...series.flatMap(({ values }) => values.map((value) => value ?? 0)), 0));
  const step = 100 / columns.length;
  const place = (value: number, at: number) => `${round(at * step + step / 2)} ${round(100 - value / top * 100)}`;
  return (
    <Axes top={words(top)} columns={columns}>
      <svg class="chart-plot" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label={name}>
        {series.map(({ name, tone, values }) => (
          <path
            key={name}
            class={`line-${tone}`}
            d={values.map((value, at) => {
              if (value === null) return "";
              const isFirst = at === 0 || values[at - 1] === null;
              // A day alone is a dot: a line of no length with round ends.
              return `${isFirst ? "M" : "L"}${place(value, at)}${isFirst ? `L${place(value, at)}` : ""}`;
            }).join("")}
          />
        ))}
        {columns.map((column, at) => (
          <rect key={column.name} class="chart-hover" x={round(at * step)} y="0" width={round(step)} height="100">
            <title>{tip(column, series, { at, words })}</title>
          </rect>
        ))}
      </svg>
    </Axes>
  );
}

/** The highest value at the left, the first, middle and last column below. */
function Axes({ top, columns, children }: { top: string; columns: Column[]; children: ComponentChildren }) {
  const middle = columns[Math.floor(columns.length / 2)];
  return (
    <div class="chart-axes">
      <span class="chart-y muted num" aria-hidden="true">
        <span>{top}</span>
        <span>0</span>
      </span>
      {children}
      <span class="chart-x muted num" aria-hidden="true">
        <span>{columns[0]?.short}</span>
        {columns.length > 2 && <span>{middle?.short}</span>}
        <span>{columns.at(-1)?.short}</span>
      </span>
    </div>
  );
}

function tip(
  column: Column,
  series: Series[],
  { at, words }: { at: number; words: (value: number) => string },
): string {
  const parts = series.flatMap(({ name, values }) => values[at] ? [`${name} ${words(values[at])}`] : []);
  return `${column.name}: ${parts.length > 0 ? parts.join(", ") : "nothing"}`;
}

export function SeriesTable({ head, columns, series, words }: Omit<Drawn, "name"> & { head: string }) {
  const rows = columns.map((column, at) => ({ column, at })).filter(({ at }) =>
    series.some(({ values }) => values[at])
  );
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          {series.map(({ name }) => (
            <th key={name} scope="col">
              <bdi>{name}</bdi>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.reverse().map(({ column, at }) => (
          <tr key={column.name}>
            <th scope="row">{column.name}</th>
            {series.map(({ name, values }) => (
              <td key={name} class="num">{values[at] === null ? "" : words(values[at]!)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `30 Nov, 14:00`, in the reader's zone. */
export function hourWords(at: string, { tag, zone }: Locale): string {
  const parts = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  return new Date(at).toLocaleString(tag, { ...parts, timeZone: zone });
}

/** Two digits are finer than a pixel. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
