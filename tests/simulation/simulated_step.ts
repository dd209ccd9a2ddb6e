// What a simulated repository says about work in it, and its commands over virtual time: they pass, fail, hang, and leave
// something running. A command lives on its machine; the process that started it only listens.

import { DomainError } from "../../core/domain/error.ts";
import type { AgentExit } from "../../core/process/agent.ts";
import { noSettings, type Projects, type ProjectSettings } from "../../core/process/project/project_settings.ts";
import type { StepProcess, StepRunner, StepStart } from "../../core/process/project/step_process.ts";
import type { TaskPorts } from "../../core/process/project/task_ports.ts";
import type { Machine, Process } from "./machine.ts";
import type { Oracle } from "./oracle.ts";
import type { World } from "./world.ts";

const methods = ["ff", "merge", "squash", "rebase"] as const;

/** Settings of a repository, drawn once for all workers. */
export function drawSettings({ random }: World): ProjectSettings {
  const maybe = (command: string) => random.chance(0.5) ? command : null;
  return {
    ...noSettings,
    setup: maybe("setup"),
    check: maybe("check"),
    cleanup: maybe("cleanup"),
    setupTimeoutSeconds: 20,
    checkTimeoutSeconds: 20,
    cleanupTimeoutSeconds: 10,
    checkRounds: random.integer(0, 2),
    commitReminder: random.chance(0.5),
    land: random.chance(0.3) ? "auto" : null,
    method: random.chance(0.7) ? random.pick(methods) : null,
  };
}

/** One command on a machine. */
export class LiveStep {
  readonly pid: number;
  alive = true;
  readonly #exited = Promise.withResolvers<AgentExit>();
  readonly #dead = Promise.withResolvers<void>();
  readonly #isStubborn: boolean;
  /** It has exited, and what it started lives on. */
  #hasExited = false;

  constructor(readonly machine: Machine, readonly process: Process, readonly start: StepStart) {
    const { random, faulty } = machine.world;
    this.pid = random.integer(1_000, 30_000);
    this.#isStubborn = faulty && random.chance(0.15);
    machine.steps.add(this);
    if (faulty && random.chance(0.08)) return;
    const code = faulty && random.chance(0.15) ? 1 : 0;
    const staysBehind = code === 0 && random.chance(0.1);
    machine.world.later(random.between(10, 5_000), machine, () => {
      if (!this.alive) return;
      if (staysBehind) this.#exit({ code, signal: null });
      else this.#die({ code, signal: null });
    });
  }

  get name(): string {
    return `\`${this.start.command}\` in ${this.start.cwd}`;
  }

  toProcess(): StepProcess {
    const { pid } = this;
    return {
      pid,
      output: this.#output(),
      exited: this.#exited.promise,
      living: async () => {
        await this.process.wait(1);
        return this.alive ? 1 : 0;
      },
      end: ({ graceMs }) => this.end(this.process, graceMs),
    };
  }

  /** TERM, then KILL by `by`, who may not live that long. */
  async end(by: Process, graceMs: number): Promise<void> {
    if (!this.alive) return;
    const { world } = this.machine;
    if (graceMs > 0 && !this.#isStubborn) {
      world.later(world.random.between(5, 100), this.machine, () => this.#die({ code: null, signal: "SIGTERM" }));
    }
    world.later(graceMs, by, () => this.#die({ code: null, signal: "SIGKILL" }));
    await this.#dead.promise;
    await by.wait(1);
  }

  /** From outside of the service. */
  kill(): void {
    this.#die({ code: null, signal: "SIGKILL" });
  }

  async *#output(): AsyncGenerator<{ text: string; bytes: number }> {
    await this.process.wait(1);
    yield { text: `${this.start.command} works\n`, bytes: 12 };
    await this.#exited.promise;
  }

  #exit(exit: AgentExit): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.machine.world.later(1, this.process, () => this.#exited.resolve(exit));
  }

  #die(exit: AgentExit): void {
    if (!this.alive) return;
    this.alive = false;
    this.machine.steps.delete(this);
    this.#dead.resolve();
    this.#exit(exit);
  }
}

/** The ports of one process: what its repository says, its commands, and ports for tasks. */
export function simulatedProject(
  machine: Machine,
  process: Process,
  { settings, oracle }: { settings: ProjectSettings; oracle: Oracle },
): { projects: Projects; steps: StepRunner; ports: TaskPorts } {
  const { random } = machine.world;
  return {
    projects: {
      async settings() {
        await process.wait(random.between(1, 20));
        if (machine.world.faulty && random.chance(0.01)) {
          throw new DomainError("invalid", "coder.json, line 1, column 1: it is broken");
        }
        return { settings, sources: {} };
      },
    },
    async steps(start) {
      await process.wait(random.between(1, 20));
      if (machine.world.faulty && random.chance(0.01)) throw new DomainError("unavailable", "sh does not start");
      const step = new LiveStep(machine, process, start);
      oracle.stepStarted(step);
      await process.wait(random.between(1, 50));
      return step.toProcess();
    },
    ports: { reserve: ({ wanted }) => Promise.resolve(wanted ?? 20_000), release() {} },
  };
}
