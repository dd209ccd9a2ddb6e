import { assertEquals, assertThrows } from "@std/assert";
import { withSchedules } from "../../core/domain/automation.ts";
import { decideSchedule, type ScheduleCommand } from "../../core/domain/decide_schedule.ts";
import { DomainError } from "../../core/domain/error.ts";
import { spec } from "./world.ts";

const [first, second, third] = ["2026-11-30T06:00:00.000Z", "2026-11-30T06:01:00.000Z", "2026-11-30T06:02:00.000Z"];

/** What stands in the log after these commands. */
function after(...commands: ScheduleCommand[]) {
  let automation: Parameters<typeof withSchedules>[0] = null;
  let seq = 0;
  for (const command of commands) {
    for (const event of decideSchedule(command, automation)) {
      automation = withSchedules(
        automation,
        { ...event, seq: ++seq, at: first } as Parameters<typeof withSchedules>[1],
      );
    }
  }
  return automation;
}

const create: ScheduleCommand = {
  type: "create_schedule",
  schedule: { ...{ name: "A", cron: "* * * * *", timezone: "UTC", overlap: "queue" }, task: spec(), next_at: first },
};
const fire = (due_at: string | null, last_task: number | null, task: number): ScheduleCommand => ({
  ...{ type: "fire_schedule", moment: { schedule: 1, due_at, last_task }, task, missed: 0 },
  next_at: due_at === first ? second : third,
});
const refused = (command: ScheduleCommand, automation: ReturnType<typeof after>, code: string) =>
  assertEquals(assertThrows(() => decideSchedule(command, automation), DomainError).code, code);

Deno.test("a time is dealt with once: whoever comes second is refused", () => {
  const fired = after(create, fire(first, null, 1));
  assertEquals([fired!.schedules[0]!.last_task, fired!.schedules[0]!.next_at], [1, second]);
  refused(fire(first, null, 2), fired, "conflict");
  refused(fire(first, 1, 2), fired, "conflict");
  assertEquals(decideSchedule(fire(second, 1, 2), fired).length, 1);
});

Deno.test("of two who run it now one makes a task, and a time that falls together with it is looked at anew", () => {
  const run = after(create, fire(null, null, 1));
  refused(fire(null, null, 2), run, "conflict");
  refused(fire(first, null, 2), run, "conflict");
});

Deno.test("a time that is held is no longer next, and is fired once", () => {
  const moment = { schedule: 1, due_at: second, last_task: 1 };
  const hold: ScheduleCommand = { type: "hold_schedule", moment, behind: 1, missed: 0, next_at: third };
  const held = after(create, fire(first, null, 1), hold);
  assertEquals([held!.schedules[0]!.held_at, held!.schedules[0]!.next_at], [second, third]);
  const fired = after(create, fire(first, null, 1), hold, fire(second, 1, 2));
  assertEquals([fired!.schedules[0]!.held_at, fired!.schedules[0]!.last_task], [null, 2]);
  refused(fire(second, 2, 3), fired, "conflict");
});

Deno.test("what is not there cannot be changed, fired or deleted; a number is given once", () => {
  const gone = after(create, { type: "delete_schedule", schedule: 1 });
  for (
    const command of [
      { type: "delete_schedule", schedule: 1 },
      { type: "change_schedule", schedule: 1, changes: {} },
      fire(first, null, 1),
    ] as ScheduleCommand[]
  ) refused(command, gone, "not_found");
  const [created] = decideSchedule(create, gone);
  assertEquals(created?.type === "schedule.created" && created.data.schedule, 2);
});
