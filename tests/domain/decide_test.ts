import { assertEquals, assertThrows } from "@std/assert";
import type { Command } from "../../core/domain/command.ts";
import { decide } from "../../core/domain/decide.ts";
import { DomainError } from "../../core/domain/error.ts";
import type { NewEvent, Outcome } from "../../core/domain/event.ts";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import { retryDelayMs } from "../../core/domain/retry.ts";
import type { Status } from "../../core/domain/task.ts";
import {
  awaitingHistory,
  begun,
  completedHistory,
  dawn,
  events,
  failedHistory,
  given,
  iso,
  runEnd,
  spec,
  taskOf,
  why,
  worker,
} from "./world.ts";

const {
  created,
  claimed,
  placed,
  said,
  started,
  cutShort,
  finished,
  snapshotted,
  removed,
  retryScheduled,
  completed,
  failed,
  cancelled,
  cancelRequested,
  messageAdded,
  messageSent,
  planApproved,
  planProposed,
  planRejected,
} = events;

const claim: Command = { type: "claim", worker, mark: "mark", why };
const cancel: Command = { type: "cancel" };
const retry: Command = { type: "retry" };
const message: Command = { type: "add_message", text: "And in Spanish" };
const approve: Command = { type: "approve_plan" };
const reject: Command = { type: "reject_plan", feedback: "Smaller steps" };
const edit: Command = { type: "edit", changes: { priority: 5 }, seq: null };
const settle: Command = { type: "settle" };
const finish = (run: number, outcome: Outcome, changes = {}): Command => ({
  type: "finish_run",
  run,
  end: runEnd(outcome, changes),
});

// The table of DESIGN, "Tasks, scheduler, leases": what is not listed is refused with a conflict and writes nothing.

const requests = { edit, cancel, message, approve, reject, retry };
type Request = keyof typeof requests;

const table: { state: string; history: NewEvent[]; status: Status; takes: Request[]; ignores?: Request[] }[] = [
  { state: "pending", history: [created()], status: "pending", takes: ["edit", "cancel"] },
  {
    state: "pending after an interruption",
    history: [...begun(), finished(1, "shutdown", "resume")],
    status: "pending",
    takes: ["edit", "cancel"],
  },
  {
    state: "pending and due later",
    history: [...failedHistory().slice(0, -1), retryScheduled(2, iso(dawn + 1e9))],
    status: "pending",
    takes: ["edit", "cancel"],
  },
  {
    state: "pending after an approval",
    history: [...awaitingHistory(), planApproved()],
    status: "pending",
    takes: ["edit", "cancel"],
  },
  {
    state: "pending and being cancelled",
    history: [...begun(), finished(1, "shutdown", "resume"), cancelRequested()],
    status: "pending",
    takes: [],
    ignores: ["cancel"],
  },
  { state: "claimed", history: [created(), claimed(1)], status: "in_progress", takes: ["cancel", "message"] },
  { state: "running", history: [...begun(), said(1)], status: "in_progress", takes: ["cancel", "message"] },
  {
    state: "running and being cancelled",
    history: [...begun(), cancelRequested()],
    status: "in_progress",
    takes: [],
    ignores: ["cancel"],
  },
  {
    state: "being put away after its run",
    history: [...begun(), finished(1, "failed", "settle")],
    status: "in_progress",
    takes: ["cancel"],
  },
  {
    state: "awaiting approval",
    history: awaitingHistory(),
    status: "awaiting_approval",
    takes: ["approve", "reject", "cancel"],
  },
  {
    state: "awaiting approval and being cancelled",
    history: [...awaitingHistory(), cancelRequested()],
    status: "awaiting_approval",
    takes: [],
    ignores: ["cancel"],
  },
  { state: "completed", history: completedHistory(), status: "completed", takes: ["message", "retry"] },
  {
    state: "completed, and its worktree is gone",
    history: [...completedHistory(), removed()],
    status: "completed",
    takes: ["retry"],
  },
  { state: "failed", history: failedHistory(), status: "failed", takes: ["message", "retry"] },
  {
    state: "cancelled",
    history: [created(), cancelRequested(), cancelled()],
    status: "cancelled",
    takes: ["message", "retry"],
    ignores: ["cancel"],
  },
];

