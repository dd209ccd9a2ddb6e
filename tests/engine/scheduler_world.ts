// A scheduler on a store in memory, whose time goes on by being told to, and agents that work until they are told to end.

import { deadline } from "@std/async";
import type { Command } from "../../core/domain/command.ts";
import type { EventData } from "../../core/domain/event.ts";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import type { Clock } from "../../core/domain/ports.ts";
import type { Task } from "../../core/domain/task.ts";
import { noUsage } from "../../core/domain/usage.ts";
import type { EngineContext } from "../../core/engine/context.ts";
import { type LiveBoard, liveBoard } from "../../core/engine/dispatch/board.ts";
import { LiveRuns } from "../../core/engine/dispatch/live_runs.ts";
import { type Scheduler, scheduler, type SchedulerParts } from "../../core/engine/dispatch/scheduler.ts";
import { WakeUp } from "../../core/engine/dispatch/wake_up.ts";
import { buildStore, openStore } from "../../core/kv/store.ts";
import type { Agent, AgentExit } from "../../core/process/agent.ts";
import type { Worktrees } from "../../core/process/git/worktrees.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { dawn, spec, why } from "../domain/world.ts";
import { giveTo, place } from "./run_world.ts";
import { committedPlace, noProject } from "../support/no_project.ts";

export interface SchedulerWorld extends AsyncDisposable {
  scheduler: Scheduler;
  board: LiveBoard;
  context: EngineContext;
  /** What its surroundings say; at first nothing is in the way. */
  says: {
    pause: string | null;
    shortage: string | null;
    draining: boolean;
    slots: number;
    isSure: boolean;
    dead: Set<string>;
    /** Tasks in the hands of the merge queue. */
    beingPutAway: Set<number>;
    /** Asked before each claim. */
    agent: () => Promise<Agent>;
  };
  agent: Agent;
  /** Whether the board hears of commits; at first it does. */
  hears: boolean;
  /** Every claim that was committed, in order. */
  claims: (EventData["run.claimed"] & { task: number })[];
  /** What was put away of a worktree, by the run that left it. */
  snapshots: string[];
  warnings: string[];
  give(task: number | "new", command: Command): Promise<Task>;
  create(changes?: Partial<TaskSpec>): Promise<number>;
  claimedElsewhere(id: number): Promise<void>;
  /** The next agent that is started. */
  nextRun(): Promise<PlayedRun>;
  /** Resolves when the scheduler rests, with how long it means to, in ms. */
  nextRest(): Promise<number>;
  /** Time goes on. */
  pass(ms: number): void;
  /** Resolves once the task is as `fits` says, with its head. */
  until(id: number, fits: (task: Task) => boolean): Promise<Task>;
}

export interface PlayedRun {
  /** The first line of what it was asked. */
  prompt: string;
  /** Ends by itself, well or badly. */
  finish(options?: { ok?: boolean }): void;
}

const waitMs = 5_000;

/** Time that stands still until it is told to go on. */
function standingClock(): { clock: Clock; pass(ms: number): void } {
  let now = dawn;
  const waiting = new Set<{ at: number; callback: () => void }>();
  function timer(ms: number, callback: () => void): () => void {
    const wait = { at: now + ms, callback };
    waiting.add(wait);
    return () => void waiting.delete(wait);
  }
  return {
    clock: {
      now: () => now,
      monotonic: () => now,
      sleep: (ms, { signal } = {}) =>
        new Promise((resolve, reject) => {
          const cancel = timer(ms, resolve);
          signal?.addEventListener("abort", () => {
            cancel();
            reject(signal.reason);
          }, { once: true });
        }),
      timer,
    },
    pass(ms) {
      now += ms;
      for (const wait of [...waiting].filter(({ at }) => at <= now)) {
        waiting.delete(wait);
        wait.callback();
      }
    },
  };
}

/** What came and was not taken yet; who takes waits for the next. */
function queue<T>(what: string) {
  const items: T[] = [];
  let arrived = Promise.withResolvers<void>();
  return {
    push(item: T): void {
      items.push(item);
      arrived.resolve();
    },
    async next(): Promise<T> {
      while (items.length === 0) {
        arrived = Promise.withResolvers();
        await deadline(arrived.promise, waitMs).catch((cause) => {
          throw new Error(`There was no ${what}`, { cause });
        });
      }
      return items.shift()!;
    },
  };
}

