// A worker: the real engine on the real store, with every port simulated. It starts, crashes, stops softly and starts again
// under the same uuid.

import type { EngineContext } from "../../core/engine/context.ts";
import { type Engine, engine } from "../../core/engine/engine.ts";
import type { Service } from "../../core/engine/service/service.ts";
import { denoKv } from "../../core/kv/kv.ts";
import { reopeningKv } from "../../core/kv/reopening_kv.ts";
import { buildStore, type Store } from "../../core/kv/store.ts";
import { type Machine, Process } from "./machine.ts";
import type { Network } from "./network.ts";
import type { Oracle } from "./oracle.ts";
import { simulatedAgent, simulatedEndSurvivors } from "./simulated_agent.ts";
import { noneAdded, noProject, notSetUp, notStored } from "../support/no_project.ts";
import { simulatedExchange } from "./simulated_exchange.ts";
import { simulatedLandings } from "./simulated_landings.ts";
import type { Receivers } from "./webhooks.ts";
import { simulatedWorktrees } from "./simulated_worktrees.ts";
import { simulatedClock, type World } from "./world.ts";
import type { ProjectSettings } from "../../core/process/project/project_settings.ts";
import { simulatedProject } from "./simulated_step.ts";

const cronMs = 60_000;
/** main.ts gives a soft stop this long. */
const stopWithinMs = 60_000;

export class Node {
  process: Process | null = null;
  #engine: Engine | null = null;
  #lives = 0;

  constructor(
    readonly world: World,
    readonly options: {
      id: string;
      name: string;
      machine: Machine;
      network: Network;
      oracle: Oracle;
      settings: ProjectSettings;
      receivers: Receivers;
      shared: boolean;
      maxConcurrent: number;
      holdMs: number;
    },
  ) {}

  get name(): string {
    return this.options.name;
  }

  /** What users can call; null while it does not run. */
  get service(): Service | null {
    return this.process?.alive ? this.#engine?.service ?? null : null;
  }

  start(): void {
    const { world } = this;
    const process = new Process(this.options.machine, `${this.name}.${++this.#lives}`);
    this.process = process;
    world.note(`${process.name} starts`);
    this.#boot(process).catch((error) => {
      world.note(`${process.name} cannot start: ${error}`);
      this.crash();
      world.later(2_000, null, () => this.process?.alive ? undefined : this.start());
    });
  }

  crash(): void {
    if (!this.process?.alive) return;
    this.world.note(`${this.process.name} is gone`);
    this.process.crash();
    this.#engine = null;
  }

  /** As after SIGTERM; resolves when the process has ended, softly or, too slow, hard. */
  async stop(): Promise<void> {
    const [process, running] = [this.process, this.#engine];
    if (!process?.alive) return;
    if (!running) return this.crash();
    this.world.note(`${process.name} stops softly`);
    this.#engine = null;
    const ended = Promise.withResolvers<void>();
    const isCalm = !this.world.faulty;
    const clear = this.world.later(stopWithinMs, process, () => {
      if (isCalm) this.world.violation(`${process.name} did not stop within ${stopWithinMs} ms`);
      this.crash();
      ended.resolve();
    });
    running.stop().then(() => {
      clear();
      this.options.oracle.stopped(process);
      this.crash();
      ended.resolve();
    }, (error) => this.world.violation(`${process.name} could not stop: ${error}`));
    await ended.promise;
  }

  async #boot(process: Process): Promise<void> {
    const { world } = this;
    const { id, name, machine, network, oracle, settings, receivers, shared, maxConcurrent, holdMs } = this.options;
    const clock = simulatedClock(world, process, machine);
    const open = () => network.open(process);
    const kv = network.isRemote ? await reopeningKv({ clock, open }) : denoKv(await open(), { clock });
    const store = await buildStore(kv, { clock, random: world.random, shared, remote: network.isRemote });
    watchAppends(store, oracle);
    watchTail(store, { world, name: process.name });
    const context: EngineContext = {
      store,
      clock,
      random: world.random,
      worktrees: simulatedWorktrees(machine, process, oracle),
      agent: () => Promise.resolve(simulatedAgent(machine, process, oracle)),
      landings: simulatedLandings(machine, process, oracle),
      outgoing: noProject.outgoing,
      exchange: oracle.work.exchange === null
        ? noProject.exchange
        : simulatedExchange(oracle.work.exchange, { machine, process, oracle: oracle.work }),
      sandboxes: noProject.sandboxes,
      folderBytes: noProject.folderBytes,
      poster: receivers.poster(process),
      ...simulatedProject(machine, process, { settings, oracle }),
      worker: { id, name },
      settings: { maxConcurrent, repos: ["main"], promptSuffix: "", stallMs: 20_000, logs: "/logs", holdMs },
      freeBytes: async () => {
        await process.wait(1);
        return machine.freeBytes;
      },
      warn: (message, error) => world.note(`${process.name} warns: ${message}${error ? `: ${error}` : ""}`),
    };
    const running = engine(context, {
      endSurvivors: simulatedEndSurvivors(machine, process),
      watcher: null,
      pid: 1,
      // Nobody asks for them here.
      pullRequests: {} as never,
      repositories: {
        inspect: () => Promise.reject(new Error("No repository is looked at")),
        projects: { settings: () => Promise.reject(new Error("No file is read")) },
        added: noneAdded,
      },
      setUp: notSetUp,
      surroundings: () => ({
        version: "0",
        agent: {
          kind: "claude",
          name: "",
          hint: null,
          version: "1",
          tested: { oldest: "1", newest: "1" },
          notice: null,
          efforts: [],
          fallback_model: false,
        },
        git: "",
        repos: [],
        root: false,
        containment: { kind: "none", reason: null },
        sandbox: { asked: "off", level: "off", reason: null },
        token: false,
        stored: notStored,
      }),
    });
    await running.start();
    this.#engine = running;
    world.note(`${process.name} runs`);
    const tick = () => {
      world.later(cronMs, process, tick);
      running.tick().catch((error) => world.note(`${process.name} could not tick: ${error}`));
    };
    world.later(world.random.between(0, cronMs), process, tick);
  }
}

/** What was acknowledged must be in the log, at that moment and byte for byte. */
function watchAppends({ writer }: Store, oracle: Oracle): void {
  const append = writer.append;
  writer.append = async (request) => {
    const appended = await append(request);
    oracle.acknowledged(appended);
    return appended;
  };
}

/** Whoever listens to a process hears every commit once, in order. */
function watchTail({ tail }: Store, { world, name }: { world: World; name: string }): void {
  const heard = new Map<number, number>();
  let last = tail.cursor;
  tail.subscribe(({ versionstamp, events }) => {
    if (versionstamp <= last) world.violation(`${name} passes on commit ${versionstamp} after ${last}`);
    last = versionstamp;
    for (const { event: { task, seq } } of events) {
      const before = heard.get(task) ?? seq - 1;
      if (seq !== before + 1) world.violation(`${name} passes on event ${seq} of task ${task} after ${before}`);
      heard.set(task, seq);
    }
  });
}