for (const { state, history, status, takes, ignores = [] } of table) {
  Deno.test(`decide() when ${state} takes ${takes.join(", ") || "nothing"} and refuses the rest`, () => {
    const task = taskOf(...history);
    assertEquals(task.status, status);
    for (const name of Object.keys(requests) as Request[]) {
      if (takes.includes(name)) assertEquals(decide(requests[name], task, dawn).length > 0, true, name);
      else if (ignores.includes(name)) given(...history).when(requests[name]).then();
      else given(...history).when(requests[name]).thenRefused("conflict", "task 12: it is");
    }
  });
}

Deno.test("decide() needs a task for everything but create", () => {
  given().when({ type: "create", spec: spec() }).then(created());
  for (const command of [...Object.values(requests), claim, settle, finish(1, "succeeded")]) {
    given().when(command).thenRefused("not_found", "no such task");
  }
});

Deno.test("decide() names action, task and state when it refuses", () => {
  given(...completedHistory()).when(edit)
    .thenRefused(
      "conflict",
      "Cannot edit task 12: it is completed; only a pending task can be edited, apart from its tags",
    );
  given(created()).when(approve).thenRefused("conflict", "Cannot approve the plan of task 12: it is pending");
  given(...begun(), cancelRequested()).when(message)
    .thenRefused("conflict", "Cannot send a message to task 12: it is being cancelled");
});

// Edit

Deno.test("edit writes the changes, and nothing when there are none", () => {
  given(created()).when(edit).then(events.edited({ priority: 5 }));
  given(created()).when({ type: "edit", changes: {}, seq: 1 }).then();
});

Deno.test("tags can be edited in any state, and nothing else with them once the task is not pending", () => {
  const tagged: Command = { type: "edit", changes: { tags: ["web"] }, seq: null };
  for (const history of [[created()], begun(), completedHistory()]) {
    given(...history).when(tagged).then(events.edited({ tags: ["web"] }));
  }
  given(...completedHistory()).when({ ...tagged, changes: { tags: [], priority: 1 } })
    .thenRefused(
      "conflict",
      "Cannot edit task 12: it is completed; only a pending task can be edited, apart from its tags",
    );
});

Deno.test("move gives a pending task its place, once; any other task has none", () => {
  const move = { type: "move", order: 3.5, before: 4 } as const;
  const moved = { type: "task.moved", data: { order: 3.5, before: 4 } } as const;
  given(created()).when(move).then(moved);
  given(created(), moved).when(move).then();
  const words = "Cannot move task 12: it is completed; only a pending task has a place in the queue";
  given(...completedHistory()).when(move).thenRefused("conflict", words);
  given(...begun()).when(move).thenRefused("conflict", words.replace("completed", "in progress"));
});

Deno.test("another priority takes the place that a task was given; other edits leave it", () => {
  const moved = { type: "task.moved", data: { order: -1 } } as const;
  const orderAfter = (changes: Partial<TaskSpec>) => taskOf(created(), moved, events.edited(changes)).order;
  assertEquals([orderAfter({ priority: 5 }), orderAfter({ title: "New" }), orderAfter({ priority: 0 })], [
    null,
    -1,
    -1,
  ]);
});

Deno.test("edit is refused when the caller saw another version", () => {
  given(created(), events.edited({ priority: 1 })).when({ type: "edit", changes: { priority: 5 }, seq: 1 })
    .thenRefused("precondition_failed", "it is at version 2, not 1");
  given(created(), events.edited({ priority: 1 })).when({ type: "edit", changes: { priority: 5 }, seq: 2 })
    .then(events.edited({ priority: 5 }));
});

