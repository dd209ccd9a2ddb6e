import { assert, assertEquals } from "@std/assert";
import type { NewEvent, TaskEvent } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask } from "../../core/domain/task.ts";
import { awaitingHistory, begun, completedHistory, dawn, events, failedHistory, fold, iso, taskOf } from "./world.ts";

const { created, claimed, placed, started, said, counted, finished, retryScheduled } = events;

Deno.test("evolve() takes what the submitter chose, and the moment", () => {
  const task = taskOf(created({ priority: 3, depends_on: [1, 2], base: "main" }));
  assertEquals(
    [task.id, task.seq, task.status, task.priority, task.depends_on, task.base, task.created_at, task.updated_at],
    [12, 1, "pending", 3, [1, 2], "main", iso(dawn), iso(dawn)],
  );
  assertEquals(task.prompt, { text: "Add a function that greets in French", seq: 1, whole: true });
});

Deno.test("evolve() follows a run from claim to completion", () => {
  const claim = taskOf(created(), claimed(1));
  assertEquals([claim.status, claim.run?.epoch, claim.run?.started_at], ["in_progress", 1, null]);
  const going = taskOf(...begun());
  assertEquals([going.place?.present, going.session_id, going.run?.pid], [true, "session-1", 4001]);
  const done = taskOf(...begun(), finished(1, "succeeded", "complete", { cost_usd: 0.25 }), events.completed("Merci"));
  assertEquals([done.status, done.run, done.ending, done.output?.text, done.cost_usd], [
    "completed",
    null,
    null,
    "Merci",
    0.25,
  ]);
  assertEquals(done.completed_at, iso(dawn + 6_000));
});

Deno.test("evolve() keeps started_at of the first run, and no completed_at while the task is not over", () => {
  const again = taskOf(...failedHistory(), retryScheduled(1, iso(dawn)), claimed(2, 1));
  assertEquals([again.started_at, again.completed_at], [iso(dawn + 1_000), null]);
});

Deno.test("evolve() lets a retry that was asked for resolve the base anew, an automatic one not", () => {
  const automatic = taskOf(...failedHistory().slice(0, -1), retryScheduled(2, iso(dawn)));
  assertEquals([automatic.place?.base_commit, automatic.attempts, automatic.session_id], ["a".repeat(40), 1, null]);
  const asked = taskOf(...failedHistory(), retryScheduled(1, iso(dawn)));
  assertEquals([asked.place?.base_commit, asked.attempts, asked.session_id, asked.error], ["", 0, null, null]);
  assertEquals(asked.next, { kind: "fresh" });
});

Deno.test("evolve() goes on in the session of an interrupted run once it exists, else begins anew", () => {
  assertEquals(taskOf(created(), claimed(1), placed(1), started(1), finished(1, "lost", "resume")).next, {
    kind: "fresh",
  });
  assertEquals(taskOf(...begun(), finished(1, "lost", "resume")).next, {
    kind: "resume",
    because: "interrupted",
    seq: null,
  });
});

Deno.test("evolve() does not forget an approval when the run after it is interrupted before its agent speaks", () => {
  const approved = [...awaitingHistory(), events.planApproved()];
  const next = { kind: "resume" as const, because: "approved" as const, seq: approved.length };
  assertEquals(taskOf(...approved).next, next);
  assertEquals(taskOf(...approved, claimed(2, 1), started(2, true), finished(2, "lost", "resume")).next, next);
});

Deno.test("evolve() begins with the plan again when a retry is asked for, and keeps an approved one for the next attempt", () => {
  const approved = [...awaitingHistory(), events.planApproved(), claimed(2, 1), finished(2, "failed", "settle")];
  assertEquals(taskOf(...approved).mode, "execute");
  const automatic = taskOf(...approved, retryScheduled(2, iso(dawn)));
  assertEquals([automatic.mode, automatic.plan?.text], ["execute", "First this, then that"]);
  const asked = taskOf(...approved, events.failed(), retryScheduled(1, iso(dawn)));
  assertEquals([asked.mode, asked.plan], ["plan", null]);
  const unapproved = taskOf(
    ...awaitingHistory().slice(0, -1),
    finished(1, "failed", "settle"),
    retryScheduled(2, iso(dawn)),
  );
  assertEquals([unapproved.mode, unapproved.plan], ["plan", null]);
});

Deno.test("evolve() makes a completed task pending again by a message, in its worktree and session", () => {
  const task = taskOf(...completedHistory(), events.messageAdded());
  assertEquals([task.status, task.messages, task.completed_at], ["pending", [8], null]);
  assertEquals(task.next, { kind: "resume", because: "message", seq: null });
  assertEquals([task.place?.present, task.session_id], [true, "session-1"]);
});

