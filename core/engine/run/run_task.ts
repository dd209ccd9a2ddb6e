// One run, from the claim to `run.finished`: the place, the agent, every step into the log, the end.
//
// It promises: whatever happens, the agent's whole process tree is gone before `run.finished` is written, and a run that
// was taken over writes nothing more. What follows the run is decided with its end (domain/decide.ts).

import type { RunEnd } from "../../domain/command.ts";
import { decide } from "../../domain/decide.ts";
import { DomainError, messageOf } from "../../domain/error.ts";
import type { EventData, NewEvent } from "../../domain/event.ts";
import { branchName, branchPrefix } from "../../domain/slug.ts";
import type { About } from "../../domain/ports.ts";
import { backgroundWords } from "../../domain/task.ts";
import type { OpenRun, Task, TaskPlace } from "../../domain/task.ts";
import type { Agent, AgentExit, AgentProcess, AgentResult } from "../../process/agent.ts";
import { appendPatiently } from "../append.ts";
import type { EngineContext } from "../context.ts";
import { firstWords, messageText } from "./prompt.ts";
import { workerMark } from "../dispatch/recover.ts";
import { type OutputRecorder, recordOutput } from "./record_output.ts";
import { type Conversation, hear, type Heard, isAtRest, newConversation, type Next } from "./conversation.ts";
import { repositoryFault } from "../dispatch/repository_pause.ts";
import { placeToGoOnIn } from "./restore_place.ts";
import { resetTimeOf, type Stop, type StopReason, verdictOf } from "./run_end.ts";

/** A run in this process. */
export interface LiveRun {
  readonly task: number;
  /** Asks the agent to stop; the first reason counts. */
  stop(reason: StopReason, error?: string): void;
  /** Ends the agent at once; for a run that may have been taken over. */
  kill(): void;
  /** Resolves when the run is over and written, with how it ended; never rejects. */
  readonly done: Promise<RunReport>;
}

export interface RunReport {
  end: RunEnd | null;
  /** It failed before its first tool call and not by a wrong value of its task: the environment may be to blame. */
  isEarlyFailure: boolean;
  /** When what paused it is over, in ms since 1970, where that is known. */
  pausedUntil: number | null;
  /** Why no worktree could be made whatever the task, or null. */
  brokenRepository: string | null;
}

const nothingToReport: RunReport = { end: null, isEarlyFailure: false, pausedUntil: null, brokenRepository: null };

const interruptGraceMs = 3_000;
const termGraceMs = 5_000;
/** How long an agent may live on after its last result. */
const exitGraceMs = 10_000;
/** How long an agent may take to begin a turn about background work that ended. */
const nextTurnMs = 5_000;
const stderrKept = 4_000;

export interface RunOptions {
  agent: Agent;
  /** Resolves while there is room for output, or when `gone` aborts. */
  room: (gone: AbortSignal) => Promise<void>;
  /** Whether this worker still holds its runs, as far as it can know. */
  isSure: () => boolean;
}

/** Works on a task that was just claimed. */
export function runTask(context: EngineContext, task: Task, options: RunOptions): LiveRun {
  const run = new Run(context, task, task.run!, options);
  return { task: task.id, stop: (reason, error) => run.stop(reason, error), kill: () => run.kill(), done: run.go() };
}

class Run {
  readonly #context: EngineContext;
  readonly #task: Task;
  readonly #open: OpenRun;
  readonly #agent: Agent;
  readonly #by: string;
  readonly #recorder: OutputRecorder;
  readonly #startedAt: number;
  readonly #hasRoom: RunOptions["room"];
  readonly #isSure: () => boolean;
  readonly #timers = new Set<() => void>();
  #process: AgentProcess | null = null;
  #stop: Stop | null = null;
  #isKilled = false;
  /** Everything of it is written; what comes now is too late. */
  #isOver = false;
  #fenced = false;
  #finishing = false;
  /** The worktree is another one than the session knows. */
  #remade = false;
  /** It is the same, put back from its branch. */
  #restored = false;
  #brokenRepository: string | null = null;
  #result: AgentResult | null = null;
  #sinceResult = nothingCounted;
  #conversation: Conversation = newConversation;
  #pausedUntil: number | null = null;
  /** The worktrees of the repository when the agent started. */
  #worktreesBefore: ReadonlySet<string> = new Set();
  #planned = false;
  #spoke = false;
  #worked = false;
  #overstayed = false;
  #stderr = "";
  #sent: number;
  /** Clears the wait for the agent's end. */
  #clearRest = () => {};
  #clearStall = () => {};