Deno.test("edit keeps repository and base once the task has a place, and says so", () => {
  const resumable = [...begun(), finished(1, "shutdown", "resume")];
  given(...resumable).when({ type: "edit", changes: { repo: "other" }, seq: null })
    .thenRefused("conflict", "Cannot change repo of task 12");
  given(...resumable).when({ type: "edit", changes: { base: "main" }, seq: null })
    .thenRefused("conflict", "Cannot change base of task 12");
  given(...resumable).when({ type: "edit", changes: { repo: "demo", title: "New" }, seq: null })
    .then(events.edited({ repo: "demo", title: "New" }));
});

// Cancel

Deno.test("cancel of a task with nothing on disk ends it at once", () => {
  given(created()).when(cancel).then(cancelRequested(), cancelled());
  given(...failedHistory().slice(0, -1), retryScheduled(2, iso(dawn + 1e9))).when(cancel)
    .then(cancelRequested(), cancelled());
});

Deno.test("cancel of a task with a run, a worktree or an ending only asks for it, so that a crash cannot forget it", () => {
  given(...begun()).when(cancel).then(cancelRequested());
  given(created(), claimed(1)).when(cancel).then(cancelRequested());
  given(...begun(), finished(1, "shutdown", "resume")).when(cancel).then(cancelRequested());
  given(...begun(), finished(1, "failed", "settle")).when(cancel).then(cancelRequested());
  given(created(), claimed(1), finished(1, "failed", "settle")).when(cancel).then(cancelRequested());
  given(...awaitingHistory()).when(cancel).then(cancelRequested());
});

Deno.test("cancel that loses to a claim is decided again on the running task", () => {
  given(created(), claimed(1)).when(cancel).then(cancelRequested());
});

Deno.test("cancel loses to a good result that came first", () => {
  given(...begun(), cancelRequested()).when(finish(1, "succeeded"))
    .then(finished(1, "succeeded", "complete"), completed());
});

Deno.test("cancel wins over a plan, an interruption and a failure", () => {
  for (const outcome of ["planned", "shutdown", "paused", "lost", "cancelled", "failed"] as const) {
    given(...begun(1, { max_attempts: 9 }), cancelRequested()).when(finish(1, outcome))
      .then(finished(1, outcome, "settle"));
    given(...begun(1, { max_attempts: 9 }), cancelRequested(), finished(1, outcome, "settle")).when(settle)
      .then(cancelled());
  }
});

// Claim

Deno.test("claim opens the next run and keeps why", () => {
  given(created()).when(claim).then({
    type: "run.claimed",
    run: 1,
    data: { worker, epoch: 1, attempt: 1, mark: "mark", why },
  });
});

Deno.test("claim takes a pending task only, and not before it is due", () => {
  given(...begun()).when(claim).thenRefused("conflict", "Cannot claim task 12: it is in progress");
  given(...completedHistory()).when(claim).thenRefused("conflict", "it is completed");
  given(...begun(), finished(1, "shutdown", "resume"), cancelRequested()).when(claim).thenRefused("conflict", "Cannot");
  const due = dawn + 60_000;
  const waiting = [...failedHistory().slice(0, -1), retryScheduled(2, iso(due))];
  given(...waiting).when(claim, due - 1).thenRefused("conflict", "not due before");
  assertEquals(decide(claim, taskOf(...waiting), due).length, 1);
});

Deno.test("claim goes by what was planned: a task that was edited since is left for the next look", () => {
  const planned = { depends_on: [3], repo: "demo" };
  const command: Command = { ...claim, planned } as Command;
  assertEquals(decide(command, taskOf(created(planned)), dawn).length, 1);
  given(created({ ...planned, depends_on: [3, 4] })).when(command).thenRefused("conflict", "edited a moment ago");
  given(created({ ...planned, labels: { gpu: "1" } })).when(command).thenRefused("conflict", "edited a moment ago");
  given(created({ ...planned, repo: "other" })).when(command).thenRefused("conflict", "edited a moment ago");
});

