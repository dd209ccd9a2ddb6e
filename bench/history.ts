// A store with a long past, written in bulk but as the service writes it: events, head, index entries, all-stream. `deno task
// verify` finds nothing to say about it.

import { type NewEvent, type TaskEvent, versionOf } from "../core/domain/event.ts";
import { evolve } from "../core/domain/evolve.ts";
import { emptyTask, type Task } from "../core/domain/task.ts";
import { encodeEvent } from "../core/kv/event_record.ts";
import { foldEvery } from "../core/kv/commit_batch.ts";
import { encodeHead } from "../core/kv/head_record.ts";
import { indexEntries } from "../core/kv/head_index.ts";
import { keys } from "../core/kv/keys.ts";

const at = Date.UTC(2025, 0, 1);
const mutationsPerCommit = 900;
const bytesPerCommit = 700_000;

export interface Past {
  tasks: number;
  /** Output events of each task, beside the seven that every run has. */
  output: number;
  /** How the tasks ended; `null`: they still wait. */
  end: "completed" | null;
  prompt?: string;
}

/** Writes tasks 1 to `tasks` into an empty database file. */
export async function writeHistory(path: string, { tasks, ...past }: Past): Promise<void> {
  const kv = await Deno.openKv(path);
  try {
    let commit = newCommit(kv);
    /** One commit is written while the next one is made. */
    let writing = Promise.resolve();
    const write = async (nextId: number | null) => {
      await writing;
      writing = commit.write(nextId);
      commit = newCommit(kv);
    };
    for (let id = 1; id <= tasks; id++) {
      let task = emptyTask(id);
      let from = 1;
      for (const draft of eventsOf(id, past)) {
        const event = {
          seq: task.seq + 1,
          type: draft.type,
          at: new Date(at + id * 1_000 + task.seq).toISOString(),
          task: id,
          ...(draft.run !== undefined && { run: draft.run }),
          by: "bench",
          v: versionOf(draft.type),
          data: draft.data,
        } as TaskEvent;
        const { value } = encodeEvent(event, { commit: "bench00000000000", bodyId: () => "" });
        task = evolve(task, event);
        commit.set(keys.event(id, event.seq), value);
        if (event.seq % foldEvery === 0) commit.set(keys.fold(id, event.seq), encodeHead(task));
        if (commit.isFull()) {
          commit.ranges.push([id, from, task.seq]);
          from = task.seq + 1;
          await write(null);
        }
      }
      setHead(commit, task);
      if (from <= task.seq) commit.ranges.push([id, from, task.seq]);
      if (commit.isFull() || id === tasks) {
        await write(id + 1);
      }
    }
    await writing;
  } finally {
    kv.close();
  }
}

function newCommit(kv: Deno.Kv) {
  const atomic = kv.atomic();
  const ranges: [number, number, number][] = [];
  let mutations = 0;
  let bytes = 0;
  return {
    ranges,
    set(key: Deno.KvKey, value: Uint8Array | string) {
      atomic.set(key, value);
      mutations++;
      bytes += value.length + 60;
    },
    isFull: () => mutations > mutationsPerCommit || bytes > bytesPerCommit,
    async write(nextId: number | null) {
      if (nextId !== null) atomic.set(keys.nextId(), nextId);
      atomic.set(keys.all(kv.commitVersionstamp() as unknown as Deno.KvKeyPart), ranges);
      await atomic.commit();
    },
  };
}

function setHead(commit: ReturnType<typeof newCommit>, task: Task): void {
  commit.set(keys.task(task.id), encodeHead(task));
  for (const { key, value } of indexEntries(task)) commit.set(key, value);
}

function* eventsOf(
  id: number,
  { output, end, prompt = `Do the work number ${id}` }: Omit<Past, "tasks">,
): Iterable<NewEvent> {
  yield {
    type: "task.created",
    data: {
      title: `Task ${id}`,
      prompt,
      priority: 0,
      depends_on: [],
      repo: "repo",
      base: null,
      model: null,
      mode: "execute",
      max_attempts: 1,
      timeout_seconds: null,
      max_budget_usd: null,
    },
  };
  if (end === null) return;
  const run = 1;
  const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
  yield { type: "run.claimed", run, data: { worker: "bench", epoch: 1, attempt: 1, mark: "bench", why } };
  yield {
    type: "worktree.added",
    run,
    data: { branch: `task-${id}`, path: `/nowhere/task-${id}`, base: "HEAD", base_commit: "0", worker: "bench" },
  };
  const session_id = "bench";
  yield { type: "run.started", run, data: { pid: 1, session_id, agent: "bench", args: [], resumed: false } };
  for (let index = 0; index < output; index++) {
    yield {
      type: "output.text",
      run,
      data: { text: `Step ${index} of the work, told in a line of usual length: ${"x".repeat(120)}` },
    };
  }
  yield {
    type: "run.finished",
    run,
    data: {
      outcome: "succeeded",
      error: null,
      exit_code: 0,
      signal: null,
      result: "done",
      usage: null,
      cost_usd: 0.01,
      duration_ms: 1_000,
      uncommitted: 0,
      lines_added: 1,
      lines_removed: 0,
      then: "complete",
    },
  };
  yield { type: "task.completed", data: { output: "done" } };
}
