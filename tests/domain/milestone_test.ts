import { assertEquals } from "@std/assert";
import { DayCount, judged, totalOf } from "../../core/domain/day_sums.ts";
import { type EventData, type EventType, type TaskEvent, versionOf } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { claimableAt, type Milestone, milestoneOf, type RunMilestone } from "../../core/domain/milestone.ts";
import { emptyTask, type Task } from "../../core/domain/task.ts";
import { noUsage } from "../../core/domain/usage.ts";
import { dawn, spec, why, worker } from "./world.ts";

const usage = { input_tokens: 10, output_tokens: 20, cache_read_tokens: 30, cache_write_tokens: 40 };
const claim = { worker, epoch: 1, attempt: 1, mark: "m", why };
const end: EventData["run.finished"] = {
  ...{ outcome: "succeeded", then: "complete", exit_code: 0, signal: null, result: "done", usage, cost_usd: 0.5 },
  ...{ duration_ms: 1, error: null, uncommitted: 0, lines_added: 1, lines_removed: 0 },
};

type Step = { [T in EventType]: [type: T, data: EventData[T]] }[EventType];

/** The events of task 1, a minute apart, and the milestones that they are. */
function told(...steps: Step[]): { task: Task; milestones: [at: string, Milestone][] } {
  let task = emptyTask(1);
  const milestones: [string, Milestone][] = [];
  for (const [index, [type, data]] of steps.entries()) {
    const at = new Date(dawn + index * 60_000).toISOString();
    const rest = { at, task: 1, run: type.startsWith("run.") ? 1 : undefined, v: versionOf(type) };
    const event = { seq: index + 1, type, data, ...rest } as TaskEvent;
    const milestone = milestoneOf(task, event);
    if (milestone) milestones.push([at, milestone]);
    task = evolve(task, event);
  }
  return { task, milestones };
}

const minute = (count: number) => new Date(dawn + count * 60_000).toISOString();
const begun: Step[] = [["task.created", spec({ model: "opus" })], ["run.claimed", claim]];
const agentReady: Step = ["agent.ready", { model: "claude-opus-4-8", session_id: "s", version: "2" }];

Deno.test("milestoneOf() tells a run by its end: when it waited and worked, with which model, what it used and cost", () => {
  const { milestones } = told(...begun, agentReady, ["run.finished", end], ["task.completed", { output: "done" }]);
  assertEquals(milestones.map(([at, { type }]) => [at, type]), [
    [minute(0), "task.created"],
    [minute(3), "run.finished"],
    [minute(4), "task.completed"],
  ]);
  assertEquals(milestones[1]![1], {
    ...{ type: "run.finished", repo: "demo", run: 1, attempt: 1, worker },
    ...{ queued_at: minute(0), claimed_at: minute(1), started_at: null, outcome: "succeeded", then: "complete" },
    ...{ model: "claude-opus-4-8", asked_model: "opus", usage, cost_usd: 0.5, cost_basis: "reported" },
  });
});

Deno.test("milestoneOf() gives a run only what it used itself, and when it was put back what it waited for", () => {
  const { milestones } = told(
    ...begun,
    ["run.finished", { ...end, outcome: "failed", then: "settle" }],
    ["task.retry_scheduled", { due_at: minute(10), attempt: 2, reason: "failed" }],
    ["run.claimed", { ...claim, epoch: 2, attempt: 2, ready_at: minute(2) }],
    ["usage.counted", { ...noUsage, output_tokens: 7, message_id: "1" }],
    ["run.finished", { ...end, usage: null, outcome: "lost", cost_usd: 0, cost_basis: "unknown" }],
  );
  const run = milestones.at(-1)![1] as RunMilestone;
  assertEquals(run.usage, { ...noUsage, output_tokens: 7 });
  assertEquals([run.queued_at, run.due_at, run.ready_at], [minute(3), minute(10), minute(2)]);
  assertEquals(claimableAt({ ...run, claimed_at: minute(20) }), Date.parse(minute(10)));
  // A claim is never before what it waited for, whatever the clocks say.
  assertEquals(claimableAt(run), Date.parse(minute(4)));
});

Deno.test("milestoneOf() has nothing to say of what an agent says, and of the service", () => {
  const { task } = told(...begun);
  const event = { seq: 3, at: minute(3), task: 1, v: 1, type: "output.text", data: { text: "Hello" } } as TaskEvent;
  assertEquals(milestoneOf(task, event), null);
  const message = { type: "message.added", data: { text: "Hello" }, seq: 1, at: minute(3), task: 0, v: 1 } as TaskEvent;
  assertEquals(milestoneOf(emptyTask(0), message), null);
});

Deno.test("milestoneOf() has nothing to say of an imported history: it happened elsewhere", () => {
  const imported = { store: "s", task: 7, sha256: "0", at: minute(9) } as never;
  const { milestones } = told(
    ["task.created", spec({ imported })],
    ["run.claimed", claim],
    ["run.finished", end],
    ["task.completed", { output: "done" }],
  );
  assertEquals(milestones, []);
});

Deno.test("DayCount sums by repository and model, and totalOf() sums those", () => {
  const count = new DayCount();
  const { milestones } = told(...begun, agentReady, ["run.finished", end], ["task.completed", { output: "done" }]);
  for (const [at, milestone] of milestones) count.add(milestone, at);
  const run = milestones[1]![1] as RunMilestone;
  count.add({ ...run, outcome: "check_failed", check: "failed", cost_basis: "estimated" }, minute(5));
  count.add({ ...run, outcome: "lost", repo: "other", model: undefined, cost_basis: "unknown" }, minute(5));
  count.add({ type: "landing.finished", repo: "demo", outcome: "conflict" }, minute(6));
  const sums = count.sums();
  assertEquals(sums.map(({ repo, model }) => [repo, model]), [
    ["demo", "claude-opus-4-8"],
    ["demo", null],
    ["other", "opus"],
  ]);
  const total = totalOf(sums);
  assertEquals(judged(total), { good: 1, bad: 1, interrupted: 1 });
  assertEquals([total.cost_usd, total.estimated_usd, total.unpriced], [1.5, 0.5, 1]);
  assertEquals(total.usage.output_tokens, 60);
  assertEquals([total.checks, total.landings], [{ passed: 0, failed: 1 }, { landed: 0, other: 1 }]);
  assertEquals(total.tasks, { created: 1, completed: 1, failed: 0, cancelled: 0 });
  // A minute in the queue; two and four minutes of work.
  assertEquals([total.wait_ms, total.run_ms], [{ 24: 3 }, { 28: 1, 32: 2 }]);
});

Deno.test("DayCount leaves out trials of a repository", () => {
  const count = new DayCount();
  count.add({ type: "task.created", repo: "demo", trial: true }, minute(0));
  assertEquals(count.sums(), []);
});
