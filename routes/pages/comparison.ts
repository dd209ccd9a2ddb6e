// What the comparison page shows: two tasks of a repository, or two runs of a task.

import { DomainError } from "../../core/domain/error.ts";
import type { EventData, TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { Service } from "../../core/engine/service/service.ts";
import type { Attempt } from "../../islands/compare/attempt.ts";
import type { ComparedWork, Comparison } from "../../islands/compare/comparison.ts";
import { elapsedMs } from "../../core/view/task_state.ts";
import { runTimeMs } from "../../islands/task/run_time.ts";

type Reads = Pick<Service, "read" | "events" | "diff">;

const eventsAtOnce = 1_000;

/** @param startOf reads the start of a diff. Throws `DomainError("not_found")` when there is no such task or run. */
export async function readComparison(
  service: Reads,
  { a, b }: { a: Attempt; b: Attempt },
  { now, startOf }: { now: number; startOf(stream: ReadableStream<Uint8Array>): Promise<string> },
): Promise<Comparison> {
  const sides = { a: await readWork(service, a, now), b: await readWork(service, b, now) };
  try {
    const { stream } = await diffOf(service, a, b);
    return { ...sides, diff: await startOf(stream), error: null };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { ...sides, diff: null, error: error.message };
  }
}

async function diffOf(service: Reads, a: Attempt, b: Attempt) {
  if (a.task === b.task && a.run !== null && b.run !== null) {
    return await service.diff(a.task, { from: `run-${a.run}`, to: `run-${b.run}` });
  }
  if (a.task !== b.task && a.run === null && b.run === null) {
    return await service.diff(b.task, { from: `task-${a.task}` });
  }
  throw new DomainError("invalid", "Files can be compared of two tasks, or of two runs of one task");
}

async function readWork(service: Reads, { task: id, run }: Attempt, now: number): Promise<ComparedWork> {
  const task = await service.read(id);
  const { title, status } = task;
  const facts = run === null ? await readFacts(service, task, now) : await readRun(service, id, run);
  return { task: id, run, title, status, ...facts };
}

type Facts = Omit<ComparedWork, "task" | "run" | "title" | "status">;

async function readFacts(service: Reads, task: TaskView, now: number): Promise<Facts> {
  const { outcome, last_check, cost_usd, cost_basis, lines_added, lines_removed, output_tokens } = task;
  const duration_ms = elapsedMs(task, now) ?? await readRunTime(service, task, now);
  return { outcome, check: last_check, cost_usd, cost_basis, duration_ms, lines_added, lines_removed, output_tokens };
}

/** Of several runs, whose times the task itself does not add up. */
async function readRunTime(service: Reads, task: TaskView, now: number): Promise<number | null> {
  if (task.runs < 2) return null;
  const events: TaskEvent[] = [];
  for await (const event of eventsOf(service, task.id)) {
    if (event.type === "run.claimed" || event.type === "run.finished") events.push(event);
  }
  return runTimeMs(task, { events, now });
}

async function readRun(service: Reads, id: number, run: number): Promise<Facts> {
  let check: Facts["check"] = null;
  for await (const event of eventsOf(service, id)) {
    if (event.run !== run) continue;
    if (event.type === "check.finished" && event.data.of === undefined) check = event.data;
    if (event.type === "run.finished") return factsOfRun(event.data, check);
  }
  throw new DomainError("not_found", `Task ${id} has no finished run ${run}`);
}

function factsOfRun(data: EventData["run.finished"], check: Facts["check"]): Facts {
  const { outcome, cost_usd, cost_basis = "reported", duration_ms, lines_added, lines_removed, usage } = data;
  const output_tokens = usage?.output_tokens ?? null;
  return {
    ...{ outcome, cost_usd, cost_basis, duration_ms, lines_added, lines_removed, output_tokens },
    check: check && { outcome: check.outcome, duration_ms: check.duration_ms },
  };
}

async function* eventsOf(service: Reads, id: number): AsyncGenerator<TaskEvent> {
  for (let after: number | null = 0; after !== null;) {
    const page: Awaited<ReturnType<Reads["events"]>> = await service.events(id, { after, limit: eventsAtOnce });
    yield* page.events;
    after = page.next;
  }
}
