// A store in memory, a real repository, and tasks that are taken through their lives by hand: for what looks after the places
// of tasks that are over.

import { join } from "@std/path";
import { decide } from "../../core/domain/decide.ts";
import type { Command } from "../../core/domain/command.ts";
import type { Outcome, TaskEvent } from "../../core/domain/event.ts";
import { branchName } from "../../core/domain/slug.ts";
import type { Task } from "../../core/domain/task.ts";
import { type LiveBoard, liveBoard } from "../../core/engine/dispatch/board.ts";
import type { EngineContext } from "../../core/engine/context.ts";
import { archiveWorktree } from "../../core/engine/run/archive_worktree.ts";
import { openStore } from "../../core/kv/store.ts";
import { gitWorktrees } from "../../core/process/git/git_worktrees.ts";
import type { Place, Worktrees, WorktreeUpkeep } from "../../core/process/git/worktrees.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { runEnd, spec } from "../domain/world.ts";
import { git, type TempRepository, tempRepository } from "../support/temp.ts";
import { noProject } from "../support/no_project.ts";

export interface UpkeepWorld extends AsyncDisposable {
  context: EngineContext;
  upkeep: Worktrees & WorktreeUpkeep;
  repository: TempRepository;
  board: LiveBoard;
  /** Moves the wall clock. */
  pass(days: number): void;
  give(id: number, command: Command): Promise<Task>;
  create(title?: string): Promise<number>;
  /** Claims a task; with a worktree, and with a commit in it of a file named after the task. */
  begin(id: number): Promise<Place>;
  finish(id: number, outcome: Outcome): Promise<Task>;
  /** A new task that was completed, with its worktree. */
  done(title?: string): Promise<{ id: number; place: Place }>;
  events(id: number): Promise<TaskEvent[]>;
}

export async function upkeepWorld(): Promise<UpkeepWorld> {
  const repository = await tempRepository();
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  const root = `${repository.path}-worktrees`;
  const worktrees = gitWorktrees({ repos: new Map([["app", repository.path]]), root: () => root, store: store.id });
  let shiftMs = 0;
  const worker = { id: "worker-1", name: "laptop" };
  const logs = join(repository.path, "..", "logs");
  await Deno.mkdir(logs);
  const context: EngineContext = {
    store,
    clock: { ...systemClock, now: () => Date.now() + shiftMs },
    random: systemRandom,
    worktrees,
    agent: () => Promise.reject(new Error("No agent is needed")),
    worker,
    settings: { maxConcurrent: 1, repos: ["app"], promptSuffix: "", stallMs: 60_000, logs },
    ...noProject,
    freeBytes: () => Promise.resolve(null),
    warn(message, error) {
      throw new Error(message, { cause: error });
    },
  };
  const board = liveBoard(store, context);
  store.tail.subscribe(({ heads }) => heads.forEach((head) => board.apply(head)));

  async function give(id: number, command: Command): Promise<Task> {
    const { head } = await store.writer.append({
      task: id,
      by: "api",
      priority: "command",
      decide: (task) => decide(command, task, context.clock.now()),
    });
    return head;
  }

  const world: UpkeepWorld = {
    context,
    upkeep: worktrees,
    repository,
    board,
    pass: (days) => void (shiftMs += days * 24 * 3_600_000),
    give,
    async create(title = "Work") {
      const { head } = await store.writer.append({
        task: "new",
        by: "api",
        priority: "command",
        decide: (_, { now }) => decide({ type: "create", spec: spec({ title, repo: "app" }) }, null, now),
      });
      return head.id;
    },
    async begin(id) {
      const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
      const claimed = await give(id, { type: "claim", worker: worker.id, mark: crypto.randomUUID(), why });
      const { kept: _, ...place } = await worktrees.add({
        repo: "app",
        task: id,
        branch: branchName(id, claimed.title),
        base: "HEAD",
        baseCommit: null,
      });
      const { branch, path, base, base_commit } = place;
      const data = { branch, path, base, base_commit, worker: worker.id };
      await give(id, { type: "record", run: claimed.epoch, events: [{ type: "worktree.added", data }] });
      await Deno.writeTextFile(join(place.path, `task-${id}.txt`), "work\n");
      await git(place.path, "add", "-A");
      await git(place.path, "commit", "--quiet", `--message=Work of task ${id}`);
      await Deno.writeTextFile(join(logs, `task-${id}.log`), "{}\n", { append: true });
      return place;
    },
    async finish(id, outcome) {
      const { epoch } = (await store.log.head(id))!;
      await give(id, { type: "finish_run", run: epoch, end: runEnd(outcome) });
      await archiveWorktree(context, id, { signal: new AbortController().signal });
      return (await store.log.head(id))!;
    },
    async done(title) {
      const id = await world.create(title);
      const place = await world.begin(id);
      await world.finish(id, "succeeded");
      return { id, place };
    },
    events: async (id) => (await store.log.read(id, { after: 0, limit: 1_000 })).map(({ event }) => event),
    async [Symbol.asyncDispose]() {
      store.close();
      await repository[Symbol.asyncDispose]();
    },
  };
  return world;
}

export function exists(path: string): Promise<boolean> {
  return Deno.lstat(path).then(() => true, () => false);
}
