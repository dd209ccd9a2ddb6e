// Legal histories, made by feeding random wishes through the rules: what any log of this program may hold. Replay,
// export and simulation tests build on them too.

import fc from "fast-check";
import type { Command, RunEnd } from "../../core/domain/command.ts";
import { decide } from "../../core/domain/decide.ts";
import { DomainError } from "../../core/domain/error.ts";
import { type NewEvent, outcomes, type TaskEvent, versionOf } from "../../core/domain/event.ts";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask, type Task } from "../../core/domain/task.ts";

export interface History {
  events: TaskEvent[];
  head: Task;
}

/** What somebody would like to happen next; the rules say whether it does. */
export interface Wish {
  kind:
    | "next"
    | "edit"
    | "cancel"
    | "retry"
    | "message"
    | "approve"
    | "reject"
    | "claim"
    | "record"
    | "finish"
    | "archive_worktree";
  text: string;
  /** Picks among possibilities. */
  pick: number;
  /** Wall time since the wish before; below zero when the clock was set back. */
  afterMs: number;
  spec: Partial<TaskSpec>;
}

const dawn = Date.parse("2026-01-01T00:00:00.000Z");
const workers = ["6f1e0f5a-1111-4222-8333-444455556666", "9c2d7b60-aaaa-4bbb-8ccc-ddddeeeeffff"];

/** Any text a person or an agent may send: short, long, hostile, not even Unicode. */
export function texts({ maxLength = 60_000 }: { maxLength?: number } = {}): fc.Arbitrary<string> {
  const length = fc.integer({ min: 0, max: maxLength });
  return fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom("a", "é", "😀", "x😀", "  \n"), length).map(longText) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("", "\ud83d", "\ude00 alone", "\u0000\u0001", "$(reboot)", "--force", "</script>"),
    },
  );
}

function longText([unit, length]: [string, number]): string {
  return unit.repeat(Math.ceil(length / unit.length));
}

export function specs({ texts: text = texts() }: { texts?: fc.Arbitrary<string> } = {}): fc.Arbitrary<TaskSpec> {
  const none = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  return fc.record({
    title: fc.string({ unit: "grapheme", maxLength: 60 }),
    prompt: text,
    priority: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    depends_on: fc.uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { maxLength: 100 }),
    repo: fc.constantFrom("demo", "other"),
    base: none(fc.constantFrom("main", "task:3", "a".repeat(255))),
    model: none(fc.constant("m".repeat(100))),
    mode: fc.constantFrom("execute" as const, "plan" as const),
    max_attempts: fc.integer({ min: 1, max: 4 }),
    timeout_seconds: none(fc.integer({ min: 1, max: 86_400 })),
    max_budget_usd: none(fc.double({ min: 0.01, max: 100, noNaN: true })),
  });
}

export function wishes({ texts: text = texts() }: { texts?: fc.Arbitrary<string> } = {}): fc.Arbitrary<Wish> {
  const kinds: [Wish["kind"], number][] = [
    ["next", 40],
    ["record", 30],
    ["finish", 8],
    ["message", 5],
    ["retry", 4],
    ["claim", 3],
    ["archive_worktree", 3],
    ["approve", 3],
    ["reject", 3],
    ["edit", 3],
    ["cancel", 1],
  ];
  return fc.record({
    kind: fc.oneof(...kinds.map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
    text,
    pick: fc.nat({ max: 999 }),
    afterMs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
      { weight: 2, arbitrary: fc.integer({ min: -3_600_000, max: 600_000 }) },
    ),
    spec: fc.record({
      title: fc.string({ maxLength: 20 }),
      prompt: text,
      priority: fc.integer(),
      depends_on: fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 100 }),
      mode: fc.constantFrom("execute" as const, "plan" as const),
      repo: fc.constantFrom("demo", "other"),
    }, { requiredKeys: [] }),
  });
}

/** Legal histories of one task, from its creation to some moment of its lives. */
export function legalHistories({ task = 12, maxWishes = 80, texts: text = texts() }: {
  task?: number;
  maxWishes?: number;
  texts?: fc.Arbitrary<string>;
} = {}): fc.Arbitrary<History> {
  return fc.tuple(specs({ texts: text }), fc.array(wishes({ texts: text }), { maxLength: maxWishes, size: "max" }))
    .map(([spec, list]) => play(spec, list, { task }));
}