function attemptOfClaim(...history: NewEvent[]): number {
  const [event] = decide(claim, taskOf(...history), dawn + 1e9);
  if (event?.type !== "run.claimed") throw new Error("No claim");
  return event.data.attempt;
}

Deno.test("claim counts an attempt for a fresh start only", () => {
  assertEquals(attemptOfClaim(created()), 1);
  assertEquals(attemptOfClaim(...begun(), finished(1, "lost", "resume")), 1, "resumed after an interruption");
  assertEquals(
    attemptOfClaim(created(), claimed(1), finished(1, "shutdown", "resume")),
    1,
    "interrupted before there was a session: that attempt did not take place",
  );
  assertEquals(attemptOfClaim(...awaitingHistory(), planApproved()), 1, "approved");
  assertEquals(attemptOfClaim(...awaitingHistory(), planRejected("No")), 1, "rejected");
  assertEquals(attemptOfClaim(...completedHistory(), messageAdded()), 1, "a further message");
  assertEquals(attemptOfClaim(...failedHistory().slice(0, -1), retryScheduled(2, iso(dawn))), 2, "a second attempt");
  assertEquals(attemptOfClaim(...failedHistory(), retryScheduled(1, iso(dawn))), 1, "asked for: counted from 0");
});

Deno.test("claim after a pause counts no attempt however often it happens", () => {
  const history = [created()];
  for (let run = 1; run <= 5; run++) {
    assertEquals(attemptOfClaim(...history), 1);
    history.push(claimed(run, 1), finished(run, "paused", "resume"));
  }
  assertEquals(taskOf(...history).attempts, 0);
  assertEquals(taskOf(...history).status, "pending");
});

// The fence

Deno.test("record writes events of the open run and marks them with it", () => {
  given(...begun()).when({ type: "record", run: 1, events: [{ type: "output.text", data: { text: "Hello" } }] })
    .then({ type: "output.text", run: 1, data: { text: "Hello" } });
});

Deno.test("the fence refuses every write of a run that is closed, was taken over or was never opened", () => {
  const record = (run: number): Command => ({
    type: "record",
    run,
    events: [{ type: "output.text", data: { text: "" } }],
  });
  const closed = [...begun(), finished(1, "lost", "resume")];
  for (const command of [record(1), finish(1, "succeeded")]) {
    given(...closed).when(command).thenRefused("fenced", "Run 1 of task 12 is closed");
    given(...closed, claimed(2, 1)).when(command).thenRefused("fenced", "Run 1 of task 12 is closed");
    given(...completedHistory()).when(command).thenRefused("fenced", "is closed");
    given(created()).when(command).thenRefused("fenced", "is closed");
  }
  given(...closed, claimed(2, 1)).when(record(3)).thenRefused("fenced", "Run 3");
  assertEquals(decide(record(2), taskOf(...closed, claimed(2, 1)), dawn).length, 1);
});

Deno.test("archive_worktree is refused while the task runs", () => {
  given(...begun()).when({ type: "archive_worktree", events: [removed()] }).thenRefused("fenced", "it is running");
  given(...begun(), finished(1, "failed", "settle"))
    .when({ type: "archive_worktree", holder: "worker-2", events: [removed()] }).then();
  given(...begun(), finished(1, "failed", "settle"))
    .when({ type: "archive_worktree", holder: worker, events: [removed()] }).then(removed());
  given(...begun(), finished(1, "failed", "settle")).when({ type: "archive_worktree", events: [removed()] }).then(
    removed(),
  );
  // Another worker on the same disk was faster.
  given(...begun(), finished(1, "failed", "settle"), removed()).when({ type: "archive_worktree", events: [removed()] })
    .then();
  // But what was undone in the git folder was undone.
  const undone: NewEvent = {
    type: "git_folder.restored",
    data: { changes: [], count: 1, ref: "refs/coder/x", commit: "c".repeat(40) },
  };
  given(...begun(), finished(1, "failed", "settle"), removed())
    .when({ type: "archive_worktree", events: [undone, removed()] }).then(undone);
});

// The end of a run

