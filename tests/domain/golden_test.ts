// Every event that was ever written must stay readable: tests/fixtures/events.ndjson has an example of each type at each
// version. Lines are added there, never changed.

import { assertEquals } from "@std/assert";
import { type EventType, type TaskEvent, versionOf } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask, type Task } from "../../core/domain/task.ts";
import { upcast } from "../../core/domain/upcast.ts";

const golden = (await Deno.readTextFile(new URL("../fixtures/events.ndjson", import.meta.url))).trimEnd().split("\n")
  .map((line) => JSON.parse(line) as TaskEvent);

/** A type that is missing here does not compile; one that is here needs its examples. */
const everyType: Record<EventType, true> = {
  "task.created": true,
  "task.edited": true,
  "task.cancel_requested": true,
  "task.moved": true,
  "run.claimed": true,
  "worktree.added": true,
  "worktree.moved": true,
  "files.included": true,
  "ports.reserved": true,
  "sandbox.applied": true,
  "setup.started": true,
  "setup.output": true,
  "setup.finished": true,
  "check.started": true,
  "check.output": true,
  "check.finished": true,
  "cleanup.started": true,
  "cleanup.output": true,
  "cleanup.finished": true,
  "followup.sent": true,
  "run.started": true,
  "agent.ready": true,
  "output.text": true,
  "output.thinking": true,
  "output.tool_use": true,
  "output.tool_result": true,
  "run.silent": true,
  "run.silence_ended": true,
  "output.notice": true,
  "output.stderr": true,
  "output.raw": true,
  "usage.counted": true,
  "todos.changed": true,
  "background.changed": true,
  "git_folder.restored": true,
  "work.strayed": true,
  "plan.proposed": true,
  "plan.approved": true,
  "plan.rejected": true,
  "message.added": true,
  "message.sent": true,
  "run.finished": true,
  "worktree.snapshotted": true,
  "worktree.removed": true,
  "worktree.kept": true,
  "snapshot.removed": true,
  "raw_log.removed": true,
  "task.retry_scheduled": true,
  "task.completed": true,
  "task.failed": true,
  "task.cancelled": true,
  "task.accepted": true,
  "task.discarded": true,
  "work.saved": true,
  "files.kept": true,
  "work.committed": true,
  "work.exchanged": true,
  "work.left": true,
  "merge.started": true,
  "comment.added": true,
  "comment.edited": true,
  "comment.deleted": true,
  "comment.resolved": true,
  "landing.requested": true,
  "landing.integrated": true,
  "landing.finished": true,
  "branch.pushed": true,
  "pull_request.opened": true,
  "pull_request.changed": true,
  "service.started": true,
  "service.stopped": true,
  "service.paused": true,
  "service.resumed": true,
  "service.draining": true,
  "service.slots_changed": true,
  "service.noticed": true,
  "schedule.created": true,
  "schedule.changed": true,
  "schedule.fired": true,
  "schedule.held": true,
  "schedule.skipped": true,
  "schedule.deleted": true,
  "webhook.created": true,
  "webhook.changed": true,
  "webhook.ended": true,
  "webhook.deleted": true,
  "github.connected": true,
  "github.disconnected": true,
  "token.created": true,
  "token.revoked": true,
  "repository.added": true,
  "repository.removed": true,
};

Deno.test("the golden events have an example of every type at every version", () => {
  const examples = new Set(golden.map(({ type, v }) => `${type}@${v}`));
  const missing: string[] = [];
  for (const type of Object.keys(everyType) as EventType[]) {
    for (let v = 1; v <= versionOf(type); v++) if (!examples.has(`${type}@${v}`)) missing.push(`${type}@${v}`);
  }
  assertEquals(missing, []);
});

Deno.test("upcast() lifts every golden event to the version of today", () => {
  for (const event of golden.map(upcast)) assertEquals(event.v, versionOf(event.type), event.type);
});

/** The states of a task, one after each of its events. */
function moments(task: number): Task[] {
  let head = emptyTask(task);
  return golden.filter((event) => event.task === task).map((event) => head = evolve(head, upcast(event)));
}

