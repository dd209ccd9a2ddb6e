// Times and durations that stay right by themselves.

import { ago, dateTime, timeOfDay } from "./format.ts";
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