Deno.test("finish_run of a good run completes the task in the same commit, with the agent's last words", () => {
  given(...begun()).when(finish(1, "succeeded", { result: "All green" }))
    .then(finished(1, "succeeded", "complete", { result: "All green" }), completed("All green"));
  given(...begun()).when(finish(1, "succeeded", { result: null }))
    .then(finished(1, "succeeded", "complete", { result: null }), completed(""));
});

Deno.test("finish_run of a good run goes on when a message came too late for the agent", () => {
  given(...begun(), messageAdded()).when(finish(1, "succeeded")).then(finished(1, "succeeded", "resume"));
  given(...begun(), messageAdded(), messageSent(1, 6)).when(finish(1, "succeeded"))
    .then(finished(1, "succeeded", "complete"), completed());
});

Deno.test("finish_run with a plan waits for approval", () => {
  given(...begun(1, { mode: "plan" }), planProposed(1)).when(finish(1, "planned"))
    .then(finished(1, "planned", "approve"));
});

Deno.test("finish_run after shutdown or pause goes back to the queue, uncounted", () => {
  for (const outcome of ["shutdown", "paused"] as const) {
    const history = [...begun()];
    for (let run = 1; run <= 6; run++) {
      given(...history).when(finish(run, outcome)).then(finished(run, outcome, "resume"));
      history.push(finished(run, outcome, "resume"), claimed(run + 1, 1));
    }
  }
});

Deno.test("finish_run after every other outcome puts the worktree away first", () => {
  for (const outcome of ["failed", "cancelled", "timed_out", "over_budget", "stalled"] as const) {
    given(...begun()).when(finish(1, outcome)).then(finished(1, outcome, "settle"));
  }
});

Deno.test("three interruptions without a word from the agent between them fail the task", () => {
  const lostOnce = [created(), claimed(1), started(1), finished(1, "lost", "resume")];
  const lostTwice = [...lostOnce, claimed(2, 1), started(2), finished(2, "lost", "resume")];
  const third = [...lostTwice, claimed(3, 1), started(3)];
  given(created(), claimed(1), started(1)).when(finish(1, "lost")).then(finished(1, "lost", "resume"));
  given(...lostOnce, claimed(2, 1), started(2)).when(finish(2, "lost")).then(finished(2, "lost", "resume"));
  given(...third).when(finish(3, "lost")).then(finished(3, "lost", "settle"));
  given(...third, finished(3, "lost", "settle")).when(settle).then(failed("It was lost", "lost"));
});

Deno.test("what is cut short before the agent began is no interruption, however often, and leaves those counted as they are", () => {
  const history = [created()];
  for (let run = 1; run <= 6; run++) {
    history.push(claimed(run, 1));
    if (run % 2 === 0) history.push(placed(run));
    given(...history).when(finish(run, "lost")).then(cutShort(run, "resume"));
    history.push(cutShort(run, "resume"));
  }
  for (let run = 7; run <= 8; run++) {
    history.push(claimed(run, 1), started(run));
    given(...history).when(finish(run, "lost")).then(finished(run, "lost", "resume"));
    history.push(finished(run, "lost", "resume"));
  }
  given(...history, claimed(9, 1)).when(finish(9, "lost")).then(cutShort(9, "resume"));
  given(...history, claimed(9, 1), started(9)).when(finish(9, "lost")).then(finished(9, "lost", "settle"));
  given(...history, claimed(9, 1), cancelRequested()).when(finish(9, "lost")).then(cutShort(9, "settle"));
});

Deno.test("cancel of a task that was cut short before its worktree was recorded leaves its end to the worker", () => {
  for (const end of [cutShort(1, "resume"), finished(1, "shutdown", "resume"), finished(1, "paused", "resume")]) {
    given(created(), claimed(1), end).when(cancel).then(cancelRequested());
    given(created(), claimed(1), end, cancelRequested()).when(settle).then(cancelled());
  }
});