/** `shared`: other workers write to the store too. */
export async function schedulerWorld(
  { maxConcurrent = 2, shared = false }: { maxConcurrent?: number; shared?: boolean } = {},
): Promise<SchedulerWorld> {
  const { clock, pass } = standingClock();
  // Never the longer half of a rest.
  const random = { ...systemRandom, float: () => 0 };
  const memory = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  const store = await buildStore(memory.kv, { clock, random, shared });
  const board = liveBoard(store, { clock });
  const wakeUp = new WakeUp();
  const started = queue<PlayedRun>("agent started");
  const rests = queue<number>("rest");
  const live = new Set<PlayedRun>();
  const agent = playedAgent(live, started.push);

  const world = {
    says: {
      pause: null,
      shortage: null,
      draining: false,
      slots: maxConcurrent,
      isSure: true,
      dead: new Set(),
      beingPutAway: new Set(),
      agent: () => Promise.resolve(agent),
    },
    hears: true,
    claims: [],
    snapshots: [],
    warnings: [],
  } as unknown as SchedulerWorld;
  const { says } = world;

  const context: EngineContext = {
    store,
    clock: {
      ...clock,
      timer(ms, callback) {
        if (callback === wakeUp.wake) rests.push(ms);
        return clock.timer(ms, callback);
      },
    },
    random,
    worktrees: playedWorktrees(world.snapshots),
    agent: () => says.agent(),
    worker: { id: "worker-1", name: "laptop" },
    settings: { maxConcurrent, repos: ["demo"], promptSuffix: "", stallMs: 60_000, logs: "/nowhere" },
    ...noProject,
    freeBytes: () => Promise.resolve(null),
    warn: (message, error) => void world.warnings.push(`${message}: ${error}`),
  };
  const parts: SchedulerParts = {
    board,
    pause: {
      ...{ pause() {}, runEnded() {}, resume() {}, close() {} },
      current: () => says.pause === null ? null : { reason: says.pause, until: null },
    },
    repositories: { current: () => new Map(), pause() {}, isWell() {}, close() {} },
    disk: { shortage: () => says.shortage, room: () => Promise.resolve(), run: () => Promise.resolve() },
    slots: {
      get total() {
        return says.slots;
      },
    },
    drains: {
      get isDraining() {
        return says.draining;
      },
    },
    lease: {
      get isSure() {
        return says.isSure;
      },
      get dead() {
        return says.dead;
      },
      get others() {
        return { dead: says.dead };
      },
    },
    runs: new LiveRuns(),
    mergeQueue: { has: (id) => says.beingPutAway.has(id) },
    wakeUp,
  };
  store.tail.subscribeOwn(({ events, heads }) => {
    for (const { event } of events) {
      if (event.type === "run.claimed") world.claims.push({ ...event.data, task: event.task });
    }
    if (world.hears && heads.map((head) => board.apply(head)).includes(true)) wakeUp.wake();
  });

  const give = giveTo(store);

  return Object.assign(world, {
    scheduler: scheduler(context, parts),
    board,
    context,
    agent,
    give,
    create: async (changes: Partial<TaskSpec> = {}) => (await give("new", { type: "create", spec: spec(changes) })).id,
    async claimedElsewhere(id: number) {
      await give(id, { type: "claim", worker: "worker-2", mark: "mark", why });
    },
    nextRun: started.next,
    nextRest: rests.next,
    pass,
    async until(id: number, fits: (task: Task) => boolean) {
      const found = Promise.withResolvers<Task>();
      const look = (head: Task | null | undefined) => void (head && fits(head) && found.resolve(head));
      const unsubscribe = store.tail.subscribeOwn(({ heads }) => look(heads.find((head) => head.id === id)));
      try {
        look(await store.log.head(id));
        return await deadline(found.promise, waitMs);
      } finally {
        unsubscribe();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const run of live) run.finish();
      await world.scheduler.stop("shutdown");
      await store.writer.idle();
      store.close();
    },
  });
}

function playedWorktrees(snapshots: string[]): Worktrees {
  return {
    add: () => Promise.resolve({ ...place, kept: [] }),
    isWhole: () => Promise.resolve(true),
    changes: () => Promise.resolve({ lines_added: 0, lines_removed: 0, uncommitted: 0 }),
    names: () => Promise.resolve(new Set<string>()),
    strayed: () => Promise.resolve([]),
    ...committedPlace,
    snapshot(_, { task, run }) {
      snapshots.push(`${task}/${run}`);
      return Promise.resolve({ ref: `refs/coder/task-${task}/run-${run}`, commit: "b".repeat(40) });
    },
    remove: () => Promise.resolve(),
    sweep: () => Promise.resolve(),
    whyUnusable: () => Promise.resolve(null),
  } as Partial<Worktrees> as Worktrees;
}

function playedAgent(live: Set<PlayedRun>, started: (run: PlayedRun) => void): Agent {
  return (start) => {
    const exited = Promise.withResolvers<AgentExit>();
    const said = Promise.withResolvers<boolean>();
    function end(ok: boolean, exit: AgentExit): Promise<void> {
      live.delete(run);
      said.resolve(ok);
      exited.resolve(exit);
      return Promise.resolve();
    }
    const run: PlayedRun = {
      prompt: start.prompt.split("\n")[0]!,
      finish: ({ ok = true } = {}) => void end(ok, { code: ok ? 0 : 1, signal: null }),
    };
    live.add(run);
    started(run);
    return Promise.resolve({
      pid: 1_000,
      name: "played",
      args: [],
      steps: (async function* () {
        const ok = await said.promise;
        yield {
          type: "result" as const,
          result: {
            ...{ ok, subtype: ok ? "success" : "error_during_execution", text: "Done", plan: "Done" },
            ...{ apiErrorStatus: null, limitResetsAt: null, usage: noUsage, costUsd: 0, sessionTotal: null },
          },
        };
      })(),
      exited: exited.promise,
      send: () => Promise.resolve(false),
      closeInput: () => Promise.resolve(),
      interrupt: () => end(false, { code: null, signal: "SIGTERM" }),
      end: () => end(false, { code: null, signal: "SIGTERM" }),
    });
  };
}
