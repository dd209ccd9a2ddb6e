// Agents that speak over virtual time: they succeed, fail, hang, propose plans, end without a word, and react, or do not,
// to being asked to stop. An agent lives on its machine; the process that started it only listens.

import { DomainError } from "../../core/domain/error.ts";
import type { NewEvent } from "../../core/domain/event.ts";
import type { Agent, AgentExit, AgentProcess, AgentResult, AgentStart, AgentStep } from "../../core/process/agent.ts";
import type { Machine, Process } from "./machine.ts";

export type Ending = "succeed" | "fail" | "exit" | "silent_exit" | "hang" | "overload" | "fail_early" | "overstay";

const usage = { input_tokens: 10, output_tokens: 5, cache_read_tokens: 0, cache_write_tokens: 0 };

/** What the simulation wants to hear about agents. */
export interface AgentWatcher {
  started(agent: LiveAgent): void;
  ended(agent: LiveAgent): void;
}

export class LiveAgent {
  /** Stands in all that it says, with the number of the step. */
  readonly key: string;
  readonly pid: number;
  readonly task: number;
  alive = true;
  /** Steps said so far; each carries its number. */
  said = 0;
  /** Every user message that reached it. */
  readonly heard: string[];
  readonly #steps: AgentStep[] = [];
  #pull: ((step: IteratorResult<AgentStep>) => void) | null = null;
  readonly #exited = Promise.withResolvers<AgentExit>();
  #dead = Promise.withResolvers<void>();
  #inputOpen = true;
  #hasResult = false;
  #hasWaited = false;
  /** Whether it works in the background. */
  isBusy = false;
  /** Whether it ended while it did. */
  wasCutShort = false;
  #ending: Ending;
  readonly #stubborn: boolean;

