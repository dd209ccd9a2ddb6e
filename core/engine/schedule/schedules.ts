// Makes tasks when their schedules are due. Every worker of a store looks; a time is dealt with by one commit that holds the
// task and `schedule.fired`, decided on the state of the schedule, so that it makes one task whoever looks and whoever dies.
//
// A time that was missed, because nothing ran then, is made good once, by one task for all that were missed. A wake-up says
// "look again": the timer for the next time, what others commit, the end of a task that a time waits for, and each minute.

import { noAutomation, type Schedule } from "../../domain/automation.ts";
import { requireSchedule, type ScheduleMoment } from "../../domain/decide_schedule.ts";
import { DomainError } from "../../domain/error.ts";
import type { TaskTemplate } from "../../domain/task_spec.ts";
import { inWords } from "../../domain/refusal.ts";
import { isOver, type Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";
import { WakeUp } from "../dispatch/wake_up.ts";
import { handleCommand } from "../handle_command.ts";
import type { Commands } from "../service/commands.ts";
import { cronTimes } from "./cron_times.ts";

const by = "schedule";
/** Timers are not set further ahead: a wall clock may be set meanwhile. */
const longestRestMs = 60_000;
/** So long after a time could be dealt with another worker may have the repository that this one has not. */
const othersWithinMs = 60_000;
const afterFailureMs = 5_000;

export class Schedules {
  readonly #context: EngineContext;
  readonly #commands: Pick<Commands, "create">;
  readonly #wakeUp = new WakeUp();
  /** The tasks whose end a held time waits for. */
  #awaited: ReadonlySet<number> = new Set();
  #looking: Promise<void> | null = null;
  /** The time of a schedule that is left to the others, and since when. */
  readonly #leftToOthers = new Map<number, { due_at: string; since: number }>();

  constructor(context: EngineContext, { commands }: { commands: Pick<Commands, "create"> }) {
    this.#context = context;
    this.#commands = commands;
  }

  /** Looks anew, at once. */
  readonly wake = (): void => this.#wakeUp.wake();

  /** Fires what is due, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, store, warn } = this.#context;
    const unsubscribe = store.tail.subscribe(({ heads }) => {
      if (heads.some(({ id, status }) => id === 0 || (this.#awaited.has(id) && isOver(status)))) this.wake();
    });
    signal.addEventListener("abort", this.wake, { once: true });
    while (!signal.aborted) {
      const restMs = await this.look().catch((error) => {
        warn("Cannot look at the schedules", error);
        return afterFailureMs;
      });
      const clear = clock.timer(restMs, this.wake);
      if (!signal.aborted) await this.#wakeUp.next();
      clear();
    }
    unsubscribe();
  }

  /** Deals with all that is due; how long until something is again, in ms. One look at a time. */
  async look(): Promise<number> {
    while (this.#looking) await this.#looking;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#looking = promise;
    try {
      return await this.#look();
    } finally {
      this.#looking = null;
      resolve();
    }
  }

  /**
   * Makes a task of the schedule now, whatever the time; its id. Throws `conflict` while the one before it is not over, and what
   * is wrong with the task.
   */
  async runNow(id: number, { by }: { by: string }): Promise<Task> {
    const schedule = requireSchedule(await this.#automation(), id);
    const running = await this.#running(schedule);
    if (running) {
      throw new DomainError("conflict", `Cannot run schedule ${id} now: its ${taskWords(running)}`);
    }
    return await this.#make(schedule, { schedule: id, due_at: null, last_task: schedule.last_task }, { by });
  }

  async #look(): Promise<number> {
    const { clock } = this.#context;
    const automation = await this.#automation();
    for (const { id } of automation.schedules) {
      // What was done may leave another time due: an earlier one that was held, say.
      while (await this.#consider(id));
    }
    const { schedules } = await this.#automation();
    this.#awaited = new Set(schedules.flatMap(({ held_at, last_task }) => held_at !== null ? last_task ?? [] : []));
    const times = schedules.flatMap(({ next_at }) => next_at === null ? [] : Date.parse(next_at) - clock.now());
    return Math.max(1_000, Math.min(longestRestMs, ...times.map((ms) => ms <= 0 ? afterFailureMs : ms)));
  }

  async #automation() {
    return (await this.#context.store.log.head(0))?.automation ?? noAutomation;
  }

  /** Deals with one time of a schedule; false when none is due. */
  async #consider(id: number): Promise<boolean> {
    const { clock } = this.#context;
    const schedule = (await this.#automation()).schedules.find((one) => one.id === id);
    if (!schedule?.enabled) return false;
    const running = await this.#running(schedule);
    const { held_at, next_at, overlap, last_task } = schedule;
    const moment = (due_at: string) => ({ schedule: id, due_at, last_task });
    if (held_at !== null && !running) return await this.#fire(schedule, moment(held_at));
    if (next_at === null || Date.parse(next_at) > clock.now()) return false;
    if (!running) return await this.#fire(schedule, moment(next_at));
    if (overlap === "queue" && held_at === null) {
      return await this.#note({
        type: "hold_schedule",
        moment: moment(next_at),
        behind: running.id,
        ...this.#on(schedule),
      });
    }
    const waits = held_at === null ? "" : `, and the time of ${held_at} waits for it`;
    return await this.#skip(schedule, moment(next_at), `Its ${taskWords(running)}${waits}`);
  }

  /** The task that it made last, when that is not over. */
  async #running({ last_task }: Schedule): Promise<Task | null> {
    const last = last_task === null ? null : await this.#context.store.log.head(last_task);
    return last && !isOver(last.status) ? last : null;
  }

  async #fire(schedule: Schedule, moment: ScheduleMoment & { due_at: string }): Promise<boolean> {
    const { store, settings: { repos } } = this.#context;
    const isForOthers = store.shared && schedule.repo !== null && !repos.includes(schedule.repo);
    if (isForOthers && this.#isLeftToOthers(moment)) return false;
    try {
      await this.#make(schedule, moment, { by });
      return true;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Another worker was faster, or a person changed it.
      if (error.code === "conflict" || error.code === "not_found") return true;
      if (error.code !== "invalid") throw error;
      return await this.#skip(schedule, moment, error.message);
    }
  }

  /** From when it is seen here first: a time that was held, or missed by all, may be long over. */
  #isLeftToOthers({ schedule, due_at }: { schedule: number; due_at: string }): boolean {
    const now = this.#context.clock.now();
    const left = this.#leftToOthers.get(schedule);
    if (left?.due_at === due_at) return now - left.since < othersWithinMs;
    this.#leftToOthers.set(schedule, { due_at, since: now });
    return true;
  }

  async #make(schedule: Schedule, moment: ScheduleMoment, { by }: { by: string }): Promise<Task> {
    const { id, name } = schedule;
    const next = this.#on(schedule, moment.due_at);
    const { head } = await this.#commands.create({
      ...await this.template(schedule),
      origin: { kind: "schedule", schedule: id, name, due_at: moment.due_at },
    }, { by, idempotencyKey: null, also: (task) => ({ type: "fire_schedule", moment, task, ...next }) });
    return head;
  }

  /** The task it makes, whole. */
  async template({ id, template }: Schedule): Promise<TaskTemplate> {
    const event = await this.#context.store.log.event(0, template);
    if (event?.type === "schedule.created") return event.data.task;
    if (event?.type === "schedule.changed" && event.data.task) return event.data.task;
    throw new Error(`Event ${template} of the service's log has no task for schedule ${id}`);
  }

  async #skip(schedule: Schedule, moment: ScheduleMoment, reason: string): Promise<boolean> {
    return await this.#note({ type: "skip_schedule", moment, reason, ...this.#on(schedule, moment.due_at) });
  }

  async #note(command: Parameters<typeof handleCommand>[2]): Promise<true> {
    try {
      await handleCommand(this.#context, 0, command, { by, until: "answered" });
    } catch (error) {
      if (!(error instanceof DomainError && (error.code === "conflict" || error.code === "not_found"))) throw error;
    }
    return true;
  }

  /** Where it stands after `due_at`; a time that was held, or that nobody waited for, moves nothing. */
  #on({ cron, timezone, next_at }: Schedule, due_at = next_at): { missed: number; next_at: string | null } {
    if (due_at === null || due_at !== next_at) return { missed: 0, next_at };
    const times = cronTimes(cron, timezone);
    const now = this.#context.clock.now();
    return { missed: times.missed(due_at, now), next_at: times.next(now, 1)[0] ?? null };
  }
}

/** `task 12 is in progress`. */
function taskWords({ id, status }: Task): string {
  return `task ${id} is ${inWords[status]}`;
}
