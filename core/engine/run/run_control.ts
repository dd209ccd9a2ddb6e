// The hand that carries out what a run's state says: it interrupts, closes and ends the agent, keeps the times of grace, and
// hands to the recorder what the state has to say.

import type { About } from "../../domain/ports.ts";
import type { AgentProcess } from "../../process/agent.ts";
import type { StepProcess } from "../../process/project/step_process.ts";
import type { Sandbox } from "../../process/sandbox/sandbox.ts";
import type { EngineContext } from "../context.ts";
import type { OutputRecorder } from "./record_output.ts";
import type { StopReason } from "./run_end.ts";
import { advance, type Effect, isCutOff, newRun, type RunInput, type RunState, stopOf } from "./run_state.ts";

const interruptGraceMs = 3_000;
const termGraceMs = 5_000;
/** How long an agent may live on after its last result. */
const exitGraceMs = 10_000;
/** How long an agent may take to begin a turn about background work that ended. */
const nextTurnMs = 5_000;

/** `error`: in words. */
export interface SilenceLimit {
  ms: number;
  error: string;
}

export class RunControl {
  readonly #context: Pick<EngineContext, "clock" | "settings" | "warn">;
  readonly #about: About;
  readonly #recorder: Pick<OutputRecorder, "append">;
  readonly #isSure: () => boolean;
  readonly #timers = new Set<() => void>();
  readonly #stopped = new AbortController();
  #state: RunState = newRun;
  #process: AgentProcess | null = null;
  /** The command of the repository that works now or worked last. */
  #step: Pick<StepProcess, "end"> | null = null;
  /** What lives until the run's end: a command that may have left something running. */
  readonly #outliving: Pick<StepProcess, "end">[] = [];
  /** Around all of them. */
  #sandbox: Pick<Sandbox, "end"> | null = null;
  #endsSandbox = false;
  #isSandboxGone = false;
  /** Clears the wait for the agent's next turn or exit. */
  #clearWait = () => {};
  #clearSilence = () => {};
  /** By the monotonic clock. */
  #silentFrom = 0;
  #silenceLimit: SilenceLimit | null = null;
  #clearLimit = () => {};