Deno.test("evolve() reads the golden history as it was meant when it was written", () => {
  const history = moments(1);
  const statuses = history.map(({ status }) => status);
  assertEquals(statuses.filter((status, index) => status !== statuses[index - 1]), [
    "pending",
    "in_progress",
    "awaiting_approval",
    "pending",
    "in_progress",
    "awaiting_approval",
    "pending",
    "in_progress",
    "pending",
    "in_progress",
    "failed",
    "pending",
    "in_progress",
    "completed",
    "pending",
    "cancelled",
  ]);
  const failed = history.find(({ status }) => status === "failed")!;
  assertEquals([failed.attempts, failed.outcome, failed.error?.text], [2, "timed_out", "Time limit of 1800 s reached"]);
  assertEquals([failed.cost_usd, failed.usage.output_tokens, failed.lines_added], [0.5, 22, 12]);
  assertEquals([failed.place?.present, failed.priority, failed.base], [true, 9, "main"]);
  const last = history.at(-1)!;
  assertEquals([last.seq, last.status, last.epoch, last.messages, last.cancel_requested], [
    41,
    "cancelled",
    5,
    [39],
    false,
  ]);
  assertEquals(last.completed_at, last.updated_at);
});

Deno.test("evolve() folds the golden events of the service too", () => {
  const history = moments(0);
  assertEquals(history[6]!.automation, null);
  const held = history[10]!.automation!.schedules[0]!;
  assertEquals([held.name, held.held_at, held.next_at], [
    "Mondays",
    "2026-12-21T05:00:00.000Z",
    "2026-12-28T05:00:00.000Z",
  ]);
  const { automation, seq } = history.at(-1)!;
  const { schedules, webhooks, github } = automation!;
  assertEquals([seq, schedules.length, automation!.last_schedule, automation!.last_webhook], [26, 1, 2, 2]);
  assertEquals([schedules[0]!.template, schedules[0]!.last_task, schedules[0]!.next_at], [
    8,
    10,
    "2027-01-04T05:00:00.000Z",
  ]);
  assertEquals(schedules[0]!.recent.map(({ task, reason }) => [task, reason]), [
    [null, "Its task 10 is in progress"],
    [10, null],
  ]);
  assertEquals(webhooks.map(({ name, enabled, events, ended }) => [name, enabled, events, ended?.reason]), [
    ["Team", false, ["task.failed"], "Its receiver answered 410 Gone"],
  ]);
  assertEquals([github?.label, github?.token], ["agent", null]);
  assertEquals(moments(10).at(-1)!.origin?.kind, "schedule");
  assertEquals(history.slice(-3).map(({ repositories }) => repositories?.map(({ name }) => name)), [
    undefined,
    ["shop"],
    [],
  ]);
});

Deno.test("evolve() counts no run that was cut short before its agent began, and finds a place that was put back", () => {
  const [, cutShort, , restored] = moments(3);
  assertEquals([cutShort!.status, cutShort!.interruptions, cutShort!.attempts], ["pending", 0, 0]);
  assertEquals([restored!.place?.present, restored!.place?.branch], [true, "task-3-fix"]);
});

Deno.test("evolve() knows what the repository's own commands said of a task", () => {
  const history = moments(5);
  assertEquals([history[7]!.place?.ready, history[7]!.last_setup?.outcome, history[7]!.port], [true, "passed", 24_010]);
  assertEquals([history[10]!.run?.step, history[10]!.aside?.ref], ["check", "refs/coder/task-4/aside-1"]);
  const last = history.at(-1)!;
  assertEquals([last.check, last.last_check?.outcome, last.aside, last.ending?.outcome], [
    "npm test",
    "failed",
    null,
    "check_failed",
  ]);
});

Deno.test("evolve() knows since when an agent is silent, until it speaks", () => {
  const history = moments(9).slice(0, 6);
  assertEquals(history.map(({ run }) => run?.silent_since ?? null), [
    null,
    null,
    null,
    "2026-11-30T11:03:00.000Z",
    null,
    "2026-11-30T11:05:00.000Z",
  ]);
  // As it was before: a head that says "not silent" is the one that never was.
  assertEquals(history[4]!.run, history[2]!.run);
  assertEquals(history[0]!.silence_seconds, 3_600);
});

Deno.test("evolve() keeps the agent's own list, and another session begins with an empty one", () => {
  const lists = moments(9).slice(6, 8).map(({ todos }) => todos.map(({ id, text, status }) => [id, text, status]));
  assertEquals(lists, [
    [["1", "Write the test", "pending"], ["2", "Add the flag", "pending"]],
    [["1", "Write the test", "completed"], ["3", "Document it", "pending"]],
  ]);
  const last = { ...moments(9)[7]!, session_id: "s" };
  const ready = (session_id: string) => {
    const event = golden.find(({ type }) => type === "agent.ready")!;
    return evolve(last, { ...event, data: { ...event.data, session_id } } as TaskEvent).todos.length;
  };
  assertEquals([ready("s"), ready("other")], [2, 0]);
});
