// A store with a long past, written in bulk but as the service writes it: events, head, index entries, milestones, all-stream.
// `deno task
// verify` finds nothing to say about it.

import { type NewEvent, type TaskEvent, versionOf } from "../core/domain/event.ts";
import { evolve } from "../core/domain/evolve.ts";
import { emptyTask, type Task } from "../core/domain/task.ts";
import { encodeEvent } from "../core/kv/event_record.ts";
import { foldEvery } from "../core/kv/commit_batch.ts";
import { encodeHead } from "../core/kv/head_record.ts";
import { indexEntries } from "../core/kv/head_index.ts";
import { dayMark, milestoneEntry } from "../core/kv/milestone_record.ts";
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
  /** As they would come over days, to several repositories and models, good and bad; else a second apart and all the same. */
  spread?: Spread;
}

export interface Spread {
  /** When the last one was made, in ms since 1970. */
  until: number;
  days: number;
  repos: string[];
  models: string[];
}

/** Writes tasks 1 to `tasks` into an empty database file. */
export async function writeHistory(path: string, { tasks, ...past }: Past): Promise<void> {
  const kv = await Deno.openKv(path);
  try {
    let commit = newCommit(kv);
    /** One commit is written while the next one is made. */
    let writing = Promise.resolve();
    const days = new Set<string>();
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
          at: new Date(timeOf(id, { type: draft.type, seq: task.seq, tasks, spread: past.spread })).toISOString(),
          task: id,
          ...(draft.run !== undefined && { run: draft.run }),
          by: "bench",
          v: versionOf(draft.type),
          data: draft.data,
        } as TaskEvent;
        const { value } = encodeEvent(event, { commit: "bench00000000000", bodyId: () => "" });
        const milestone = milestoneEntry(task, event);
        if (milestone) {
          commit.set(milestone.key, milestone.value);
          days.add(milestone.day);
        }
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
    await writeMarks(kv, days);
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

/** The marks of all days, and that no milestone is missing. */
async function writeMarks(kv: Deno.Kv, days: Set<string>): Promise<void> {
  for (const day of days) {
    const { key, value } = dayMark(day);
    await kv.set(key, value);
  }
  await kv.set(keys.gathered(), "complete");
}

function setHead(commit: ReturnType<typeof newCommit>, task: Task): void {
  commit.set(keys.task(task.id), encodeHead(task));
  for (const { key, value } of indexEntries(task)) commit.set(key, value);
}

function* eventsOf(
  id: number,
  { output, end, prompt = `Do the work number ${id}`, spread }: Omit<Past, "tasks">,
): Iterable<NewEvent> {
  const repo = spread ? spread.repos[id % spread.repos.length]! : "repo";
  yield {
    type: "task.created",
    data: {
      title: `Task ${id}`,
      prompt,
      priority: 0,
      depends_on: [],
      repo,
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
  yield {
    type: "run.claimed",
    run,
    data: { worker: spread ? `w${id % 2}` : "bench", epoch: 1, attempt: 1, mark: "bench", why },
  };
  yield {
    type: "worktree.added",
    run,
    data: { branch: `task-${id}`, path: `/nowhere/task-${id}`, base: "HEAD", base_commit: "0", worker: "bench" },
  };
  const session_id = "bench";
  yield { type: "run.started", run, data: { pid: 1, session_id, agent: "bench", args: [], resumed: false } };
  if (spread) {
    const model = spread.models[chance(id, 1) > 0.7 ? 1 : 0]!;
    yield { type: "agent.ready", run, data: { model, session_id, version: "bench" } };
    yield {
      type: "check.finished",
      run,
      data: {
        outcome: isBad(id) ? "failed" : "passed",
        exit_code: 0,
        signal: null,
        duration_ms: 9,
        round: 1,
        commit: "0",
      },
    };
  }
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
      outcome: spread && isBad(id) ? "check_failed" : "succeeded",
      error: null,
      exit_code: 0,
      signal: null,
      result: "done",
      usage: spread ? usageOf(id) : null,
      cost_usd: spread ? chance(id, 2) : 0.01,
      duration_ms: 1_000,
      uncommitted: 0,
      lines_added: 1,
      lines_removed: 0,
      then: spread && isBad(id) ? "settle" : "complete",
    },
  };
  if (spread && isBad(id)) yield { type: "task.failed", data: { error: "The check failed", reason: "check_failed" } };
  else yield { type: "task.completed", data: { output: "done" } };
}

/** The same number from 0 to 1 for the same task each time. */
function chance(id: number, salt: number): number {
  return ((id * 2_654_435_761 + salt * 40_503) % 1_000_003) / 1_000_003;
}

function isBad(id: number): boolean {
  return chance(id, 3) < 0.15;
}

function usageOf(id: number) {
  const [input_tokens, output_tokens] = [Math.round(chance(id, 4) * 5_000), Math.round(chance(id, 5) * 20_000)];
  return { input_tokens, output_tokens, cache_read_tokens: output_tokens * 10, cache_write_tokens: output_tokens };
}

/** When an event of a task is: a spread one waits for up to 20 minutes and works for up to 40. */
function timeOf(
  id: number,
  { type, seq, tasks, spread }: { type: string; seq: number; tasks: number; spread: Spread | undefined },
): number {
  if (!spread) return at + id * 1_000 + seq;
  const made = spread.until - Math.round((tasks - id) / tasks * spread.days * 86_400_000) - 3_600_000;
  const wait = seq === 0 ? 0 : Math.round(chance(id, 6) ** 3 * 1_200_000);
  const isOver = /^(run\.finished|task\.(completed|failed))$/.test(type);
  return made + wait + (isOver ? 60_000 + Math.round(chance(id, 7) ** 2 * 2_340_000) : 0) + seq;
}
