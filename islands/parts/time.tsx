// Times and durations that stay right by themselves.

import { ago, dateTime, silentFor, timeOrDate } from "../../core/view/format.ts";
import { useStore } from "../state/store.ts";

/** The time of day in the reader's zone, with the date of another day than today; it always stands on hover. */
export function Time({ at }: { at: string }) {
  const { locale, today } = useStore();
  return <time class="num" dateTime={at} title={dateTime(at, locale)}>{timeOrDate(at, today.value, locale)}</time>;
}

/** `12 min ago`; only this text is drawn again as time passes. */
export function Ago({ at }: { at: string }) {
  const { locale, now } = useStore();
  return <time class="num" dateTime={at} title={dateTime(at, locale)}>{ago(now.value - Date.parse(at))}</time>;
}

/** `silent for 12 min`, of an agent that says nothing. */
export function Silence({ since }: { since: string }) {
  const { locale, now } = useStore();
  return (
    <time class="num tone-need" dateTime={since} title={dateTime(since, locale)}>
      {silentFor(now.value - Date.parse(since))}
    </time>
  );
}
