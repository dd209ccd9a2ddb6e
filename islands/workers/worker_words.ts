// What the page of the workers says of one, in words. Pure.

import { labelsText } from "../../core/domain/labels.ts";
import type { WorkerView } from "../../core/view/workers_view.ts";
import { duration } from "../../core/view/format.ts";
import type { Tone } from "../../core/view/task_state.ts";

const states: Record<WorkerView["state"], { tone: Tone; word: string }> = {
  alive: { tone: "done", word: "Alive" },
  silent: { tone: "need", word: "Silent" },
  away: { tone: "off", word: "Stopped" },
  dead: { tone: "fail", word: "Dead" },
};

/** One that drains lives, and is still not there for what comes. */
export function stateWord({ state, draining }: Pick<WorkerView, "state" | "draining">): { tone: Tone; word: string } {
  return draining && state === "alive" ? { tone: "wait", word: "Draining" } : states[state];
}

/** When its last beat was seen; null where there are no beats. */
export function beatWord({ last_beat_ms, self }: Pick<WorkerView, "last_beat_ms" | "self">): string | null {
  if (last_beat_ms === null) return self ? null : "never beat";
  return last_beat_ms < 1_000 ? "beat just now" : `last beat ${duration(last_beat_ms)} ago`;
}

/** `2 of 3`, of which so many are taken. */
export function slotsWord({ slots, free }: Pick<WorkerView, "slots" | "free">): string {
  if (slots === null || free === null) return "not known";
  return slots === 0 ? "door, no agents" : `${slots - free} of ${slots}`;
}

/** Why it starts nothing, or will not for long; a sentence each. */
export function restWords({ draining, paused, disk }: Pick<WorkerView, "draining" | "paused" | "disk">): string[] {
  const drains = draining ? "Drains: it finishes what it runs and claims nothing more" : null;
  return [drains, paused, disk].filter((words) => words !== null);
}

/** What a task could ask of it. */
export function labelWords({ labels }: Pick<WorkerView, "labels">): string[] {
  return Object.entries(labels).map(([key, value]) => labelsText({ [key]: value }));
}
