import { assert, assertEquals, assertMatch } from "@std/assert";
import { judged, totalOf } from "../../../core/domain/day_sums.ts";
import type { ActivityView, InsightDays, SlotsView } from "../../../core/view/insights_view.ts";
import { ready, type RoutesWorld, routesWorld, text } from "../world.ts";

/** A task that was good and one that was bad, one after the other in the only slot, and one that waits for the bad one. */
async function filled(): Promise<{ world: RoutesWorld; good: number; bad: number; after: number }> {
  const world = await routesWorld({ maxConcurrent: 1 });
  const { id: good } = await world.create({ title: "=Good", model: "opus" });
  const { id: bad } = await world.create({ title: "Bad", depends_on: [good] });
  const { id: after } = await world.create({ title: "After", depends_on: [bad] });
  const first = await world.nextRun();
  first.say(ready, text("Hello"));
  first.finish();
  const second = await world.nextRun();
  second.finish({ ok: false, text: "No" });
  await world.until(bad, ({ status }) => status === "failed");
  return { world, good, bad, after };
}

Deno.test("GET /api/insights/days has the sums of today, by repository and model", async () => {
  const { world } = await filled();
  await using _ = world;
  const { from, to, uncounted, days } = await world.json(200, "/api/insights/days?days=7") as InsightDays;
  assertEquals(Date.parse(to) - Date.parse(from), 6 * 86_400_000);
  assertEquals(uncounted, null);
  assertEquals(days.map(({ day }) => day), [to]);
  const { sums } = days[0]!;
  // What the agent said of itself counts, not what was asked for.
  assertEquals(sums.map(({ repo, model }) => [repo, model]), [["repo", "played"], ["repo", null]]);
  assertEquals(judged(sums[0]!), { good: 1, bad: 0, interrupted: 0 });
  const total = totalOf(sums);
  assertEquals(judged(total), { good: 1, bad: 1, interrupted: 0 });
  assertEquals(total.tasks, { created: 3, completed: 1, failed: 1, cancelled: 0 });
});

Deno.test("GET /api/insights/days keeps to one repository or model when it is asked to", async () => {
  const { world } = await filled();
  await using _ = world;
  const of = async (query: string) => (await world.json(200, `/api/insights/days?${query}`) as InsightDays).days;
  assertEquals((await of("model=played"))[0]!.sums.map(({ model }) => model), ["played"]);
  assertEquals(await of("repo=other"), []);
  await world.json(422, "/api/insights/days?days=0");
});

Deno.test("GET /api/insights/slots tells who ran when, what each waited for, and what waits now", async () => {
  const { world, good, bad, after } = await filled();
  await using _ = world;
  const { runs, waiting, waiting_count, truncated } = await world.json(200, "/api/insights/slots") as SlotsView;
  assertEquals(runs.map(({ task, outcome, worker_name }) => [task, outcome, worker_name]), [
    [good, "succeeded", "test"],
    [bad, "failed", "test"],
  ]);
  const [wait] = runs[1]!.waits;
  assertEquals([wait!.for, wait!.tasks], ["dependencies", [good]]);
  const { completed_at } = await world.json(200, `/api/tasks/${good}`);
  assertEquals(wait!.to, completed_at);
  assertEquals([waiting.map(({ task }) => task), waiting_count, truncated], [[after], 1, false]);
  assertMatch(waiting[0]!.reason, new RegExp(`#${bad}, which failed`));
});

Deno.test("GET /api/insights/slots has a run that goes on, and names who made room for one", async () => {
  await using world = await routesWorld({ maxConcurrent: 1 });
  const { id: first } = await world.create();
  const { id: second } = await world.create();
  (await world.nextRun()).finish();
  const run = await world.nextRun();
  run.say(ready);
  await world.until(second, (task) => task.run?.model);
  const { runs } = await world.json(200, "/api/insights/slots") as SlotsView;
  assertEquals(runs.map(({ task, ended_at, model }) => [task, ended_at !== null, model]), [
    [first, true, null],
    [second, false, "played"],
  ]);
  assertEquals(runs[1]!.waits.map((wait) => [wait.for, wait.tasks]), [["slot", [first]]]);
  run.finish();
  await world.until(second, ({ status }) => status === "completed");
});

