// Times and durations that stay right by themselves.

import type { ReadonlySignal } from "@preact/signals";
import { ago, dateTime, duration, timeOfDay } from "./format.ts";
import { useStore } from "../state/store.ts";

/** The time of day in the reader's zone; the date on hover. */
export function Time({ at }: { at: string }) {
  const { locale } = useStore();
  return <time class="num" dateTime={at} title={dateTime(at, locale)}>{timeOfDay(at, locale)}</time>;
}

/** `12 min ago`; only this text is drawn again as time passes. */
export function Ago({ at }: { at: string }) {
  const { locale, now } = useStore();
  return <time class="num" dateTime={at} title={dateTime(at, locale)}>{ago(now.value - Date.parse(at))}</time>;
}

/** Time since `at` on a clock that may be the player's. */
export function Since({ at, clock }: { at: string; clock?: ReadonlySignal<number> }) {
  const { now } = useStore();
  return <span class="num">{duration((clock ?? now).value - Date.parse(at))}</span>;
}
