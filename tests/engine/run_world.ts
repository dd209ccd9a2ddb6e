// A store in memory, a place that is only a name, and an agent that does what the test says, step by step: for what a run does
// with its agent.

import { decide } from "../../core/domain/decide.ts";
import type { Command } from "../../core/domain/command.ts";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import type { Task } from "../../core/domain/task.ts";
import type { EngineContext } from "../../core/engine/context.ts";
import { openStore, type Store } from "../../core/kv/store.ts";
import type { Agent, AgentExit, AgentStart, AgentStep } from "../../core/process/agent.ts";
import type { Worktrees } from "../../core/process/git/worktrees.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { spec } from "../domain/world.ts";
import { committedPlace, noProject } from "../support/no_project.ts";

export interface RunWorld extends AsyncDisposable {
  context: EngineContext;
  /** What the last agent was started with. */
  readonly start: AgentStart | null;
  agent: Agent;
  /** How many of its steps were taken by the run. */
  readonly pulled: number;
  /** The agent says something. */
  say(step: AgentStep): void;
  /** It ends; by itself it does so only when it is told to end. */
  exit(exit: AgentExit): void;
  give(task: number | "new", command: Command): Promise<Task>;
  /** A new task that was just claimed. */
  claimed(changes?: Partial<TaskSpec>): Promise<Task>;
  claim(id: number): Promise<Task>;
  events(id: number): Promise<TaskEvent[]>;
}

export const place = {
  repo: "demo",
  branch: "task-1-work",
  path: "/nowhere",
  base: "HEAD",
  base_commit: "a".repeat(40),
};

const changes = { lines_added: 0, lines_removed: 0, uncommitted: 0 };

/** Gives commands to the tasks of a store as the engine does, and resolves with the state after each. */
export function giveTo(store: Store): (task: number | "new", command: Command) => Promise<Task> {
  return async (task, command) => {
    const { head } = await store.writer.append({
      task,
      by: "test",
      priority: "command",
      decide: (head, { now }) => decide(command, head, now),
    });
    return head;
  };
}

export async function runWorld({ worktrees = {} }: { worktrees?: Partial<Worktrees> } = {}): Promise<RunWorld> {
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  let steps: AgentStep[] = [];
  let start: AgentStart | null = null;
  let pulled = 0;
  let wake = () => {};
  let exited = Promise.withResolvers<AgentExit>();
  let hasEnded = false;

  const context: EngineContext = {
    store,
    clock: systemClock,
    random: systemRandom,
    worktrees: {
      add: () => Promise.resolve({ ...place, kept: [] }),
      isWhole: () => Promise.resolve(true),
      changes: () => Promise.resolve(changes),
      names: () => Promise.resolve(new Set<string>()),
      strayed: () => Promise.resolve([]),
      ...committedPlace,
      ...worktrees,
    } as Worktrees,
    agent: () => Promise.resolve(agent),
    worker: { id: "worker-1", name: "laptop" },
    settings: { maxConcurrent: 1, repos: ["demo"], promptSuffix: "", stallMs: 60_000, logs: "/nowhere" },
    ...noProject,
    freeBytes: () => Promise.resolve(null),
    warn(message, error) {
      throw new Error(message, { cause: error });
    },
  };

  async function* stepsOf(): AsyncGenerator<AgentStep> {
    for (;;) {
      const step = steps.shift();
      if (step) {
        pulled++;
        yield step;
      } else if (hasEnded) return;
      else await new Promise<void>((resolve) => wake = resolve);
    }
  }

  function exit(how: AgentExit): void {
    hasEnded = true;
    exited.resolve(how);
    wake();
  }

  const agent: Agent = (given) => {
    start = given;
    [steps, pulled, hasEnded] = [[], 0, false];
    exited = Promise.withResolvers();
    return Promise.resolve({
      pid: 1_000,
      name: "scripted",
      args: [],
      steps: stepsOf(),
      exited: exited.promise,
      send: () => Promise.resolve(false),
      closeInput: () => Promise.resolve(),
      interrupt: () => Promise.resolve(exit({ code: null, signal: "SIGTERM" })),
      end: () => Promise.resolve(exit({ code: null, signal: "SIGTERM" })),
    });
  };

  const give = giveTo(store);

  function claim(id: number): Promise<Task> {
    const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
    return give(id, { type: "claim", worker: context.worker.id, mark: crypto.randomUUID(), why });
  }

  return {
    context,
    agent,
    get start() {
      return start;
    },
    get pulled() {
      return pulled;
    },
    say(step) {
      steps.push(step);
      wake();
    },
    exit,
    give,
    claimed: async (own) => await claim((await give("new", { type: "create", spec: spec(own) })).id),
    claim,
    events: async (id) => (await store.log.read(id, { after: 0, limit: 1_000 })).map(({ event }) => event),
    async [Symbol.asyncDispose]() {
      await store.writer.idle();
      store.close();
    },
  };
}