Deno.test("GET /api/insights/slots counts the approval of a plan as what its second run waited for", async () => {
  await using world = await routesWorld();
  const { id } = await world.create({ mode: "plan" });
  const planning = await world.nextRun();
  planning.say(ready);
  planning.propose("1. Do it");
  planning.finish({ ok: false });
  const { updated_at } = await world.until(id, ({ status }) => status === "awaiting_approval");
  assertEquals((await world.json(200, "/api/insights/slots")).waiting[0].reason, "Its plan waits for approval");
  // What took no time was no wait.
  while (Date.now() <= Date.parse(updated_at)) await new Promise((resolve) => setTimeout(resolve));
  await world.json(202, `/api/tasks/${id}/plan/approve`, { method: "POST" });
  (await world.nextRun()).finish();
  await world.until(id, ({ status }) => status === "completed");
  const { runs } = await world.json(200, "/api/insights/slots") as SlotsView;
  assertEquals(runs.map(({ waits }) => waits[0]?.for === "approval"), [false, true]);
});

Deno.test("GET /api/insights/activity tells what happened, the newest first, and how much by the hour", async () => {
  const { world, good, bad, after } = await filled();
  await using _ = world;
  const { hours, items, truncated } = await world.json(200, "/api/insights/activity") as ActivityView;
  assertEquals(items.map(({ task, kind, outcome }) => [task, kind, outcome]).reverse(), [
    ...[good, bad, after].map((id) => [id, "task.created", null]),
    [good, "run.finished", "succeeded"],
    [good, "task.completed", null],
    [bad, "run.finished", "failed"],
    [bad, "task.failed", null],
  ]);
  const counts = hours.reduce((sum, { counts }) => sum + Object.values(counts).reduce((a, b) => a + b, 0), 0);
  assertEquals([counts, truncated], [7, false]);
});

Deno.test("slots and activity keep to one repository, and slots to one model, when they are asked to", async () => {
  const { world, good, bad, after } = await filled();
  await using _ = world;
  const slots = async (query: string) => await world.json(200, `/api/insights/slots?${query}`) as SlotsView;
  const told = ({ runs, waiting, waiting_count }: SlotsView) => [
    runs.map(({ task, title }) => [task, title]),
    waiting.map(({ task }) => task),
    waiting_count,
  ];
  assertEquals(told(await slots("repo=repo")), [[[good, "=Good"], [bad, "Bad"]], [after], 1]);
  assertEquals(told(await slots("repo=other")), [[], [], 0]);
  // What waits has no model yet.
  assertEquals(told(await slots("model=played")), [[[good, "=Good"]], [after], 1]);
  const activity = async (query: string) => await world.json(200, `/api/insights/activity?${query}`) as ActivityView;
  assertEquals([(await activity("repo=repo")).items.length, (await activity("repo=other")).items.length], [7, 0]);
  const csv = await (await world.call("/api/insights/slots.csv?model=played")).text();
  assertEquals(csv.trimEnd().split("\r\n").length, 2);
});

Deno.test("the CSVs have a row for each, and no cell that a spreadsheet would compute", async () => {
  const { world, good } = await filled();
  await using _ = world;
  const rowsOf = async (name: string) => {
    const response = await world.call(`/api/insights/${name}.csv`);
    assertEquals(response.headers.get("content-type"), "text/csv; charset=utf-8");
    assertEquals(response.headers.get("content-disposition"), `attachment; filename="${name}.csv"`);
    return (await response.text()).trimEnd().split("\r\n").map((line) => line.split(","));
  };
  for (const [name, count] of [["days", 2], ["slots", 2], ["activity", 7]] as const) {
    const [head, ...rows] = await rowsOf(name);
    assertEquals(rows.length, count, name);
    assert(rows.every((row) => row.length === head!.length), name);
  }
  const [, first] = await rowsOf("slots");
  assertEquals(first!.slice(0, 2), [String(good), "'=Good"]);
});
