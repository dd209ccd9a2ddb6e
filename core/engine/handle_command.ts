// The one way in which anything is written: a command is decided on the newest state of its task (domain/decide.ts) and
// what follows from it is appended in one transition. Who asked, what goes first, and how long to stand by a store that
// does not write are said here and nowhere else.

import type { Command } from "../domain/command.ts";
import { decide, isOfService } from "../domain/decide.ts";
import { DomainError } from "../domain/error.ts";
import type { NewEvent } from "../domain/event.ts";
import type { Task } from "../domain/task.ts";
import type { Appended, AppendRequest } from "../kv/commit_batch.ts";
import type { EngineContext } from "./context.ts";

export interface CommandOptions {
  /** Who asks: `api`, `ui`, `scheduler`, a worker's name, or `worker/epoch` for a run. */
  by: string;
  /** Output goes after commands that wait at the same time. By default it is a command. */
  priority?: AppendRequest["priority"];
  /** The same key and hash again yields the first task; another hash is a conflict. For `new` only. */
  idempotency?: AppendRequest["idempotency"];
  /** What must not have changed since it was read; else rejects with `StaleGuard`. */
  guard?: AppendRequest["guard"];
  /**
   * What is owed while the store does not answer or cannot write (a full disk, say). `answered`: within 20 s the caller
   * gets `unavailable` and the outcome is open. `written`: what must not be lost is tried again for a day. Absent: one
   * try, as long as it takes. A refusal by a rule comes back at once in any case.
   */
  until?: "answered" | "written";
  /** A command for the service's own log, decided in the same commit: both are written, or neither. `made`: the task's id. */
  also?: (made: number) => Command;
  /** Told each state that the command is decided on. */
  onDecide?(head: Task | null): void;
}

type CommandContext = Pick<EngineContext, "store" | "clock" | "warn">;

const answerWithinMs = 20_000;
const pauseMs = 1_000;
const patienceMs = 24 * 3_600_000;

/**
 * Gives `command` to a task, to a new one, or (task 0) to the service's own log. Resolves with the state after it once that
 * is durable. Rejects with a `DomainError` and nothing written: `not_found`, or what the rules refuse (`conflict`,
 * `fenced`, `precondition_failed`); with `unavailable` as `until` says.
 */
export async function handleCommand(
  context: CommandContext,
  task: number | "new",
  command: Command,
  options: CommandOptions,
): Promise<Appended> {
  const { by, priority = "command", idempotency, guard, also, until, onDecide } = options;
  const request: AppendRequest = {
    task,
    by,
    priority,
    idempotency,
    guard,
    decide(head, { now }) {
      onDecide?.(head);
      if (!head && isForExisting(command)) throw new DomainError("not_found", `There is no task ${task}`);
      return decide(command, head, now);
    },
    ...(also && { also: { task: 0, decide: (head, { made, now }) => decide(also(made), head, now) } }),
  };
  if (until === "answered") return await answerInTime(context, request);
  return until === "written" ? await tryUntilWritten(context, request) : await context.store.writer.append(request);
}

/** Writes a fact about the service itself into the log of task 0; `by` is the worker's name. */
export async function noteFact(context: CommandContext, event: NewEvent, options: { by: string }): Promise<void> {
  await handleCommand(context, 0, { type: "note", event }, options);
}

function isForExisting(command: Command): boolean {
  const { type } = command;
  return type !== "create" && type !== "note" && type !== "import" && !isOfService(command);
}

/** A caller gets an answer in time, also when the store gives none; then the outcome is unknown, and said to be. */
async function answerInTime({ store, clock }: CommandContext, request: AppendRequest): Promise<Appended> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const message = "The store does not answer; whether this took effect will show later";
  const cancel = clock.timer(answerWithinMs, () => reject(new DomainError("unavailable", message)));
  try {
    return await Promise.race([store.writer.append(request), late]);
  } finally {
    cancel();
  }
}

async function tryUntilWritten(context: CommandContext, request: AppendRequest): Promise<Appended> {
  return await untilStoreAnswers(context, request.task, () => context.store.writer.append(request));
}

/** What must not be lost is tried for a day while it rejects with `unavailable`; other errors come back at once. */
export async function untilStoreAnswers<T>(
  { clock, warn }: CommandContext,
  task: number | "new",
  write: () => Promise<T>,
): Promise<T> {
  const since = clock.monotonic();
  for (let tries = 0;; tries++) {
    try {
      return await write();
    } catch (error) {
      const canWait = error instanceof DomainError && error.code === "unavailable";
      if (!canWait || clock.monotonic() - since > patienceMs) throw error;
      if (tries === 0) warn(`Task ${task} waits for the store`, error, task === "new" ? {} : { task });
      await clock.sleep(pauseMs);
    }
  }
}
