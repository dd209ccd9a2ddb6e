// Schedules on a real store, with a clock that is moved by hand and two workers that look.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import type { TaskTemplate } from "../../../core/domain/task_spec.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { handleCommand } from "../../../core/engine/handle_command.ts";
import { Schedules } from "../../../core/engine/schedule/schedules.ts";
import { commands } from "../../../core/engine/service/commands.ts";
import { scheduleService } from "../../../core/engine/service/schedules.ts";
import { systemRandom } from "../../../core/host/system.ts";
import { buildStore, type Store } from "../../../core/kv/store.ts";
import { handClock, openKv } from "../../kv/world.ts";
import { spec } from "../../domain/world.ts";

const by = { by: "api" };
const template: TaskTemplate = { ...spec({ title: "Update" }), repo: null };
const minute = 60_000;
const agent = { kind: "none", efforts: [] } as never;

async function world({ shared = false } = {}) {
  const kv = await openKv();
  const clock = handClock(Date.parse("2026-11-30T05:59:30.000Z"));
  /** A worker with these repositories. */
  const worker = async (repos: string[]) => {
    const store = await buildStore(kv, { clock, random: systemRandom, shared });
    const warn = (message: string, error: unknown) => {
      throw new Error(message, { cause: error });
    };
    const context = { store, clock, random: systemRandom, settings: { repos }, warn } as unknown as EngineContext;
    const parts = {
      commands: commands(context, { agent: () => agent }),
      queries: { summary: (task: unknown) => task },
    };
    const schedules = new Schedules(context, parts);
    return { context, store, schedules, service: scheduleService(context, { ...parts, schedules } as never) };
  };
  const first = await worker(["demo"]);
  return { ...first, clock, worker, [Symbol.dispose]: () => kv[Symbol.dispose]() };
}

const every = (overlap: "skip" | "queue", changes = {}) => ({
  ...{ name: "Each minute", cron: "* * * * *", timezone: "UTC", overlap, task: template, ...changes },
});

async function storyOf(store: Store): Promise<string[]> {
  const events = (await store.log.read(0, { after: 0, limit: 1_000 })).map(({ event }) => event);
  return events.flatMap((event) => {
    if (event.type === "schedule.fired") return `${time(event.data.due_at)} fired ${event.data.task}`;
    if (event.type === "schedule.held") return `${time(event.data.due_at)} held`;
    if (event.type === "schedule.skipped") return `${time(event.data.due_at)} skipped`;
    return [];
  });
}

const time = (at: string | null) => at?.slice(11, 16) ?? "now";

/** The task is cancelled before it ran. */
async function end(context: EngineContext, task: number): Promise<void> {
  await handleCommand(context, task, { type: "cancel" }, by);
}

Deno.test("look() makes the task of a time once, in one commit with the fact, whoever looks", async () => {
  using one = await world({ shared: true });
  const two = await one.worker(["demo"]);
  const made = await one.service.createSchedule(every("skip"), by);
  assertEquals([made.id, made.next_at, made.next.length], [1, "2026-11-30T06:00:00.000Z", 3]);
  await Promise.all([one.schedules.look(), two.schedules.look()]);
  assertEquals(await storyOf(one.store), []);
  one.clock.time += minute;
  await Promise.all([one.schedules.look(), two.schedules.look(), one.schedules.look()]);
  assertEquals(await storyOf(one.store), ["06:00 fired 1"]);
  const task = await one.store.log.head(1);
  assertEquals([task?.title, task?.repo, task?.origin], ["Update", "demo", {
    kind: "schedule",
    schedule: 1,
    name: "Each minute",
    due_at: "2026-11-30T06:00:00.000Z",
  }]);
  const last = (await one.store.all.after("", { limit: 10 })).at(-1);
  assertEquals(last?.ranges.map(([id]) => id).sort(), [0, 1]);
  assertEquals((await one.store.verify()).differences, []);
});

Deno.test("times that were missed are made good once, and counted", async () => {
  using one = await world();
  await one.service.createSchedule(every("skip"), by);
  one.clock.time += 10 * minute;
  await one.schedules.look();
  assertEquals(await storyOf(one.store), ["06:00 fired 1"]);
  const event = await one.store.log.event(0, 2);
  assertEquals(event?.type === "schedule.fired" && [event.data.missed, event.data.next_at], [
    9,
    "2026-11-30T06:10:00.000Z",
  ]);
});

Deno.test("skip: at a time whose task before is not over there is none, and the log says why", async () => {
  using one = await world();
  await one.service.createSchedule(every("skip"), by);
  for (let n = 0; n < 3; n++) {
    one.clock.time += minute;
    await one.schedules.look();
    if (n === 1) await end(one.context, 1);
  }
  assertEquals(await storyOf(one.store), ["06:00 fired 1", "06:01 skipped", "06:02 fired 2"]);
  const [view] = await one.service.schedules();
  assertEquals(view!.recent.map(({ task, reason }) => [task, reason]), [
    [2, null],
    [null, "Its task 1 is pending"],
  ]);
});

