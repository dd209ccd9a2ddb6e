// What the page of the schedules says of one, in words. Pure.

import type { Firing } from "../../core/domain/automation.ts";
import type { ScheduleView } from "../../core/view/automation_view.ts";
import type { Tone } from "../../core/view/task_state.ts";

/** Times that a person would choose; the first is chosen. */
export const usualTimes: readonly { word: string; cron: string }[] = [
  { word: "Every day at 6:00", cron: "0 6 * * *" },
  { word: "Weekdays at 9:00", cron: "0 9 * * 1-5" },
  { word: "Mondays at 6:00", cron: "0 6 * * 1" },
  { word: "Every hour", cron: "0 * * * *" },
  { word: "The first of each month at 6:00", cron: "0 6 1 * *" },
];

export function scheduleState({ enabled, held_at, next_at }: ScheduleView): { tone: Tone; word: string } {
  if (!enabled) return { tone: "off", word: "Off" };
  if (held_at !== null) return { tone: "wait", word: "One waits" };
  return next_at === null ? { tone: "off", word: "No time left" } : { tone: "done", word: "On" };
}

/** `0 6 * * 1`, in words where it is a usual one. */
export function cronWord(cron: string): string {
  return usualTimes.find((one) => one.cron === cron)?.word ?? cron;
}

export function overlapWord({ overlap }: Pick<ScheduleView, "overlap">): string {
  return overlap === "skip" ? "skips a time while its task works" : "lets one time wait while its task works";
}

/** What became of a time without a task. */
export function firingWord({ reason }: Firing): string {
  return reason === null ? "made" : `made nothing: ${reason}`;
}
