import { assertEquals } from "@std/assert";
import type { TaskEvent } from "../../../core/domain/event.ts";
import { stagesOf } from "../../../islands/task/stages.ts";
import { begun, history, type Sample, viewOf } from "../sample_events.ts";

function stages(events: TaskEvent[]) {
  return stagesOf(viewOf(events), { events, now: 0 });
}

/** What is said to have happened, and what is. */
function told(events: TaskEvent[]): string[] {
  return stages(events).filter(({ phase }) => phase !== "next").map(({ name }) => name);
}

const failed: Sample = ["run.finished", { outcome: "failed", then: "settle", error: "There is no branch nowhere" }];
const [created, claimed, worktree, started, ready] = begun as [Sample, Sample, Sample, Sample, Sample];

/** Events from index `from` on are of run 2. */
function secondRun(events: TaskEvent[], from: number): TaskEvent[] {
  return events.map((event, index) => {
    if (index < from) return event;
    const next = { ...event, run: 2 };
    return next.type === "run.claimed" ? { ...next, data: { ...next.data, epoch: 2 } } : next;
  });
}

Deno.test("stagesOf() tells the life so far at any event", () => {
  const events = history(...begun, ["run.finished"], ["task.completed"]);
  const at = (seq: number) => stages(events.slice(0, seq)).find(({ phase }) => phase === "now")?.name;
  assertEquals([1, 2, 3, 5, 6, 7].map(at), ["Queued", "Preparing", "Preparing", "Running", "Finishing", "Completed"]);
  assertEquals(told(events), ["Created", "Claimed", "Worktree", "Ran", "Completed"]);
});

Deno.test("stagesOf() shows neither worktree nor agent of a run whose base was not there", () => {
  const events = history(created, claimed, failed, ["task.failed", { error: "There is no branch nowhere" }]);
  assertEquals(told(events), ["Created", "Claimed", "Failed"]);
  assertEquals(told(events.slice(0, 3)), ["Created", "Claimed", "Finishing"]);
});

Deno.test("stagesOf() says of a second run what it did, not what the first one did", () => {
  const first = [...begun, failed, ["worktree.removed", { reason: "saved" }], ["task.retry_scheduled", {
    due_at: "2026-03-01T10:00:20.000Z",
    attempt: 2,
    reason: "failed",
  }]] as Sample[];
  const events = secondRun(history(...first, claimed, failed, ["task.failed", { error: "no" }]), first.length);
  assertEquals(told(events.slice(0, first.length + 1)), ["Created", "Claimed", "Preparing"]);
  assertEquals(told(events), ["Created", "Claimed", "Failed"]);
});

Deno.test("stagesOf() counts no time of the worktree that a run goes on in, and the run as preparing until its agent starts", () => {
  const first = [...begun, ["run.finished", { then: "resume", outcome: "shutdown" }]] as Sample[];
  const events = secondRun(history(...first, claimed, started, ready), first.length);
  assertEquals(told(events.slice(0, first.length + 1)), ["Created", "Worktree", "Claimed", "Preparing"]);
  assertEquals(told(events), ["Created", "Worktree", "Claimed", "Running"]);
  const [, kept] = stages(events);
  assertEquals([kept?.name, kept?.at, kept?.detail], ["Worktree", null, "kept"]);
});

Deno.test("stagesOf() has agent and check each begin where it began", () => {
  const command = { command: "npm test", timeout_seconds: 600 };
  const passed = { outcome: "passed" as const, exit_code: 0, signal: null, duration_ms: 180_000 };
  const judged = { round: 1, commit: "0a0a7265" };
  const events = history(
    ...begun,
    ["check.started", { ...command, ...judged, uncommitted: 0 }, 57_000],
    ["check.finished", { ...passed, ...judged }, 180_000],
    ["run.finished"],
    ["task.completed"],
  );
  const since = (seq: number) =>
    stages(events.slice(0, seq)).map(({ name, at }) => `${name} ${at?.slice(11, 19) ?? ""}`.trim()).slice(3);
  assertEquals(since(6), ["Ran 10:00:03", "Check 10:01:01", "Finished"]);
  assertEquals(since(7), ["Ran 10:00:03", "Checked 10:01:01", "Finishing 10:04:01", "Finished"]);
  assertEquals(since(9), ["Ran 10:00:03", "Checked 10:01:01", "Completed 10:04:03"]);
});

Deno.test("stagesOf() tells the setup apart from what is prepared before and after it", () => {
  const events = history(
    created,
    claimed,
    worktree,
    ["setup.started", { command: "npm ci", timeout_seconds: 600 }],
    ["setup.finished", { outcome: "passed", exit_code: 0, signal: null, duration_ms: 1_000 }],
    started,
  );
  const now = (seq: number) => stages(events.slice(0, seq)).find(({ phase }) => phase === "now");
  assertEquals([3, 4, 5, 6].map((seq) => now(seq)?.name), ["Preparing", "Setup", "Preparing", "Running"]);
  assertEquals([3, 5].map((seq) => now(seq)?.at), [events[2]!.at, events[4]!.at]);
});

Deno.test("stagesOf() leaves out what it does not know", () => {
  const known = history(created, claimed, worktree);
  const task = { ...viewOf(history(...begun)), runs: 3, last_step: "Bash npm test" };
  assertEquals(
    stagesOf(task, { events: known, now: 0 }).map(({ name, phase }) => `${name} ${phase}`),
    ["Created past", "Worktree past", "Claimed past", "Running now", "Finished next"],
  );
});