  constructor(
    readonly machine: Machine,
    readonly process: Process,
    readonly start: AgentStart,
    readonly watcher: AgentWatcher,
  ) {
    const { random, faulty } = machine.world;
    this.task = Number(/task-(\d+)\.log$/.exec(start.rawLog)![1]);
    this.key = `${start.mark}:${random.uuid()}`;
    this.pid = random.integer(1_000, 30_000);
    this.heard = [start.prompt];
    this.#ending = drawEnding(machine);
    this.#stubborn = faulty && random.chance(0.15);
    machine.agents.add(this);
    watcher.started(this);
    if (start.resume && faulty && random.chance(0.15)) this.#later(300, () => this.#die({ code: 1, signal: null }));
    else if (this.#ending === "fail_early") this.#later(500, () => this.#result({ ok: false, subtype: "error" }));
    else if (this.#ending !== "hang" || random.chance(0.7)) this.#later(random.between(50, 1_000), () => this.#begin());
  }

  get name(): string {
    return `agent ${this.start.mark.slice(0, 8)} of task ${this.task} on ${this.machine.name}`;
  }

  /** Its steps for whoever started it. */
  toProcess(): AgentProcess {
    return {
      pid: this.pid,
      name: "simulated",
      args: [],
      steps: { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) },
      exited: this.#exited.promise,
      send: async (text) => {
        await this.process.wait(1);
        if (!this.alive || !this.#inputOpen) return false;
        this.heard.push(text);
        if (this.#hasResult) this.#later(200, () => this.#finish());
        return true;
      },
      closeInput: async () => {
        await this.process.wait(1);
        this.#inputOpen = false;
        const stays = this.#ending === "overstay" || this.#ending === "hang";
        if (this.#hasResult && !stays) this.#later(30, () => this.#die({ code: 0, signal: null }));
      },
      interrupt: async () => {
        await this.process.wait(1);
        if (this.#stubborn || this.#hasResult) return;
        this.#later(200, () => this.#result({ ok: false, subtype: "error_during_execution" }));
      },
      end: async ({ graceMs }) => await this.end(this.process, graceMs),
    };
  }

  /** TERM, then KILL by `by`, who may not live that long. */
  async end(by: Process, graceMs: number): Promise<void> {
    if (!this.alive) return;
    const { world } = this.machine;
    if (graceMs > 0 && !this.#stubborn) {
      this.#later(world.random.between(5, 100), () => this.#die({ code: null, signal: "SIGTERM" }));
    }
    world.later(graceMs, by, () => this.#die({ code: null, signal: "SIGKILL" }));
    await this.#dead.promise;
    await by.wait(1);
  }

  /** From outside of the service: no memory is left, say, or the power fails. */
  kill(): void {
    this.#die({ code: null, signal: "SIGKILL" });
  }

  /** Faults are over: what hangs goes on to a good end. */
  recover(): void {
    if (this.#ending === "succeed") return;
    this.#ending = "succeed";
    this.#later(500, () => this.#hasResult ? this.#die({ code: 0, signal: null }) : this.#finish());
  }

  #begin(): void {
    const { start } = this;
    this.#commit();
    this.#say({ type: "agent.ready", data: { model: "m", session_id: start.sessionId, version: "1" } });
    const { random } = this.machine.world;
    const isChatty = random.chance(0.02);
    if (isChatty) this.#work(700, 5);
    else if (random.chance(0.1)) this.#work(random.integer(5, 40), random.between(0.05, 1));
    else this.#work(random.integer(1, 12), random.between(20, random.chance(0.2) ? 10_000 : 2_000));
  }

  #commit(): void {
    const { machine: { folders, repository, world }, start: { cwd, prompt, mode } } = this;
    const folder = folders.get(cwd);
    if (!folder || mode === "plan" || world.random.chance(0.1)) return;
    repository.work(folder.branch, { piece: this.key, prompt });
  }

  #work(left: number, pauseMs: number): void {
    if (this.#ending === "hang" && left === 1) return;
    if (left === 0) return this.#finish();
    const { random } = this.machine.world;
    const id = `${this.key}:${this.said}`;
    const kind = random.integer(0, 5);
    if (kind <= 1) {
      this.#say({ type: "output.text", data: { text: random.chance(0.01) ? id.padEnd(120_000, "x") : id } });
    } else if (kind === 2) {
      this.#say({ type: "output.tool_use", data: { id, name: "Bash", summary: id, input: { left } } });
    } else if (kind === 3) this.#say({ type: "output.tool_result", data: { id, is_error: false, text: id } });
    else if (kind === 4) this.#say({ type: "usage.counted", data: { ...usage, message_id: id } });
    else this.#say({ type: "output.stderr", data: { text: id } });
    this.#later(random.between(0, pauseMs * 2), () => this.#work(left - 1, pauseMs));
  }

  #finish(): void {
    if (!this.alive) return;
    const isPlanning = this.start.mode === "plan";
    const { random } = this.machine.world;
    switch (this.#ending) {
      case "exit":
        return this.#die({ code: 1, signal: null });
      case "silent_exit":
        return this.#die({ code: 0, signal: null });
      case "hang":
        return;
      case "fail":
        return this.#result({ ok: false, subtype: "error_during_execution" });
      case "overload":
        return this.#result({ ok: false, subtype: "success", apiErrorStatus: 529 });
      default:
        if (!this.#hasWaited && random.chance(0.1)) return this.#workInBackground();
        if (isPlanning && random.chance(0.8)) this.#put({ type: "plan", plan: `plan of ${this.start.mark}` });
        this.#result({ ok: true, subtype: "success" });
    }
  }

  /** Ends its turn while a task of its own works on, and begins another when that ends. */
  #workInBackground(): void {
    const { random } = this.machine.world;
    this.#hasWaited = true;
    this.isBusy = true;
    this.#put({ type: "background", tasks: [{ id: "b1", kind: "local_bash", description: this.start.mark }] });
    this.#put({ type: "result", result: this.#resultOf({ ok: true, subtype: "success" }) });
    this.#later(random.between(100, 60_000), () => {
      this.isBusy = false;
      this.#put({ type: "background", tasks: [] });
      this.#later(random.between(1, 100), () => {
        this.#put({ type: "turn" });
        this.#finish();
      });
    });
  }

