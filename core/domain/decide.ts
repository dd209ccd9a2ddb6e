// The rules: what a command does to a task in its present state. Pure; `now` is data.
//
// What is not allowed throws `DomainError("conflict")` and writes nothing. A writer whose run is closed or was taken over
// gets `DomainError("fenced")`: it must end its agent and write nothing more.

import type { Automation } from "./automation.ts";
import type { Command } from "./command.ts";
import { decideComment, decideLanding, judge, refuseWhileLanding, unsentOf } from "./decide_review.ts";
import { decideSchedule, type ScheduleCommand } from "./decide_schedule.ts";
import { decideWebhook, type WebhookCommand } from "./decide_webhook.ts";
import { DomainError } from "./error.ts";
import type { EventData, NewEvent, Outcome, RunSequel } from "./event.ts";
import type { TaskSpec } from "./task_spec.ts";
import { labelsText } from "./labels.ts";
import { inWords, refuse, refuseImported } from "./refusal.ts";
import { dueInMs, retryDelayMs } from "./retry.ts";
import { isOver, type Task } from "./task.ts";
import { unreportedCost } from "./usage.ts";

/** Interruptions in a row, each after an agent was started and without a word from it, after which a task fails. */
const maxInterruptions = 3;
const maxMessagesWaiting = 100;

/**
 * The events `command` leads to; none when it changes nothing.
 * @param task the present state; `null` for `create`, and for what is of the service's own log before its first event
 * @param now ms since 1970
 */
export function decide(command: Command, task: Task | null, now: number): NewEvent[] {
  if (command.type === "create") return [{ type: "task.created", data: command.spec }];
  if (command.type === "note") return [command.event];
  if (command.type === "import") return takeIn(task, command);
  if (isOfService(command)) return decideForService(command, task?.automation ?? null);
  if (!task) throw new DomainError("not_found", "There is no such task");
  refuseImported(task);
  switch (command.type) {
    case "edit":
      return edit(task, command);
    case "cancel":
      return cancel(task);
    case "move":
      return move(task, command);
    case "retry":
      return retry(task, command.changes ?? {}, now);
    case "add_message":
      return addMessage(task, command);
    case "accept":
    case "discard":
      return judge(task, command.type);
    case "add_comment":
    case "change_comment":
    case "delete_comment":
      return decideComment(task, command);
    case "send_comments":
      return sendComments(task, command);
    case "land":
    case "record_landing":
    case "finish_landing":
      return decideLanding(task, command);
    case "note_outgoing":
      // What was given before a run began says nothing of what that run makes.
      if (command.epoch !== undefined && (task.run || task.epoch !== command.epoch)) return [];
      return [command.event];
    case "adopt_place":
      // Its target may have moved already, in the other worker's clone.
      if (task.landing?.integrated) refuseWhileLanding("take over", task);
      if (!isOver(task.status) || task.place?.worker !== command.from) {
        refuse("take over", task, "it went on meanwhile");
      }
      return [command.event];
    case "approve_plan":
      if (task.status !== "awaiting_approval" || task.cancel_requested) refuse("approve the plan of", task);
      return [{ type: "plan.approved", data: {} }];
    case "reject_plan":
      if (task.status !== "awaiting_approval" || task.cancel_requested) refuse("reject the plan of", task);
      return [{ type: "plan.rejected", data: { feedback: command.feedback } }];
    case "claim":
      return claim(task, command, now);
    case "record":
      fence(task, command.run);
      return command.events.map((event) => ({ ...event, run: command.run }));
    case "finish_run":
      return finishRun(task, command);
    case "archive_worktree":
      if (task.run) throw new DomainError("fenced", `Cannot put away the worktree of task ${task.id}: it is running`);
      // Another one may have been faster, or has the work by now; but what was undone in the git folder stays undone.
      return task.place?.present && (command.holder ?? task.place.worker) === task.place.worker
        ? command.events
        : command.events.filter(({ type }) => type === "git_folder.restored");
    case "record_retention":
      refuseWhileLanding("tidy up", task);
      if (task.seq !== command.seq || !isOver(task.status)) refuse("tidy up", task, "it went on meanwhile");
      return command.events;
    case "settle":
      return settle(task, now);
  }
}

type ServiceCommand = ScheduleCommand | WebhookCommand;

/** Whether it is for the service's own log, which may be empty yet. */
export function isOfService(command: Command): command is ServiceCommand {
  return /_(schedule|webhook|github)$/.test(command.type);
}

function decideForService(command: ServiceCommand, automation: Automation | null): NewEvent[] {
  return isOfSchedules(command) ? decideSchedule(command, automation) : decideWebhook(command, automation);
}

function isOfSchedules(command: ServiceCommand): command is ScheduleCommand {
  return command.type.endsWith("_schedule");
}

/** Throws unless `run` is open: the fence against writers that were taken over. */
export function fence(task: Task, run: number): void {
  if (task.run?.epoch !== run) {
    throw new DomainError("fenced", `Run ${run} of task ${task.id} is closed`);
  }
}