  constructor(context: EngineContext, task: Task, open: OpenRun, { agent, room, isSure }: RunOptions) {
    this.#isSure = isSure;
    this.#hasRoom = room;
    this.#context = context;
    this.#task = task;
    this.#open = open;
    this.#agent = agent;
    this.#by = `${context.worker.name}/${open.epoch}`;
    this.#startedAt = context.clock.monotonic();
    this.#sent = 0;
    this.#recorder = recordOutput(context, {
      task: task.id,
      run: open.epoch,
      by: this.#by,
      onRefused: (error) => this.#refused(error),
    });
  }

  async go(): Promise<RunReport> {
    const unsubscribe = this.#listen();
    try {
      let exit: AgentExit = { code: null, signal: null };
      let place: TaskPlace | null = null;
      let broken: unknown = null;
      try {
        place = await this.#prepare().catch((error) => this.#blameRepository(error));
        exit = await this.#converse(place);
        await this.#recorder.flush();
      } catch (error) {
        broken = error;
      } finally {
        // Also after an error: nothing of the run may live on.
        await this.#process?.end({ graceMs: this.#fenced ? 0 : termGraceMs });
      }
      if (this.#fenced) return nothingToReport;
      if (place) await this.#lookForStrays(place);
      const end = await this.#endOf(exit, place, broken);
      this.#finishing = true;
      await this.#append((now, head) => decide({ type: "finish_run", run: this.#open.epoch, end }, head, now));
      const isEarlyFailure = end.outcome === "failed" && !this.#worked && !this.#stop && !isWrongValue(broken);
      return { end, isEarlyFailure, pausedUntil: this.#pausedUntil, brokenRepository: this.#brokenRepository };
    } catch (error) {
      if (!(error instanceof DomainError && error.code === "fenced")) {
        this.#context.warn(
          `Run ${this.#open.epoch} of task ${this.#task.id} could not be finished`,
          error,
          this.#about,
        );
      }
      return nothingToReport;
    } finally {
      this.#isOver = true;
      unsubscribe();
      for (const clear of this.#timers) clear();
      this.#clearRest();
      this.#clearStall();
    }
  }

  stop(reason: StopReason, error: string | null = null): void {
    if (this.#stop || this.#isOver) return;
    this.#stop = { reason, error, ...this.#standing() };
    if (this.#process) this.#interrupt(this.#process);
  }

  #standing(): Pick<Stop, "hadGoodResult" | "living"> {
    const hadGoodResult = (this.#result?.ok ?? false) && isAtRest(this.#conversation);
    return { hadGoodResult, living: this.#conversation.living };
  }

  #interrupt(process: AgentProcess): void {
    void process.interrupt();
    this.#timer(interruptGraceMs, () => this.#end(process));
  }

  kill(): void {
    if (this.#isOver) return;
    this.#isKilled = true;
    this.#stop ??= { reason: "lost", error: "The lease could not be kept", ...this.#standing() };
    if (this.#process) this.#end(this.#process);
  }

  /** The log refused an append: somebody else has the run, or the store is broken. Either way the agent must stop. */
  #refused(error: unknown): void {
    this.#fenced ||= error instanceof DomainError && error.code === "fenced";
    const process = this.#process;
    if (process) this.#end(process);
  }

  #end(process: AgentProcess): void {
    process.end({ graceMs: this.#fenced || this.#isKilled ? 0 : termGraceMs }).catch((error) =>
      this.#context.warn(`Cannot end the agent of task ${this.#task.id}`, error, this.#about)
    );
  }

  get #about(): About {
    return { task: this.#task.id, run: this.#open.epoch };
  }

  #timer(ms: number, callback: () => void): () => void {
    const clear = this.#context.clock.timer(ms, () => {
      this.#timers.delete(clear);
      callback();
    });
    this.#timers.add(clear);
    return clear;
  }

  async #append(decideOn: (now: number, head: Task | null) => NewEvent[]): Promise<Task> {
    const { head } = await appendPatiently(this.#context, {
      task: this.#task.id,
      by: this.#by,
      priority: "command",
      decide: (task, { now }) => decideOn(now, task),
    });
    return head;
  }

  #record(...events: NewEvent[]): Promise<Task> {
    return this.#append((now, head) => decide({ type: "record", run: this.#open.epoch, events }, head, now));
  }

  /** Commands for this task reach its run through the log: a cancel, a follow-up. */
  #listen(): () => void {
    return this.#context.store.tail.subscribe(({ events, heads }) => {
      const closed = heads.some((head) => head.id === this.#task.id && this.#isClosedIn(head));
      if (closed && !this.#finishing) this.#refused(new DomainError("fenced", "The run was taken over"));
      for (const { event } of events) {
        if (event.task !== this.#task.id) continue;
        if (event.type === "task.cancel_requested") this.stop("cancelled");
        if (event.type === "message.added" && this.#process) void this.#deliver(this.#process, [event.seq]);
      }
    });
  }

  /** On a shared store the tail may still bring heads from before our claim; they say nothing. */
  #isClosedIn({ epoch, run }: Task): boolean {
    return epoch > this.#open.epoch || (epoch === this.#open.epoch && run === null);
  }

  async #prepare(): Promise<TaskPlace> {
    const { worktrees, worker } = this.#context;
    const task = this.#task;
    if (this.#context.store.shared) await this.#requireOpen();
    if (task.cancel_requested) this.stop("cancelled");
    const earlier = await placeToGoOnIn(this.#context, task);
    if (earlier?.restored) await this.#recordRestored(earlier.place, earlier.restored);
    if (earlier?.movedFrom) await this.#recordMoved(earlier.place, earlier.movedFrom);
    if (earlier) return earlier.place;
    this.#remade = true;
    // It was cut short before its place was known, and may have another name since.
    if (!task.place && task.epoch > 1) {
      await worktrees.sweep(task.repo, { task: task.id, prefix: branchPrefix(task.id) });
    }
    const { kept, ...place } = await worktrees.add({
      repo: task.repo,
      task: task.id,
      branch: task.place?.branch ?? branchName(task.id, task.title),
      base: await this.#base(),
      baseCommit: task.place?.base_commit || null,
    });
    const { branch, path, base, base_commit } = place;
    await this.#record({
      type: "worktree.added",
      data: { branch, path, base, base_commit, worker: worker.id, ...(kept.length > 0 && { kept }) },
    });
    return { ...place, worker: worker.id, present: true };
  }

  /** The place as it is now; that it was moved is a fact of the log. */
  async #recordMoved({ branch, path, worker }: TaskPlace, from: string): Promise<void> {
    await this.#record({ type: "worktree.moved", data: { branch, from, path, worker } });
  }

  async #recordRestored(place: TaskPlace, { commit, kept }: { commit: string; kept: string[] }): Promise<void> {
    this.#restored = true;
    const { branch, path, base, base_commit, worker } = place;
    await this.#record({
      type: "worktree.added",
      data: { branch, path, base, base_commit, worker, ...(kept.length > 0 && { kept }), restored: commit },
    });
  }

  /** What no task of this repository would fare better with puts the task back, and is told to the scheduler. */
  async #blameRepository(error: unknown): Promise<never> {
    if (this.#fenced || (error instanceof DomainError && error.code === "fenced")) throw error;
    const reason = await repositoryFault(this.#context, this.#task, error);
    if (reason === null) throw error;
    this.#brokenRepository = reason;
    throw new DomainError("unavailable", reason, { cause: error });
  }

  /** The claim may have been answered so late that the run was taken over since, and the tail said so before we listened. */
  async #requireOpen(): Promise<void> {
    await this.#record();
    if (this.#isSure()) return;
    this.stop("lost", "The lease could not be kept");
    throw new DomainError("fenced", "The run may have been taken over");
  }

  /** `task:12` means what task 12 made: its branch, or its snapshot. */
  async #base(): Promise<string> {
    const base = this.#task.base ?? "HEAD";
    const other = /^task:(\d+)$/.exec(base)?.[1];
    if (other === undefined) return base;
    const source = await this.#context.store.log.head(Number(other));
    if (source?.place?.present) return `refs/heads/${source.place.branch}`;
    if (source?.snapshot) return source.snapshot.commit;
    throw new DomainError("invalid", `Cannot start from ${base}: that task has neither a branch nor a snapshot`);
  }

  /** Runs the agent to its end; a session that cannot be resumed is replaced by a new one, once. */
  async #converse(place: TaskPlace): Promise<AgentExit> {
    const { random } = this.#context;
    const task = this.#task;
    const resume = task.next.kind === "resume" && task.session_id !== null && !this.#remade;
    const exit = await this.#session(place, { sessionId: resume ? task.session_id! : random.uuid(), resume });
    if (!resume || this.#spoke || this.#stop || this.#planned || exit.code === 0) return exit;
    this.#recorder.push([{
      type: "output.notice",
      data: { kind: "session", text: "The earlier session cannot be resumed; a new one goes on in the same worktree" },
    }], 0);
    this.#result = null;
    this.#conversation = newConversation;
    this.#stderr = "";
    return await this.#session(place, { sessionId: random.uuid(), resume: false });
  }

  async #session(place: TaskPlace, { sessionId, resume }: { sessionId: string; resume: boolean }): Promise<AgentExit> {
    const { store, settings, clock } = this.#context;
    const task = this.#task;
    if (this.#stop) return { code: null, signal: null };
    const budget = task.max_budget_usd === null ? null : task.max_budget_usd - task.cost_usd;
    if (budget !== null && budget <= 0) {
      this.stop("over_budget", `The budget of $${task.max_budget_usd} is used up`);
      return { code: null, signal: null };
    }
    const words = await firstWords(task, {
      log: store.log,
      suffix: settings.promptSuffix,
      resumed: resume,
      restored: this.#restored,
    });
    this.#worktreesBefore = await this.#context.worktrees.names(task.repo);
    // The claim, or the way here, may have taken longer than the lease lasts: then somebody else may be at work already.
    if (!this.#isSure()) this.stop("lost", "The lease could not be kept");
    if (this.#stop || this.#fenced) return { code: null, signal: null };
    const process = await this.#agent({
      cwd: place.path,
      mark: this.#open.mark,
      workerMark: workerMark(this.#context),
      sessionId,
      resume,
      sessionTotal: resume && task.session_total
        ? { usage: task.session_total.usage, costUsd: task.session_total.cost_usd }
        : null,
      mode: task.mode,
      model: task.model,
      effort: task.effort,
      fallbackModel: task.fallback_model,
      maxBudgetUsd: budget,
      prompt: words.text,
      rawLog: `${settings.logs}/task-${task.id}.log`,
      maxOutputBytes: settings.maxOutputBytes,
    });
    this.#process = process;
    // A stop that came while it was being started had nobody to speak to.
    if (this.#isKilled) this.#end(process);
    else if (this.#stop) this.#interrupt(process);
    try {
      const head = await this.#record(
        {
          type: "run.started",
          data: { pid: process.pid, session_id: sessionId, agent: process.name, args: process.args, resumed: resume },
        },
        ...(words.message === null ? [] : [{ type: "message.sent" as const, data: { message: words.message } }]),
      );
      if (words.message !== null) this.#sent = Math.max(this.#sent, words.message);
      // What came between the claim and now was not heard by the listener.
      if (head.cancel_requested) this.stop("cancelled");
      await this.#deliver(process, head.messages);
      const limit = task.timeout_seconds ?? settings.timeoutSeconds ?? null;
      if (limit !== null) {
        const leftMs = limit * 1_000 - (clock.monotonic() - this.#startedAt);
        const whose = task.timeout_seconds === null ? " (CODER_TIMEOUT_SECONDS)" : "";
        this.#timer(Math.max(0, leftMs), () => this.stop("timed_out", `Time limit of ${limit} s reached${whose}`));
      }
      this.#watchSilence();
      // One that was stopped while it was held back ends; its last words, at most what its pipes held, wait for nothing.
      const gone = new AbortController();
      void process.exited.then(() => gone.abort());
      await this.#read(process, gone.signal);
      return await process.exited;
    } finally {
      this.#clearRest();
      await process.end({ graceMs: this.#fenced ? 0 : termGraceMs });
    }
  }

  /** Every step of the agent into the log, in order. */
  async #read(process: AgentProcess, gone: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    for await (const step of process.steps) {
      this.#watchSilence();
      switch (step.type) {
        case "events":
          this.#look(step.events);
          this.#hear({ type: step.events.some(isOfAgent) ? "said" : "noise" }, process);
          this.#recorder.push(step.events, step.bytes);
          await this.#recorder.room();
          await this.#hasRoom(gone);
          break;
        case "plan":
          if (this.#planned) break;
          this.#planned = true;
          this.#recorder.push([{ type: "plan.proposed", data: { plan: step.plan } }], step.plan.length);
          break;
        case "too_much":
          this.stop("failed", `The run printed more than ${megabytes(this.#context.settings.maxOutputBytes!)} MB`);
          break;
        case "turn":
          this.#hear(step, process);
          break;
        case "background":
          this.#hear(step, process);
          this.#tellBackground();
          break;
        case "result":
          this.#result = step.result;
          this.#sinceResult = nothingCounted;
          this.#hear(step, process);
          if (this.#conversation.living.length > 0) this.#tellBackground();
          break;
        case "refused":
          if (step.retryInMs !== null) this.#pausedUntil = clock.now() + step.retryInMs;
          this.stop("paused", step.reason);
          break;
      }
    }
    if (this.#task.mode === "plan" && !this.#planned && !this.#stop && this.#result?.ok) {
      // The agent did not ask for approval: what it handed in or said last is the plan.
      this.#planned = true;
      const { plan } = this.#result;
      this.#recorder.push([{ type: "plan.proposed", data: { plan } }], plan.length);
    }
  }

  /** Whether more is to come of the agent, and what to do when not. */
  #hear(heard: Heard, process: AgentProcess): void {
    const { after, next } = hear(this.#conversation, heard);
    this.#conversation = after;
    if (next !== "keep") this.#rest(next, process);
  }

  #rest(next: Exclude<Next, "keep">, process: AgentProcess): void {
    this.#clearRest();
    if (next === "close_soon") {
      this.#clearRest = this.#timer(nextTurnMs, () => {
        this.#conversation = { ...this.#conversation, isInputClosed: true };
        this.#rest("close", process);
      });
    } else if (next === "close") {
      // Not awaited: what an agent does not read must not hold up what it says.
      void process.closeInput();
      this.#clearRest = this.#timer(exitGraceMs, () => {
        this.#overstayed = true;
        this.#end(process);
      });
    }
  }

  #tellBackground(): void {
    const { living, isTurnOpen } = this.#conversation;
    const data = { tasks: [...living], waiting: !isTurnOpen && living.length > 0 };
    this.#recorder.push([{ type: "background.changed", data }], JSON.stringify(data).length);
  }

  /** Commits that are not on the task's branch are said, so that they are not taken for missing. */
  async #lookForStrays(place: TaskPlace): Promise<void> {
    const { worktrees, warn } = this.#context;
    try {
      const found = await worktrees.strayed(place, { task: this.#task.id, before: this.#worktreesBefore });
      if (found.length > 0) await this.#record({ type: "work.strayed", data: { found } });
    } catch (error) {
      if (error instanceof DomainError && error.code === "fenced") throw error;
      warn(`Cannot look for commits of task ${this.#task.id} on other branches`, error, this.#about);
    }
  }

  #look(events: NewEvent[]): void {
    for (const event of events) {
      if (event.type === "agent.ready" || event.type.startsWith("output.t")) this.#spoke = true;
      if (event.type === "output.tool_use") this.#worked = true;
      if (event.type === "usage.counted") this.#sinceResult = countedToo(this.#sinceResult, event.data);
      if (event.type === "output.stderr") this.#stderr = (this.#stderr + event.data.text).slice(-stderrKept);
    }
  }

  /** No output at all fails the run; silence later is a notice. */
  #watchSilence(): void {
    const { stallMs } = this.#context.settings;
    this.#clearStall();
    this.#clearStall = this.#timer(stallMs, () => {
      const seconds = Math.round(stallMs / 1_000);
      if (!this.#spoke) return this.stop("stalled", `The agent said nothing for ${seconds} s after its start`);
      const { living } = this.#conversation;
      const works = living.length > 0 ? `; in the background: ${backgroundWords(living)}` : "";
      this.#recorder.push(
        [{ type: "output.notice", data: { kind: "silence", text: `No output for ${seconds} s${works}` } }],
        0,
      );
    });
  }

  /** Follow-ups to the running agent; one that does not reach it waits for the next run. */
  async #deliver(process: AgentProcess, seqs: number[]): Promise<void> {
    for (const seq of seqs) {
      if (seq <= this.#sent) continue;
      this.#sent = seq;
      try {
        const text = await messageText(this.#task.id, seq, this.#context.store.log);
        if (await process.send(text)) await this.#record({ type: "message.sent", data: { message: seq } });
      } catch (error) {
        if (!this.#fenced) this.#context.warn(`Cannot deliver a message to task ${this.#task.id}`, error, this.#about);
      }
    }
  }

  /** By the agent's own account, and what was counted after it. */
  #costOf(): Pick<RunEnd, "cost_usd" | "cost_basis"> {
    if (!this.#result) return { cost_usd: null };
    const { costUsd } = this.#result;
    const { answers, estimatedUsd } = this.#sinceResult;
    if (answers === 0) return { cost_usd: costUsd, cost_basis: "reported" };
    if (estimatedUsd === null) return { cost_usd: costUsd, cost_basis: "unknown" };
    return { cost_usd: costUsd + estimatedUsd, cost_basis: "estimated" };
  }

  async #endOf(exit: AgentExit, place: TaskPlace | null, broken: unknown): Promise<RunEnd> {
    const { clock, worktrees } = this.#context;
    const changes = place ? await worktrees.changes(place).catch(() => null) : null;
    const verdict = broken !== null && !this.#stop ? verdictOnError(broken) : verdictOf({
      planned: this.#planned,
      stop: this.#stop,
      result: this.#result,
      exit,
      overstayed: this.#overstayed,
      stderr: this.#stderr,
      living: this.#conversation.living,
      isTurnOpen: this.#conversation.isTurnOpen,
    });
    if (verdict.outcome === "paused") {
      this.#pausedUntil ??= this.#result?.limitResetsAt ?? resetTimeOf(verdict.error ?? "", clock.now());
    }
    return {
      ...verdict,
      exit_code: exit.code,
      signal: exit.signal,
      result: this.#result?.text ?? null,
      usage: this.#result?.usage ?? null,
      ...this.#costOf(),
      ...(this.#result?.sessionTotal && {
        session_total: { usage: this.#result.sessionTotal.usage, cost_usd: this.#result.sessionTotal.costUsd },
      }),
      duration_ms: Math.round(clock.monotonic() - this.#startedAt),
      uncommitted: changes?.uncommitted ?? null,
      lines_added: changes?.lines_added ?? null,
      lines_removed: changes?.lines_removed ?? null,
    };
  }
}