Deno.test("evolve() counts tokens while a run goes and replaces them by its own total at its end", () => {
  const going = taskOf(...begun(), counted(1, 100), counted(1, 50));
  assertEquals(going.usage, { input_tokens: 20, output_tokens: 150, cache_read_tokens: 2, cache_write_tokens: 4 });
  const usage = { input_tokens: 25, output_tokens: 160, cache_read_tokens: 3, cache_write_tokens: 5 };
  const first = [...begun(), counted(1, 100), finished(1, "shutdown", "resume", { usage, cost_usd: 0.5 })];
  assertEquals(taskOf(...first).usage, usage);
  const second = taskOf(...first, claimed(2, 1), counted(2, 40), finished(2, "lost", "resume", { cost_usd: 0.25 }));
  assertEquals([second.usage.output_tokens, second.cost_usd], [200, 0.75], "without a total the counted ones stay");
});

Deno.test("evolve() shows the last step in one line", () => {
  const tool: NewEvent = {
    type: "output.tool_use",
    data: { id: "t1", name: "Bash", summary: "deno   test\n --fail-fast", input: {} },
  };
  assertEquals(taskOf(...begun(), tool).last_step, "Bash deno test --fail-fast");
  assertEquals(taskOf(...begun(), tool, said(1, " \n ")).last_step, "Bash deno test --fail-fast", "nothing was said");
});

Deno.test("evolve() never cuts a surrogate pair in two", () => {
  for (let before = 0; before < 4; before++) {
    const text = "a".repeat(before) + "😀".repeat(400);
    const task = taskOf(
      created({ prompt: text }),
      claimed(1),
      said(1, text),
      finished(1, "failed", "settle", { error: text }),
    );
    for (const part of [task.prompt.text, task.error!.text, task.last_step!]) assert(part.isWellFormed());
    assert(task.prompt.text.length >= 499 && !task.prompt.whole);
  }
  // Collapsed spaces bring the far end of the text into the step.
  for (const spaces of [637, 638, 639]) {
    assert(taskOf(...begun(), said(1, `a${" ".repeat(spaces)}😀😀`)).last_step!.isWellFormed());
  }
});

Deno.test("evolve() keeps a long text as an excerpt that points to the event with the whole", () => {
  const long = "p".repeat(501);
  const task = taskOf(created({ prompt: "p".repeat(500) }), events.edited({ prompt: long }));
  assertEquals(task.prompt, { text: "p".repeat(500), seq: 2, whole: false });
  assertEquals(taskOf(created({ prompt: "p".repeat(500) })).prompt.whole, true);
});

Deno.test("evolve() points to the run's end for an error that is too long for the head", () => {
  const long = "e".repeat(900);
  const task = taskOf(
    ...begun(),
    finished(1, "failed", "settle", { error: long }),
    events.failed(`${"e".repeat(500)}…`),
  );
  assertEquals(task.error, { text: "e".repeat(500), seq: 6, whole: false });
  const short = taskOf(...begun(), finished(1, "failed", "settle", { error: "No" }), events.failed("No"));
  assertEquals(short.error, { text: "No", seq: 7, whole: true });
});

Deno.test("evolve() moves only seq and updated_at for a type it does not know", () => {
  const before = taskOf(...begun());
  const unknown = { seq: 6, type: "moon.risen", at: iso(dawn + 9e6), task: 12, v: 1, data: { status: "completed" } };
  assertEquals(evolve(before, unknown as unknown as TaskEvent), { ...before, seq: 6, updated_at: unknown.at });
});

Deno.test("evolve() moves only seq and updated_at for a newer version of a type it knows", () => {
  const before = taskOf(...begun());
  const newer = { seq: 6, type: "task.completed", at: iso(dawn + 9e6), task: 12, v: 2, data: { outcome: "great" } };
  assertEquals(evolve(before, newer as unknown as TaskEvent), { ...before, seq: 6, updated_at: newer.at });
});

Deno.test("evolve() changes nothing for events of task 0 but seq and updated_at", () => {
  const log: NewEvent[] = [
    { type: "service.started", data: { worker: "w", name: "laptop", version: "0.1.0", agent: "demo", pid: 1 } },
    { type: "service.paused", data: { worker: "w", reason: "401", until: null } },
  ];
  const service = fold(log.map((draft, index) => ({
    ...draft,
    seq: index + 1,
    at: iso(dawn),
    task: 0,
    v: 1,
  } as TaskEvent)));
  assertEquals(service, { ...emptyTask(0), seq: 2, updated_at: iso(dawn) });
});