Deno.test("queue: one time waits for the end of the task before it, and no second one", async () => {
  using one = await world();
  await one.service.createSchedule(every("queue"), by);
  for (let n = 0; n < 3; n++) {
    one.clock.time += minute;
    await one.schedules.look();
  }
  assertEquals(await storyOf(one.store), ["06:00 fired 1", "06:01 held", "06:02 skipped"]);
  await end(one.context, 1);
  await one.schedules.look();
  assertEquals((await storyOf(one.store)).at(-1), "06:01 fired 2");
  const [view] = await one.service.schedules();
  assertEquals([view!.held_at, view!.next_at], [null, "2026-11-30T06:03:00.000Z"]);
});

Deno.test("a task that cannot be made is a time without one, with the reason, and the next time is tried", async () => {
  using one = await world();
  await assertRejects(
    () => one.service.createSchedule(every("skip", { task: { ...template, repo: "shop" } }), by),
    DomainError,
    'There is no repository "shop"',
  );
  await one.service.createSchedule(every("skip", { task: { ...template, repo: "demo" } }), by);
  const later = await one.worker(["other"]);
  one.clock.time += minute;
  await later.schedules.look();
  assertEquals(await storyOf(one.store), ["06:00 skipped"]);
  assertStringIncludes((await later.service.schedules())[0]!.recent[0]!.reason!, 'There is no repository "demo"');
});

Deno.test("of several workers one that has not the repository leaves a time to the others for a minute", async () => {
  using one = await world({ shared: true });
  await one.service.createSchedule(every("skip", { task: { ...template, repo: "demo" } }), by);
  const other = await one.worker(["other"]);
  one.clock.time += minute;
  await other.schedules.look();
  assertEquals(await storyOf(one.store), []);
  one.clock.time += minute;
  await other.schedules.look();
  assertEquals(await storyOf(one.store), ["06:00 skipped"]);
});

Deno.test("a time that was held or missed for long is left to the others, too", async () => {
  using one = await world({ shared: true });
  await one.service.createSchedule(every("queue", { task: { ...template, repo: "demo" } }), by);
  const other = await one.worker(["other"]);
  one.clock.time += 10 * minute;
  await other.schedules.look();
  await one.schedules.look();
  one.clock.time += minute;
  await other.schedules.look();
  one.clock.time += 5 * minute;
  await end(one.context, 1);
  await other.schedules.look();
  assertEquals(await storyOf(one.store), ["06:00 fired 1", "06:10 held"]);
  await one.schedules.look();
  assertEquals((await storyOf(one.store))[2], "06:10 fired 2");
});

Deno.test("run now makes a task whatever the time, leaves the times as they are, and is refused while one works", async () => {
  using one = await world();
  await one.service.createSchedule(every("queue"), by);
  await one.service.runSchedule(1, by);
  await assertRejects(
    () => one.service.runSchedule(1, by),
    DomainError,
    "Cannot run schedule 1 now: its task 1 is pending",
  );
  await assertRejects(() => one.service.runSchedule(2, by), DomainError, "There is no schedule 2");
  assertEquals(await storyOf(one.store), ["now fired 1"]);
  assertEquals((await one.service.schedules())[0]!.next_at, "2026-11-30T06:00:00.000Z");
});

Deno.test("a schedule that is off makes nothing, and makes nothing good when it is on again", async () => {
  using one = await world();
  await one.service.createSchedule(every("skip"), by);
  assertEquals((await one.service.changeSchedule(1, { enabled: false }, by)).next_at, null);
  one.clock.time += 5 * minute;
  await one.schedules.look();
  const on = await one.service.changeSchedule(1, { enabled: true }, by);
  assertEquals([on.next_at, await storyOf(one.store)], ["2026-11-30T06:05:00.000Z", []]);
});

Deno.test("a change of its name at its very time does not bring the time back", async () => {
  using one = await world();
  await one.service.createSchedule(every("skip"), by);
  one.clock.time += minute;
  await Promise.all([one.schedules.look(), one.service.changeSchedule(1, { name: "Renamed" }, by)]);
  await end(one.context, 1);
  await one.schedules.look();
  assertEquals(await storyOf(one.store), ["06:00 fired 1"]);
});

Deno.test("a template of 900 KB makes a task like any other, and there is room for 20 schedules", async () => {
  using one = await world();
  const task = { ...template, prompt: "é".repeat(450_000), title: "語".repeat(200) };
  for (let n = 1; n <= 20; n++) {
    const name = `${n} ${"語".repeat(60)}`;
    await one.service.createSchedule(
      every("skip", { name, cron: "0 6 * * *", task: n === 1 ? task : { ...task, prompt: "x" } }),
      by,
    );
  }
  await assertRejects(() => one.service.createSchedule(every("skip"), by), DomainError, "delete one first");
  one.clock.time += minute;
  await one.schedules.look();
  const first = await one.store.log.event(1, 1);
  assertEquals(first?.type === "task.created" && first.data.prompt.length, 450_000);
  await one.service.deleteSchedule(1, by);
  assertEquals((await one.service.schedules()).length, 19);
  assertEquals((await one.store.log.head(0))!.automation!.schedules.length, 19);
});