/** Answers of the model since the agent's last account, and what they cost, where that is known. */
interface SinceResult {
  answers: number;
  estimatedUsd: number | null;
}

const nothingCounted: SinceResult = { answers: 0, estimatedUsd: 0 };

function countedToo({ answers, estimatedUsd }: SinceResult, { estimated_cost_usd }: EventData["usage.counted"]) {
  const isKnown = estimatedUsd !== null && estimated_cost_usd !== undefined;
  return { answers: answers + 1, estimatedUsd: isKnown ? estimatedUsd + estimated_cost_usd : null };
}

/** Whether the agent itself speaks or acts, and not a subagent or the program. */
function isOfAgent({ type, data }: NewEvent): boolean {
  if (type !== "output.text" && type !== "output.thinking" && type !== "output.tool_use") return false;
  return data.subagent === undefined;
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1_048_576).toLocaleString("en-US");
}

/** Such as a base that does not exist: the fault of the task alone. */
function isWrongValue(error: unknown): boolean {
  return error instanceof DomainError && error.code === "invalid";
}

/** An error of our own: the environment's fault puts the task back, a wrong value fails it. */
function verdictOnError(error: unknown): Pick<RunEnd, "outcome" | "error"> {
  const unavailable = error instanceof DomainError && error.code === "unavailable";
  return { outcome: unavailable ? "paused" : "failed", error: messageOf(error) };
}