  /** `about` names the run in what is reported; `isSure`: whether this worker still holds it, as far as it can know. */
  constructor(
    context: Pick<EngineContext, "clock" | "settings" | "warn">,
    { about, recorder, isSure }: {
      about: About;
      recorder: Pick<OutputRecorder, "append">;
      isSure: () => boolean;
    },
  ) {
    this.#context = context;
    this.#about = about;
    this.#recorder = recorder;
    this.#isSure = isSure;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Aborts when the run is to stop, softly or at once. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** The agent that runs now or ran last; null before the first. */
  get process(): AgentProcess | null {
    return this.#process;
  }

  /** An agent was started; a stop that came meanwhile reaches it now. */
  attach(process: AgentProcess): void {
    this.#process = process;
    this.tell({ type: "started" });
  }

  /** A command of the repository was started; a stop that came meanwhile ends it now. With `outlives` what it left stays. */
  attachStep(step: Pick<StepProcess, "end">, { outlives }: { outlives: boolean }): void {
    this.#step = step;
    if (outlives) this.#outliving.push(step);
    this.tell({ type: "step_started" });
  }

  /** Around everything that is started from now on; ends after all of it. */
  attachSandbox(sandbox: Pick<Sandbox, "end" | "gone">): void {
    this.#sandbox = sandbox;
    sandbox.gone.then(() => {
      this.#isSandboxGone = true;
      if (this.#endsSandbox) return;
      this.requireLease();
      this.stop("failed", "The run's sandbox has ended, and all that was in it");
    });
  }

  /** Nothing of the last command is left: there is nothing to end with the run. */
  forgetStep(): void {
    const at = this.#outliving.indexOf(this.#step!);
    if (at >= 0) this.#outliving.splice(at, 1);
    this.#step = null;
  }

  /** Ends what is left of the last command; resolves when nothing of it is alive. */
  async endStep(): Promise<void> {
    await this.#step?.end({ graceMs: this.#graceMs });
  }

  /** Takes the run to its next state and does what that asks for. Never throws, and waits for nothing. */
  tell(input: RunInput): void {
    const { state, effects } = advance(this.#state, input);
    this.#state = state;
    if (stopOf(state) || isCutOff(state)) this.#stopped.abort();
    for (const effect of effects) this.#carryOut(effect);
  }

  /** Asks the agent to stop; the first reason counts. */
  stop(reason: StopReason, error: string | null = null): void {
    this.tell({ type: "stop", reason, error });
  }

  /**
   * Stops a run that somebody else may have by now: then an agent must not be started, and the end of one says nothing, since
   * who watches over this process may have ended it.
   */
  requireLease(): void {
    if (!this.#isSure()) this.stop("lost", "The lease could not be kept");
  }

  /** Stops the run for `reason` after `ms`, unless its session is over by then. */
  stopAfter(ms: number, reason: StopReason, error: string): void {
    this.#clearLimit = this.#timer(ms, () => this.stop(reason, error));
  }

  /** How long the agent may say nothing from now on; null: as long as it likes, once it has spoken. */
  limitSilence(limit: SilenceLimit | null): void {
    this.#silenceLimit = limit;
  }

  /** Nothing came from the agent yet, or what came is dealt with: its silence counts from now on. */
  listen(): void {
    this.#clearSilence();
    this.#silentFrom = this.#context.clock.monotonic();
    this.#awaitWord(0);
  }

  /** The agent said something. Until `listen` it cannot say more, so its silence does not count. */
  heard(): void {
    this.#clearSilence();
    if (this.#state.agent.isSilent) this.tell({ type: "silence_over", seconds: Math.round(this.#silentMs / 1_000) });
  }

  get #silentMs(): number {
    return this.#context.clock.monotonic() - this.#silentFrom;
  }

  /** `afterMs` of silence have passed: waits for the notice or the limit, whichever comes first. */
  #awaitWord(afterMs: number): void {
    const { clock, settings: { stallMs } } = this.#context;
    const limit = this.#silenceLimit;
    const isNoticed = afterMs >= stallMs;
    if (limit && (isNoticed || limit.ms <= stallMs)) {
      this.#clearSilence = this.#timer(limit.ms - afterMs, () => this.stop("stalled", limit.error));
    } else if (!isNoticed) {
      this.#clearSilence = this.#timer(stallMs, () => {
        const since = new Date(clock.now() - stallMs).toISOString();
        this.tell({ type: "said_nothing", seconds: Math.round(stallMs / 1_000), since });
        this.#awaitWord(stallMs);
      });
    }
  }

  /** The session is over: nothing more is awaited of its agent, and its silence says nothing. */
  stopWaiting(): void {
    this.#clearWait();
    if (stopOf(this.#state)) this.#clearSilence();
    else this.heard();
    this.#clearLimit();
  }

  /** Ends the whole tree of the agent, if there is one; resolves when nothing of it is alive. */
  async endAgent(): Promise<void> {
    await this.#process?.end({ graceMs: this.#graceMs });
  }

  /** Ends all of the run; resolves when nothing of it is alive. What cannot be ended does not keep the rest alive. */
  async endAll(): Promise<void> {
    const graceMs = this.#graceMs;
    const all = [...new Set([...this.#outliving, this.#step, this.#process])];
    const ends = await Promise.allSettled(all.map((one) => one?.end({ graceMs })));
    ends.push(...await Promise.allSettled([this.#endSandbox()]));
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
  }

  async #endSandbox(): Promise<void> {
    this.#endsSandbox = true;
    const sandbox = this.#sandbox;
    try {
      await sandbox?.end({ graceMs: this.#graceMs });
    } catch (error) {
      if (!this.#isSandboxGone) throw error;
      // Nothing of it is alive, so the run is over: what it left on the disk holds up nothing.
      if (this.#sandbox === sandbox) {
        this.#context.warn(`Cannot tidy up the sandbox of task ${this.#about.task}`, error, this.#about);
      }
      this.#sandbox = null;
    }
  }

  get #graceMs(): number {
    return isCutOff(this.#state) ? 0 : termGraceMs;
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "record":
        // A refusal is told to us by the recorder.
        this.#recorder.append(effect.events, effect.bytes).catch(() => {});
        return;
      case "stop_waiting":
        return this.#clearWait();
      case "await_turn":
        return this.#wait(nextTurnMs, { type: "no_turn_came" });
      case "await_exit":
        // Not awaited: what an agent does not read must not hold up what it says.
        void this.#process?.closeInput();
        return this.#wait(exitGraceMs, { type: "did_not_exit" });
      case "interrupt":
        void this.#process?.interrupt();
        this.#timer(interruptGraceMs, () => this.#end());
        return;
      case "end":
        return this.#end();
    }
  }

  #end(): void {
    // An agent that is over may be ended alone: its check is still to come.
    const ended = stopOf(this.#state) || isCutOff(this.#state) ? this.endAll() : this.endAgent();
    ended.catch((error) => this.#context.warn(`Cannot end the agent of task ${this.#about.task}`, error, this.#about));
  }

  #wait(ms: number, input: RunInput): void {
    this.#clearWait();
    this.#clearWait = this.#timer(ms, () => this.tell(input));
  }

  #timer(ms: number, callback: () => void): () => void {
    const clear = this.#context.clock.timer(ms, () => {
      this.#timers.delete(forget);
      callback();
    });
    const forget = () => {
      this.#timers.delete(forget);
      clear();
    };
    this.#timers.add(forget);
    return forget;
  }

  /** The run is over: what comes now changes nothing, and no time is kept any more. */
  close(): void {
    this.tell({ type: "ended" });
    for (const forget of [...this.#timers]) forget();
  }
}
