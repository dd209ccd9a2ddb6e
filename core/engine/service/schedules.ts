// What can be asked of schedules.

import { noAutomation, type Schedule } from "../../domain/automation.ts";
import { requireSchedule } from "../../domain/decide_schedule.ts";
import { DomainError } from "../../domain/error.ts";
import type { TaskTemplate } from "../../domain/task_spec.ts";
import type { ScheduleView } from "../../view/automation_view.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import { cronTimes } from "../schedule/cron_times.ts";
import type { Schedules } from "../schedule/schedules.ts";
import type { Commands } from "./commands.ts";
import type { Queries } from "./queries.ts";
import type { Service } from "./service.ts";

const timesShown = 3;

export type ScheduleService = Pick<
  Service,
  "schedules" | "createSchedule" | "changeSchedule" | "deleteSchedule" | "runSchedule"
>;

export function scheduleService(
  context: EngineContext,
  { schedules, commands, queries }: {
    schedules: Schedules;
    commands: Pick<Commands, "requireTask">;
    queries: Pick<Queries, "summary">;
  },
): ScheduleService {
  const { store, clock } = context;

  async function all(): Promise<Schedule[]> {
    return ((await store.log.head(0))?.automation ?? noAutomation).schedules;
  }

  async function view(schedule: Schedule): Promise<ScheduleView> {
    const { template: _, ...rest } = schedule;
    const { cron, timezone, enabled } = schedule;
    const next = enabled ? cronTimes(cron, timezone).next(clock.now(), timesShown) : [];
    return { ...rest, task: await schedules.template(schedule), next };
  }

  async function find(id: number): Promise<Schedule> {
    return requireSchedule((await store.log.head(0))?.automation ?? null, id);
  }

  function nextOf(cron: string, timezone: string): string | null {
    return cronTimes(cron, timezone).next(clock.now(), 1)[0] ?? null;
  }

  /** What is wrong with the task is wrong with a field of it. */
  async function check(task: TaskTemplate): Promise<void> {
    try {
      await commands.requireTask(task);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const issues = error.issues.map(({ path, message }) => ({ path: `task.${path}`, message }));
      throw new DomainError(error.code, error.message, { cause: error, issues });
    }
  }

  return {
    async schedules() {
      return await Promise.all((await all()).map(view));
    },
    async createSchedule(schedule, { by }) {
      const next_at = nextOf(schedule.cron, schedule.timezone);
      await check(schedule.task);
      const command = { type: "create_schedule", schedule: { ...schedule, next_at } } as const;
      const { head } = await handleCommand(context, 0, command, { by, until: "answered" });
      return await view(head.automation!.schedules.at(-1)!);
    },
    async changeSchedule(id, changes, { by }) {
      const before = await find(id);
      const { cron, timezone, enabled } = { ...before, ...changes };
      if (changes.task) await check(changes.task);
      const next = nextOf(cron, timezone);
      // Its time stays where it is unless it is moved: another worker may be dealing with that.
      const isMoved = ["cron", "timezone", "enabled"].some((field) => field in changes);
      const moved = isMoved ? { ...changes, next_at: enabled ? next : null } : changes;
      const command = { type: "change_schedule", schedule: id, changes: moved } as const;
      const { head } = await handleCommand(context, 0, command, { by, until: "answered" });
      return await view(requireSchedule(head.automation, id));
    },
    async deleteSchedule(id, { by }) {
      await handleCommand(context, 0, { type: "delete_schedule", schedule: id }, { by, until: "answered" });
    },
    async runSchedule(id, caller) {
      return queries.summary(await schedules.runNow(id, caller));
    },
  };
}