function takeIn(task: Task | null, { after, events }: Extract<Command, { type: "import" }>): NewEvent[] {
  if ((task?.seq ?? 0) === after && (task === null || task.imported)) return events;
  throw new DomainError("conflict", `Task ${task?.id} is not at event ${after}: somebody else imports the same file`);
}

function edit(task: Task, { changes, seq }: { changes: EventData["task.edited"]; seq: number | null }): NewEvent[] {
  if (seq !== null && seq !== task.seq) {
    throw new DomainError(
      "precondition_failed",
      `Cannot edit task ${task.id}: it is at version ${task.seq}, not ${seq}; read it again`,
    );
  }
  // Tags say nothing to its agent.
  const isWork = Object.keys(changes).some((field) => field !== "tags");
  if (isWork && (task.status !== "pending" || task.cancel_requested)) {
    refuse("edit", task, "only a pending task can be edited, apart from its tags");
  }
  if (task.place) {
    for (const field of ["repo", "base"] as const) {
      if (changes[field] !== undefined && changes[field] !== task[field]) {
        throw new DomainError("conflict", `Cannot change ${field} of task ${task.id}: it was fixed when it first ran`);
      }
    }
  }
  return edited(changes);
}

function move(task: Task, { type: _, ...place }: Extract<Command, { type: "move" }>): NewEvent[] {
  if (task.status !== "pending" || task.cancel_requested) {
    refuse("move", task, "only a pending task has a place in the queue");
  }
  return place.order === task.order ? [] : [{ type: "task.moved", data: place }];
}

function cancel(task: Task): NewEvent[] {
  if (task.status === "cancelled" || task.cancel_requested) return [];
  if (task.landing) return decideLanding(task, { type: "cancel_landing" });
  if (isOver(task.status)) refuse("cancel", task);
  const requested: NewEvent = { type: "task.cancel_requested", data: {} };
  // Nothing runs and nothing is on disk: it is over at once. Otherwise its worker puts it away first.
  if (!task.run && !task.ending && !task.place?.present && !mayBeHalfMade(task)) {
    return [requested, { type: "task.cancelled", data: { reason: "asked for" } }];
  }
  return [requested];
}

/** Whether its last run was cut short so early that its worktree may have been begun and is in no event. */
function mayBeHalfMade({ next, outcome }: Task): boolean {
  return next.kind === "fresh" && (outcome === "lost" || outcome === "shutdown" || outcome === "paused");
}

function retry(task: Task, changes: Partial<TaskSpec>, now: number): NewEvent[] {
  if (!isOver(task.status)) refuse("retry", task, "only a finished task can be retried");
  refuseWhileLanding("retry", task);
  if (changes.repo !== undefined && changes.repo !== task.repo && task.place) {
    throw new DomainError("conflict", `Cannot change repo of task ${task.id}: it was fixed when it first ran`);
  }
  requireBudget("retry", task, changes);
  return [
    ...edited(changes),
    { type: "task.retry_scheduled", data: { due_at: iso(now), attempt: 1, reason: "asked for" } },
  ];
}

/** A budget that is used up would end the next run before it began. */
function requireBudget(action: string, task: Task, changes: Partial<TaskSpec>): void {
  const budget = changes.max_budget_usd === undefined ? task.max_budget_usd : changes.max_budget_usd;
  if (budget === null || task.cost_usd < budget) return;
  const spent = `its budget of $${budget} is used up ($${task.cost_usd.toFixed(2)} spent)`;
  throw new DomainError(
    "conflict",
    `Cannot ${action} task ${task.id}: ${spent}; send a larger max_budget_usd with the request, or null for none`,
  );
}

function edited(changes: Partial<TaskSpec>): NewEvent[] {
  return Object.keys(changes).length === 0 ? [] : [{ type: "task.edited", data: changes }];
}

function addMessage(
  task: Task,
  { text, changes = {}, ...more }: Omit<EventData["message.added"], never> & { changes?: Partial<TaskSpec> },
): NewEvent[] {
  refuseWhileLanding("send a message to", task);
  const running = task.status === "in_progress" && task.run !== null;
  if (task.cancel_requested || !(running || isOver(task.status)) || task.trial) {
    refuse("send a message to", task, "only a running or finished task takes messages");
  }
  if (running && Object.keys(changes).length > 0) {
    refuse("change", task, "what a message changes is changed for a task that is over");
  }
  if (!running) {
    requireSavedWork(task);
    requireBudget("go on with", task, changes);
  }
  if (task.messages.length >= maxMessagesWaiting) {
    refuse("send a message to", task, `${maxMessagesWaiting} messages wait for the agent already`);
  }
  const { comments, resolve } = more;
  return [
    ...edited(changes),
    { type: "message.added", data: { text, ...(comments && { comments }), ...(resolve && { resolve }) } },
  ];
}

function sendComments(
  task: Task,
  { ids, text, seen, changes }: Extract<Command, { type: "send_comments" }>,
): NewEvent[] {
  const comments = unsentOf(task, ids);
  if (comments.length === 0) return [];
  // The words were made of others: somebody was faster.
  if (comments.length < ids.length || task.comments_seq !== seen) {
    throw new DomainError("conflict", `The comments of task ${task.id} changed a moment ago; look again`);
  }
  if (task.status === "awaiting_approval" && !task.cancel_requested) {
    return [{ type: "plan.rejected", data: { feedback: text, comments } }];
  }
  return addMessage(task, { text, changes, comments });
}

