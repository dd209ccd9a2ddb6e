// Numbers and times as people read them. Pure: `now`, locale and time zone are arguments, so that the server and the
// browser print the same words.

import type { CostBasis } from "../domain/event.ts";
import type { TaskView } from "./task_view.ts";

/** How a page prints times; the browser's own, which the server knows from a cookie. */
export interface Locale {
  /** A BCP 47 tag, such as `en-GB`. */
  tag: string;
  /** An IANA zone, such as `Europe/Berlin`. */
  zone: string;
  /** What was written in it already, as `note` was told: a browser's first moment takes it 20 ms, with all that it loads for it. */
  written?: Readonly<Record<string, string>>;
  note?(key: string, words: string): void;
}

/** `<1 s`, `42 s`, `6 m 12 s`, `1 h 04 m`, `3 d 2 h`. */
export function duration(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  if (seconds < 1) return "<1 s";
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${two(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${two(minutes % 60)} m`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `now`, `12 min ago`, `3 h ago`, `5 d ago`. */
export function ago(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
}

/** `silent for 40 s`, `silent for 12 min`, `silent for 3 h`. */
export function silentFor(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return `silent for ${duration(ms)}`;
  return `silent for ${minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`}`;
}

/** US dollars: `$0`, `<$0.01`, `$0.87`, `$1,204`. */
export function cost(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.01) return "<$0.01";
  return usd < 1000 ? `$${usd.toFixed(2)}` : `$${Math.round(usd).toLocaleString("en-US")}`;
}

type CostFields = "cost_usd" | "cost_basis" | "cost_estimate_usd" | "run_started_at";

/**
 * What a task costs, and how sure that is: `$0.87`, `≈ $0.90` while it runs or where it was estimated, `cost unknown`,
 * `not known yet` while its first run has no estimate.
 */
export function taskCost(
  { cost_usd, cost_basis, cost_estimate_usd, run_started_at }: Pick<TaskView, CostFields>,
): string {
  if (cost_estimate_usd !== null) return `≈ ${cost(cost_estimate_usd)}`;
  if (run_started_at !== null && cost_usd === 0) return "not known yet";
  return basedCost(cost_usd, cost_basis);
}

/** The same of one run. */
export function basedCost(usd: number | null, basis: CostBasis): string {
  if (usd === null || (usd === 0 && basis === "unknown")) return "cost unknown";
  if (basis === "reported") return cost(usd);
  return `${basis === "estimated" ? "≈" : "at least"} ${cost(usd)}`;
}

/** `950`, `12.9k`, `171k`, `2.1M`. */
export function compact(count: number): string {
  if (count < 1000) return String(count);
  if (count < 99_950) return `${trim(count / 1000)}k`;
  if (count < 999_500) return `${Math.round(count / 1000)}k`;
  return `${trim(count / 1_000_000)}M`;
}

/** With thousands separators of the locale. */
export function whole(count: number, locale: Locale): string {
  return written(`whole ${count}`, locale, () => count.toLocaleString(locale.tag));
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${trim(count / 1024)} KB`;
  if (count < 1024 ** 3) return `${trim(count / 1024 ** 2)} MB`;
  return `${trim(count / 1024 ** 3)} GB`;
}

/** `1 tool call`, `4 tool calls`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function written(key: string, locale: Locale, write: () => string): string {
  const words = locale.written?.[key] ?? write();
  locale.note?.(key, words);
  return words;
}

type Kind = "time" | "day" | "date" | "key" | "weekday";

function moment(kind: Kind, at: Date, locale: Locale): string {
  return written(`${kind} ${at.getTime()}`, locale, () => format(kind, locale).format(at));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(kind: Kind, { tag, zone }: Locale): Intl.DateTimeFormat {
  const key = `${kind} ${tag} ${zone}`;
  let made = formats.get(key);
  if (!made) {
    const time = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
    const date = { year: "numeric", month: "short", day: "numeric" } as const;
    const parts: Record<Kind, Intl.DateTimeFormatOptions> = {
      time,
      day: date,
      date: { ...date, ...time },
      key: { year: "numeric", month: "2-digit", day: "2-digit" },
      weekday: { weekday: "long", day: "numeric", month: "long" },
    };
    made = new Intl.DateTimeFormat(kind === "key" ? "en-CA" : tag, { timeZone: zone, ...parts[kind] });
    formats.set(key, made);
  }
  return made;
}

/** `10:02:11`, in the reader's zone. */
export function timeOfDay(at: string, locale: Locale): string {
  return moment("time", new Date(at), locale);
}

/** `22 Nov 2026, 10:02:11`, in the reader's zone. */
export function dateTime(at: string, locale: Locale): string {
  return moment("date", new Date(at), locale);
}

/** The reader's day: `22 Nov 2026`. */
export function dayOf(at: Date, locale: Locale): string {
  return moment("day", at, locale);
}

/** `10:02:11` of today, `22 Nov 2026, 10:02:11` of another day. `today`: what `dayOf` says of now. */
export function timeOrDate(at: string, today: string, locale: Locale): string {
  return dayOf(new Date(at), locale) === today ? timeOfDay(at, locale) : dateTime(at, locale);
}

/** `2026-11-22`, in the reader's zone: the same for all moments of one day. */
export function dayKey(at: string, locale: Locale): string {
  return moment("key", new Date(at), locale);
}

/** `Today`, `Yesterday`, `Sunday 22 November`. `today`: its `dayKey`. */
export function dayWord(at: string, today: string, locale: Locale): string {
  const day = dayKey(at, locale);
  const days = Math.round((Date.parse(today) - Date.parse(day)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : moment("weekday", new Date(at), locale);
}

/** A locale that `Intl` accepts: what cannot be used falls back to English and UTC. */
export function usableLocale(tag: string | undefined, zone: string | undefined): Locale {
  const usable: Locale = { tag: "en-GB", zone: "UTC" };
  try {
    if (tag) usable.tag = Intl.DateTimeFormat.supportedLocalesOf([tag])[0] ?? usable.tag;
  } catch { /* not a language tag */ }
  try {
    if (zone) usable.zone = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch { /* not a time zone */ }
  return usable;
}

/** The first line of a text that says something, at most `length` characters. */
export function firstLine(text: string, length = 120): string {
  const line = text.slice(0, length * 8).split("\n").map((one) => one.trim()).find((one) => one !== "") ?? "";
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