Deno.test("a word from the agent, unlike a notice or a shutdown, begins the count of interruptions anew", () => {
  const lostTwice = [
    ...begun(),
    finished(1, "lost", "resume"),
    claimed(2, 1),
    started(2),
    finished(2, "lost", "resume"),
    claimed(3, 1),
    started(3),
  ];
  const notice: NewEvent = { type: "output.notice", run: 3, data: { kind: "session", text: "New session" } };
  given(...lostTwice, said(3)).when(finish(3, "lost")).then(finished(3, "lost", "resume"));
  given(...lostTwice, notice).when(finish(3, "lost")).then(finished(3, "lost", "settle"));
  given(...lostTwice, finished(3, "shutdown", "resume"), claimed(4, 1), started(4)).when(finish(4, "lost"))
    .then(finished(4, "lost", "settle"));
});

// Settle

Deno.test("settle retries a failed attempt while there are attempts left, later each time", () => {
  const now = dawn + 100_000;
  const history = [...begun(1, { max_attempts: 3 }), finished(1, "failed", "settle"), snapshotted(1), removed()];
  given(...history).when(settle, now).then(retryScheduled(2, iso(now + 10_000)));
  history.push(retryScheduled(2, iso(dawn)), claimed(2), finished(2, "timed_out", "settle"));
  given(...history).when(settle, now).then(retryScheduled(3, iso(now + 20_000), "It was timed_out"));
  history.push(retryScheduled(3, iso(dawn)), claimed(3), finished(3, "stalled", "settle"));
  given(...history).when(settle, now).then(failed("It was stalled", "stalled"));
});

Deno.test("settle never retries what went over its budget or was lost too often", () => {
  for (const outcome of ["over_budget", "lost"] as const) {
    given(...begun(1, { max_attempts: 9 }), finished(1, outcome, "settle")).when(settle)
      .then(failed(`It was ${outcome}`, outcome));
  }
});

Deno.test("settle says something when the run had no error, and the start of a long one", () => {
  given(...begun(), finished(1, "stalled", "settle", { error: null })).when(settle)
    .then(failed("The run ended: stalled", "stalled"));
  const long = "e".repeat(100_000);
  given(...begun(), finished(1, "failed", "settle", { error: long })).when(settle)
    .then(failed(`${"e".repeat(500)}…`, "failed"));
});

Deno.test("settle can be repeated: it does nothing where nothing is to be settled", () => {
  for (const history of [[created()], begun(), completedHistory(), failedHistory(), awaitingHistory()]) {
    given(...history).when(settle).then();
  }
  given(created(), cancelRequested(), cancelled()).when(settle).then();
});

// Retry, messages, approval

Deno.test("retry begins anew at once: attempts from 0", () => {
  const now = dawn + 5e6;
  for (const history of [completedHistory(), failedHistory(), [created(), cancelRequested(), cancelled()]]) {
    given(...history).when(retry, now).then(retryScheduled(1, iso(now), "asked for"));
  }
});

Deno.test("add_message takes 100 that wait for the agent and no more", () => {
  const history = begun();
  for (let n = 0; n < 100; n++) history.push(messageAdded(`${n}`));
  given(...history).when(message).thenRefused("conflict", "100 messages wait for the agent already");
  given(...history, messageSent(1, 6)).when(message).then(messageAdded());
});

Deno.test("add_message to a completed task needs its worktree and its session", () => {
  given(...completedHistory()).when(message).then(messageAdded());
  given(...completedHistory(), removed()).when(message).thenRefused("conflict", "retry it instead");
  // Removed because others have its commit: from there it can be put back.
  const merged: NewEvent = {
    type: "worktree.removed",
    data: { path: "/tmp/x", branch: "x", reason: "retention", commit: "c".repeat(40) },
  };
  given(...completedHistory(), merged).when(message).then(messageAdded());
});

Deno.test("approve and reject write what the next run begins with", () => {
  given(...awaitingHistory()).when(approve).then(planApproved());
  given(...awaitingHistory()).when(reject).then(planRejected("Smaller steps"));
});