  #result(result: Pick<AgentResult, "ok" | "subtype"> & Partial<AgentResult>): void {
    this.#hasResult = true;
    this.#put({ type: "result", result: this.#resultOf(result) });
    if (!this.#inputOpen && this.#ending !== "overstay") this.#later(30, () => this.#die({ code: 0, signal: null }));
  }

  #resultOf(result: Pick<AgentResult, "ok" | "subtype"> & Partial<AgentResult>): AgentResult {
    return {
      text: `result of ${this.start.mark}`,
      plan: `plan of ${this.start.mark}`,
      apiErrorStatus: null,
      limitResetsAt: null,
      usage,
      costUsd: 0.01,
      sessionTotal: null,
      ...result,
    };
  }

  #say(event: NewEvent): void {
    this.said++;
    this.#put({ type: "events", events: [event], bytes: JSON.stringify(event).length });
  }

  #put(step: AgentStep): void {
    this.#steps.push(step);
    this.#pass();
  }

  async #next(): Promise<IteratorResult<AgentStep>> {
    const step = await new Promise<IteratorResult<AgentStep>>((resolve) => this.#wait(resolve));
    await this.machine.world.steps();
    return step;
  }

  #wait(resolve: (step: IteratorResult<AgentStep>) => void): void {
    this.#pull = resolve;
    if (this.#steps.length > 0 || !this.alive) this.#pass();
  }

  /** A pull is answered by a pick of the listener's own, so that it may die or stop in between. */
  #pass(): void {
    const pull = this.#pull;
    if (!pull) return;
    this.#pull = null;
    this.machine.world.later(0.1, this.process, () => {
      const step = this.#steps.shift();
      pull(step ? { done: false, value: step } : { done: true, value: undefined });
    });
  }

  #die(exit: AgentExit): void {
    if (!this.alive) return;
    this.alive = false;
    this.wasCutShort = this.isBusy;
    this.machine.agents.delete(this);
    this.watcher.ended(this);
    this.#dead.resolve();
    this.machine.world.later(1, this.process, () => this.#exited.resolve(exit));
    this.#pass();
  }

  #later(ms: number, run: () => void): void {
    this.machine.world.later(ms, this.machine, () => {
      if (this.alive) run();
    });
  }
}

function drawEnding({ world: { random, faulty } }: Machine): Ending {
  if (!faulty) return "succeed";
  const drawn = random.float();
  const shares: [Ending, number][] = [
    ["fail", 0.08],
    ["exit", 0.05],
    ["silent_exit", 0.03],
    ["hang", 0.08],
    ["overload", 0.01],
    ["fail_early", 0.02],
    ["overstay", 0.05],
  ];
  let sum = 0;
  for (const [ending, share] of shares) if (drawn < (sum += share)) return ending;
  return "succeed";
}

/** The agent port of one process. */
export function simulatedAgent(machine: Machine, process: Process, watcher: AgentWatcher): Agent {
  const { random } = machine.world;
  return async (start) => {
    await process.wait(random.between(1, 20));
    if (machine.world.faulty && random.chance(0.01)) throw new DomainError("unavailable", "The agent does not start");
    // Between the program's start and our knowing of it there is a moment, too.
    const agent = new LiveAgent(machine, process, start, watcher);
    await process.wait(random.between(1, 300));
    return agent.toProcess();
  };
}

/** What ends the survivors of a run on `machine`, called by `process`. */
export function simulatedEndSurvivors(machine: Machine, process: Process): (mark: string) => Promise<number> {
  return async (mark) => {
    await process.wait(5);
    const survivors = [...machine.agents, ...machine.steps].filter(({ start }) =>
      start.mark === mark || start.workerMark === mark
    );
    await Promise.all(survivors.map((survivor) => survivor.end(process, 3_000)));
    return survivors.length;
  };
}