/** A worktree that was removed can be put back from where its work is saved; a task that never had one begins. */
function requireSavedWork(task: Task): void {
  const { place, snapshot } = task;
  if (!place?.base_commit || place.present || snapshot !== null) return;
  refuse("send a message to", task, "and its work is no longer kept: retry it instead");
}

function claim(task: Task, command: Extract<Command, { type: "claim" }>, now: number): NewEvent[] {
  if (task.status !== "pending" || task.cancel_requested) {
    throw new DomainError("conflict", `Cannot claim task ${task.id}: it is ${inWords[task.status]}`);
  }
  const { planned } = command;
  // A plan that knew the due time went by the clock itself; `now` is never before the task's last event.
  if (planned?.due_at !== task.due_at && dueInMs(task.due_at, now) > 0) {
    throw new DomainError("conflict", `Cannot claim task ${task.id}: it is not due before ${task.due_at}`);
  }
  const isOther = planned && (planned.repo !== task.repo || planned.depends_on.join() !== task.depends_on.join() ||
    labelsText(planned.labels ?? {}) !== labelsText(task.labels ?? {}));
  if (isOther) {
    throw new DomainError("conflict", `Cannot claim task ${task.id}: it was edited a moment ago`);
  }
  const epoch = task.epoch + 1;
  // What goes on in an earlier session belongs to that session's attempt.
  const attempt = task.next.kind === "fresh" ? task.attempts + 1 : task.attempts;
  const { worker, mark, why, ready_at } = command;
  const data = { worker, epoch, attempt, mark, why, ...(ready_at !== undefined && { ready_at }) };
  return [{ type: "run.claimed", run: epoch, data }];
}

function finishRun(task: Task, { run, end, changed, landing }: Extract<Command, { type: "finish_run" }>): NewEvent[] {
  fence(task, run);
  const uncounted = end.outcome === "lost" && task.run?.started_at === null && task.run.step === null;
  const then = sequel(task, end.outcome, { uncounted });
  const cost = end.cost_usd === null
    ? unreportedCost(task.run!)
    : { cost_usd: end.cost_usd, cost_basis: end.cost_basis ?? "reported" };
  const finished: NewEvent = {
    type: "run.finished",
    run,
    data: { ...end, ...cost, then, ...(uncounted && { uncounted }) },
  };
  if (then !== "complete") return [finished];
  const review = changed ?? ((end.lines_added ?? 0) + (end.lines_removed ?? 0) + (end.uncommitted ?? 0) > 0);
  return [
    finished,
    { type: "task.completed", data: { output: end.result ?? "", ...(review && { review }) } },
    ...(review && landing ? [{ type: "landing.requested" as const, data: landing }] : []),
  ];
}

function sequel(task: Task, outcome: Outcome, { uncounted }: { uncounted: boolean }): RunSequel {
  switch (outcome) {
    case "succeeded":
      // Its worktree was for the trial alone.
      if (task.trial) return "settle";
      // A cancel that came after the good result lost; a message that came too late for the agent goes on in a new run.
      return task.messages.length > 0 ? "resume" : "complete";
    case "planned":
      return task.cancel_requested ? "settle" : "approve";
    case "lost":
      if (task.cancel_requested) return "settle";
      return !uncounted && task.interruptions + 1 >= maxInterruptions ? "settle" : "resume";
    case "shutdown":
    case "paused":
      return task.cancel_requested ? "settle" : "resume";
    case "failed":
    case "cancelled":
    case "timed_out":
    case "over_budget":
    case "stalled":
    case "setup_failed":
    case "check_failed":
      return "settle";
  }
}

/** What a fresh start may mend. */
const retriedOutcomes: ReadonlySet<Outcome> = new Set([
  "failed",
  "timed_out",
  "stalled",
  "setup_failed",
  "check_failed",
]);

function settle(task: Task, now: number): NewEvent[] {
  if (task.run || isOver(task.status) || !(task.ending || task.cancel_requested)) return [];
  const outcome = task.ending?.outcome ?? "cancelled";
  if (task.cancel_requested || outcome === "cancelled") {
    return [{ type: "task.cancelled", data: { reason: "asked for" } }];
  }
  if (outcome === "succeeded") return [{ type: "task.completed", data: { output: "Setup and check went well" } }];
  // The whole of a long error is in `run.finished`.
  const error = task.error && task.error.text + (task.error.whole ? "" : "…");
  const again = retriedOutcomes.has(outcome);
  if (again && task.attempts < task.max_attempts) {
    const due_at = iso(now + retryDelayMs(task.attempts));
    return [{
      type: "task.retry_scheduled",
      data: { due_at, attempt: task.attempts + 1, reason: error ?? outcome },
    }];
  }
  return [{ type: "task.failed", data: { error: error ?? `The run ended: ${outcome}`, reason: outcome } }];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