/** The history that comes of these wishes. */
export function play(spec: TaskSpec, list: Wish[], { task = 12 }: { task?: number } = {}): History {
  const events: TaskEvent[] = [];
  let head = emptyTask(task);
  let clock = dawn;
  const give = (command: Command, by: string) => {
    // As the appender does it: the clock may jump back, a history does not.
    const now = Math.max(clock, Date.parse(head.updated_at) || 0);
    let decided: NewEvent[];
    try {
      decided = decide(command, head.seq === 0 ? null : head, now);
    } catch (error) {
      if (error instanceof DomainError) return;
      throw error;
    }
    for (const draft of decided) {
      const event = envelope(draft, { seq: head.seq + 1, now, task, by });
      events.push(event);
      head = evolve(head, event);
    }
  };
  give({ type: "create", spec }, "api");
  for (const wish of list) {
    clock += wish.afterMs;
    // Whoever waits for a task waits until it is due.
    if (wish.kind === "next" && head.due_at) clock = Math.max(clock, Date.parse(head.due_at));
    for (const command of commandsOf(wish, head)) give(command, byOf(command, head));
  }
  return { events, head };
}

function envelope(
  draft: NewEvent,
  { seq, now, task, by }: { seq: number; now: number; task: number; by: string },
): TaskEvent {
  const at = new Date(now).toISOString();
  const run = draft.run === undefined ? {} : { run: draft.run };
  return { seq, type: draft.type, at, task, ...run, by, v: versionOf(draft.type), data: draft.data } as TaskEvent;
}

function byOf(command: Command, head: Task): string {
  if (command.type === "claim") return "scheduler";
  const ofWorker = ["record", "finish_run", "archive_worktree", "settle"].includes(command.type);
  return ofWorker ? `laptop/${head.epoch}` : "api";
}

/** The commands a wish stands for in the present state, in the order the engine gives them. */
export function commandsOf(wish: Wish, task: Task): Command[] {
  const { text, pick, spec } = wish;
  const kind = wish.kind === "next" ? nextOf(task, pick) : wish.kind;
  const run = task.run?.epoch ?? task.epoch;
  switch (kind) {
    case "edit":
      return [{ type: "edit", changes: spec, seq: pick % 3 === 0 ? task.seq : null }];
    case "cancel":
      return [{ type: "cancel" }];
    case "retry":
      return [{ type: "retry" }];
    case "message":
      return [{ type: "add_message", text }];
    case "approve":
      return [{ type: "approve_plan" }];
    case "reject":
      return [{ type: "reject_plan", feedback: text }];
    case "claim":
      return [{
        type: "claim",
        worker: workers[pick % workers.length]!,
        mark: `mark-${task.epoch + 1}`,
        why: { free_slots: 1 + pick % 3, rank: 1, candidates: [pick + 1], count: 2 },
      }];
    case "record":
      return [{ type: "record", run, events: stepOf(task, { text, pick }) }];
    case "finish":
      return [{ type: "finish_run", run, end: endOf(task, { text, pick }) }];
    case "archive_worktree":
      return task.ending || task.cancel_requested
        ? [{ type: "archive_worktree", events: remainsOf(task, { text, pick }) }, { type: "settle" }]
        : [{ type: "settle" }];
  }
}

/** What usually comes next. */
function nextOf(task: Task, pick: number): Exclude<Wish["kind"], "next"> {
  if (task.ending || (task.cancel_requested && !task.run)) return "archive_worktree";
  if (task.run) return task.run.spoke && pick % 4 === 0 ? "finish" : "record";
  if (task.status === "pending") return "claim";
  if (task.status === "awaiting_approval") return "approve";
  return pick % 2 === 0 ? "retry" : "message";
}

type Choice = Pick<Wish, "text" | "pick">;

