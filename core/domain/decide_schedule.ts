// The rules of schedules. Times come in as data: what a cron expression means is not for the domain to know.

import { type Automation, noAutomation, type Schedule, schedulesAtMost } from "./automation.ts";
import { DomainError } from "./error.ts";
import type { EventData, NewEvent } from "./event.ts";

type DataOf<T extends "created" | "changed" | "fired" | "held" | "skipped"> = Omit<
  EventData[`schedule.${T}`],
  "schedule"
>;

/** A time as it was when it was looked at; who decides on it says what is to come of it. */
export interface ScheduleMoment {
  schedule: number;
  /** The time that is due, of a schedule or held by it; null: a person asked. */
  due_at: string | null;
  /** The last task that the schedule had made then: nobody else made one since. */
  last_task: number | null;
}

export type ScheduleCommand =
  | { type: "create_schedule"; schedule: DataOf<"created"> }
  | { type: "change_schedule"; schedule: number; changes: DataOf<"changed"> }
  | { type: "delete_schedule"; schedule: number }
  /** `task`: the one that is made in the same commit. */
  | { type: "fire_schedule"; moment: ScheduleMoment; task: number; missed: number; next_at: string | null }
  | { type: "hold_schedule"; moment: ScheduleMoment; behind: number; missed: number; next_at: string | null }
  | { type: "skip_schedule"; moment: ScheduleMoment; reason: string; missed: number; next_at: string | null };

/**
 * The events of a command about schedules, for the service's own log. Throws `not_found` for a schedule that is not there, and
 * `conflict` for a moment that another worker dealt with, or for one schedule too many.
 */
export function decideSchedule(command: ScheduleCommand, automation: Automation | null): NewEvent[] {
  const { schedules, last_schedule } = automation ?? noAutomation;
  switch (command.type) {
    case "create_schedule":
      if (schedules.length >= schedulesAtMost) {
        throw new DomainError("conflict", `There are ${schedulesAtMost} schedules already; delete one first`);
      }
      return [{ type: "schedule.created", data: { schedule: last_schedule + 1, ...command.schedule } }];
    case "change_schedule": {
      const { id } = requireSchedule(automation, command.schedule);
      return [{ type: "schedule.changed", data: { schedule: id, ...command.changes } }];
    }
    case "delete_schedule":
      return [{ type: "schedule.deleted", data: { schedule: requireSchedule(automation, command.schedule).id } }];
    case "fire_schedule": {
      const { schedule, due_at } = requireMoment(automation, command.moment);
      const { task, missed, next_at } = command;
      return [{ type: "schedule.fired", data: { schedule, due_at, task, missed, next_at } }];
    }
    case "hold_schedule": {
      const { schedule, due_at } = requireMoment(automation, command.moment);
      const { behind, missed, next_at } = command;
      return [{ type: "schedule.held", data: { schedule, due_at: due_at!, behind, missed, next_at } }];
    }
    case "skip_schedule": {
      const { schedule, due_at } = requireMoment(automation, command.moment);
      const { reason, missed, next_at } = command;
      return [{ type: "schedule.skipped", data: { schedule, due_at: due_at!, reason, missed, next_at } }];
    }
  }
}

export function requireSchedule(automation: Automation | null, id: number): Schedule {
  const found = automation?.schedules.find((one) => one.id === id);
  if (!found) throw new DomainError("not_found", `There is no schedule ${id}`);
  return found;
}

/** Whoever was faster has moved the schedule on: then nothing comes of this moment a second time. */
function requireMoment(automation: Automation | null, moment: ScheduleMoment): ScheduleMoment {
  const { next_at, held_at, last_task, id } = requireSchedule(automation, moment.schedule);
  const isDue = moment.due_at === null || moment.due_at === next_at || moment.due_at === held_at;
  if (isDue && moment.last_task === last_task) return moment;
  throw new DomainError("conflict", `Cannot fire schedule ${id} for ${moment.due_at ?? "now"}: it went on meanwhile`);
}