Deno.test("decide() changes neither the task nor the command", () => {
  const deepFrozen = <T>(value: T): T => {
    if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFrozen);
    return value;
  };
  for (const { history } of table) {
    const task = deepFrozen(taskOf(...history));
    for (const command of [...Object.values(requests), claim, settle, finish(1, "failed")]) {
      try {
        decide(deepFrozen(command), task, dawn);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
    }
  }
});

Deno.test("DomainError keeps code, issues and cause", () => {
  const cause = new Error("below");
  const error = new DomainError("invalid", "Wrong", { cause, issues: [{ path: "title", message: "Too long" }] });
  assertEquals([error.code, error.issues.length, error.cause], ["invalid", 1, cause]);
  assertThrows(() => {
    throw error;
  }, DomainError);
});

// What is over goes on

Deno.test("a message to a failed task goes on where its work is saved, and says how it ended", () => {
  const task = taskOf(...failedHistory(), messageAdded("Once more"));
  assertEquals([task.status, task.next, task.attempts, task.completed_at], [
    "pending",
    { kind: "resume", because: "message", seq: null, ended: "failed: It was failed" },
    1,
    null,
  ]);
});

Deno.test("a message to a task that never had a place begins it, with the message to come", () => {
  const task = taskOf(created(), cancelRequested(), cancelled(), messageAdded("Do it after all"));
  assertEquals([task.status, task.next, task.messages, task.attempts], ["pending", { kind: "fresh" }, [4], 0]);
});

Deno.test("what a message or a retry changes is changed in the same step, and a used-up budget is refused", () => {
  const spent = [
    ...begun(1, { max_budget_usd: 0.1 }),
    finished(1, "failed", "settle", { cost_usd: 0.1 }),
    ...failedHistory().slice(-3),
  ];
  given(...spent).when({ type: "retry" }).thenRefused("conflict", "send a larger max_budget_usd");
  given(...spent).when(message).thenRefused("conflict", "send a larger max_budget_usd");
  for (const max_budget_usd of [5, null]) {
    given(...spent).when({ type: "retry", changes: { max_budget_usd, base: "dev" } })
      .then(events.edited({ max_budget_usd, base: "dev" }), retryScheduled(1, iso(dawn + 9_000), "asked for"));
    given(...spent).when({ type: "add_message", text: "Go on", changes: { max_budget_usd } })
      .then(events.edited({ max_budget_usd }), messageAdded("Go on"));
  }
  given(...begun()).when({ type: "add_message", text: "Go on", changes: { max_budget_usd: 5 } })
    .thenRefused("conflict", "changed for a task that is over");
});

Deno.test("a setup or a check that fails ends an attempt, and a trial ends well by putting its place away", () => {
  for (const outcome of ["setup_failed", "check_failed"] as const) {
    given(...begun(1, { max_attempts: 2 }), finished(1, outcome, "settle")).when(settle)
      .then(retryScheduled(2, iso(dawn + 6_000 + retryDelayMs(1)), `It was ${outcome}`));
  }
  given(...begun(1, { trial: true })).when(finish(1, "succeeded")).then(finished(1, "succeeded", "settle"));
  given(...begun(1, { trial: true }), finished(1, "succeeded", "settle")).when(settle)
    .then(completed("Setup and check went well"));
  const tried = [...begun(1, { trial: true }), finished(1, "succeeded", "settle"), completed()];
  given(...tried).when(message).thenRefused("conflict", "Cannot send a message");
});

Deno.test("note_outgoing: what was given before a run began says nothing of what that run makes", () => {
  const data = { url: "ssh://git@host/x.git", branch: "task-12-fix", commit: "c0ffee", commits: 1 };
  const exchanged: NewEvent = { type: "work.exchanged", data };
  const note = (epoch: number): Command => ({ type: "note_outgoing", event: exchanged, epoch });
  given(...completedHistory()).when(note(1)).then(exchanged);
  given(...completedHistory()).when(note(0)).then();
  given(...begun(), started(1)).when(note(1)).then();
});
