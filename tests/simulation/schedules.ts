// Schedules at work: a user makes one or two in a third of all simulations and deletes them a while after the faults. Whatever
// fails, every time of them has one sequel, and every task that one made is of one time.

import { DomainError } from "../../core/domain/error.ts";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskTemplate } from "../../core/domain/task_spec.ts";
import type { Service } from "../../core/engine/service/service.ts";
import type { Node } from "./node.ts";
import type { Oracle } from "./oracle.ts";
import { seededRandom } from "./seeded_random.ts";
import type { World } from "./world.ts";

const by = { by: "api" };
const minuteMs = 60_000;
const task: TaskTemplate = {
  ...{ title: "", prompt: "", priority: 0, depends_on: [], repo: null, base: null, model: null },
  ...{ mode: "execute" as const, max_attempts: 1, timeout_seconds: 30, max_budget_usd: null },
};

export class SchedulePlay {
  /** Whether none is left. */
  isOver = true;

  constructor(readonly world: World, readonly nodes: Node[], readonly oracle: Oracle) {}

  /** Makes some and deletes them after `untilMs`. Drawn from a randomness of its own. */
  begin({ untilMs }: { untilMs: number }): void {
    const random = seededRandom(this.world.seed + 7_919);
    if (!random.chance(0.35)) return;
    this.isOver = false;
    const all = Array.from({ length: random.integer(1, 2) }, (_, n) =>
      this.#live(`schedule ${n}`, {
        overlap: random.pick(["skip", "queue"] as const),
        endsMs: untilMs + random.integer(1, 4) * minuteMs,
      }));
    void Promise.all(all).then(() => this.isOver = true);
  }

  async #live(name: string, { overlap, endsMs }: { overlap: "skip" | "queue"; endsMs: number }): Promise<void> {
    const find = () => this.#schedules().find((one) => one.name === name);
    const schedule = { name, cron: "* * * * *", timezone: "UTC", overlap, task };
    await this.#until(() => find() !== undefined, (service) => service.createSchedule(schedule, by));
    const { id } = find()!;
    await this.world.wait(Math.max(0, endsMs / 2 - this.world.now), null);
    await this.#once((service) => service.runSchedule(id, by));
    await this.#once((service) => service.changeSchedule(id, { name }, by));
    await this.world.wait(Math.max(0, endsMs - this.world.now), null);
    // There may be two: the first one was made after all.
    await this.#until(() => find() === undefined, (service) => service.deleteSchedule(find()!.id, by));
  }

  #schedules() {
    return this.oracle.histories.get(0)?.task.automation?.schedules ?? [];
  }

  /** An outcome that was not learned is looked up before it is asked again. */
  async #until(isDone: () => boolean, ask: (service: Service) => Promise<unknown>): Promise<void> {
    while (!isDone()) {
      await this.#once(ask);
      // What was sent late may still come.
      if (!isDone()) await this.world.wait(30_000, null);
    }
  }

  async #once(ask: (service: Service) => Promise<unknown>): Promise<void> {
    const service = this.nodes.map((node) => node.service).find((one) => one !== null);
    if (!service) return;
    const asked = ask(service).catch((error) => {
      if (!(error instanceof DomainError || this.world.faulty)) this.world.violation(`a schedule: ${error.stack}`);
    });
    await Promise.race([asked, this.world.wait(25_000, null)]);
  }
}

/** Every time of every schedule has one sequel, and every task that one made is of one time. */
export function checkSchedules(world: World, { histories }: Oracle): void {
  const made = new Map(
    [...histories.values()].flatMap(({ task: { id, origin } }) =>
      origin?.kind === "schedule" ? [[id, origin] as const] : []
    ),
  );
  const due = new Map<number, string | null>();
  const held = new Map<number, string>();
  for (const event of histories.get(0)?.events ?? []) {
    const wrong = (what: string) => world.violation(`event ${event.seq} of the service: ${what}`);
    if (event.type === "schedule.created") due.set(event.data.schedule, event.data.next_at);
    if (event.type === "schedule.fired") {
      const { task: id, schedule, due_at } = event.data;
      const origin = made.get(id);
      if (!origin || origin.schedule !== schedule || origin.due_at !== due_at) wrong(`task ${id} is not of that time`);
      made.delete(id);
    }
    if (!isSequel(event) || event.data.due_at === null) continue;
    const { schedule, due_at, missed, next_at } = event.data;
    if (held.get(schedule) === due_at) held.delete(schedule);
    else if (due.get(schedule) !== due_at) wrong(`${due_at} was dealt with, and ${due.get(schedule)} was due`);
    else {
      due.set(schedule, next_at);
      const between = (Date.parse(next_at!) - Date.parse(due_at)) / minuteMs - 1;
      // A clock that is an hour ahead counts an hour's minutes.
      if (between !== missed) wrong(`${missed} times were missed of ${between}`);
    }
    if (event.type === "schedule.held") held.set(schedule, due_at);
  }
  for (const id of made.keys()) world.violation(`task ${id} was made for a time that the log does not have`);
}

type Sequel = Extract<TaskEvent, { type: `schedule.${"fired" | "held" | "skipped"}` }>;

function isSequel(event: TaskEvent): event is Sequel {
  return event.type === "schedule.fired" || event.type === "schedule.held" || event.type === "schedule.skipped";
}