/** What a run does next: first its place, then its agent, then whatever the agent says. */
function stepOf(task: Task, { text, pick }: Choice): NewEvent[] {
  const run = task.run;
  if (!run) return [{ type: "output.text", data: { text } }];
  if (!run.started_at) return beginningOf(task, run.epoch, { text, pick });
  const [message] = task.messages;
  const usage = {
    input_tokens: pick,
    output_tokens: pick * 2,
    cache_read_tokens: pick * 3,
    cache_write_tokens: pick % 7,
  };
  const steps: NewEvent[] = [
    { type: "agent.ready", data: { model: "a-model", session_id: task.session_id!, version: "2.1.197" } },
    { type: "output.text", data: { text } },
    { type: "output.thinking", data: { text } },
    { type: "output.tool_use", data: { id: `tool-${pick}`, name: "Bash", summary: text, input: { command: text } } },
    { type: "output.tool_result", data: { id: `tool-${pick}`, is_error: pick % 2 === 0, text } },
    { type: "output.notice", data: { kind: "api_retry", text } },
    { type: "run.silent", data: { since: "2026-01-05T09:00:00.000Z", background: pick % 2 === 0 ? text : null } },
    { type: "run.silence_ended", data: { seconds: pick } },
    { type: "output.stderr", data: { text } },
    { type: "output.raw", data: { text } },
    { type: "usage.counted", data: { message_id: `message-${task.seq}`, ...usage } },
    ...(message === undefined ? [] : [{ type: "message.sent" as const, data: { message } }]),
    ...(task.mode === "plan" ? [{ type: "plan.proposed" as const, data: { plan: text } }] : []),
  ];
  return [steps[pick % steps.length]!];
}

function beginningOf(task: Task, epoch: number, { text, pick }: Choice): NewEvent[] {
  const branch = task.place?.branch ?? `task-${task.id}-work`;
  const resumed = task.next.kind === "resume" && task.place?.present === true && pick % 5 !== 0;
  const started: NewEvent = {
    type: "run.started",
    data: {
      pid: 1_000 + pick,
      session_id: resumed ? task.session_id ?? "session" : `session-${epoch}`,
      agent: "claude 2.1.197",
      args: ["-p", text],
      resumed,
    },
  };
  if (resumed) return [started];
  return [{
    type: "worktree.added",
    data: {
      branch,
      path: `/srv/demo-worktrees/${branch}`,
      base: task.base ?? "HEAD",
      base_commit: "a".repeat(40),
      worker: task.run!.worker,
      ...(pick % 4 === 0 && { kept: [`refs/coder/kept/${branch}`] }),
    },
  }, started];
}

function endOf(task: Task, { text, pick }: Choice): RunEnd {
  const planned = task.mode === "plan" && task.plan !== null && pick % 3 !== 0;
  // A good end is the most likely one.
  const outcome = planned ? "planned" : pick % 3 === 1 ? "succeeded" : outcomes[pick % outcomes.length]!;
  const isGood = outcome === "succeeded" || outcome === "planned";
  return {
    outcome: outcome === "planned" && !planned ? "failed" : outcome,
    exit_code: isGood ? 0 : 1,
    signal: outcome === "timed_out" ? "SIGKILL" : null,
    result: isGood ? text : null,
    usage: pick % 2 === 0
      ? { input_tokens: pick, output_tokens: pick, cache_read_tokens: pick, cache_write_tokens: pick }
      : null,
    cost_usd: pick / 1_000,
    duration_ms: pick * 10,
    error: isGood ? null : text,
    uncommitted: pick % 4,
    lines_added: pick % 5 === 0 ? null : pick,
    lines_removed: pick % 5 === 0 ? null : pick % 11,
  };
}

/** Saved and removed; kept when that fails; nothing when nothing is there. */
function remainsOf(task: Task, { text, pick }: Choice): NewEvent[] {
  const place = task.place;
  if (!place?.present) return [];
  const { path, branch } = place;
  if (pick % 6 === 0) return [{ type: "worktree.kept", data: { path, branch, reason: text } }];
  const run = task.ending?.run ?? task.epoch;
  return [
    {
      type: "worktree.snapshotted",
      data: { ref: `refs/coder/task-${task.id}/run-${run}`, commit: "b".repeat(40), run },
    },
    { type: "worktree.removed", data: { path, branch, reason: task.ending?.outcome ?? "cancelled" } },
  ];
}
