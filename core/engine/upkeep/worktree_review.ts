// Compares the repositories with the log. What carries our mark but is not in the log, and what the log says is there but is
// gone, is said once in the service's own log (task 0) and shown in `/healthz` as long as it lasts. Nothing is touched:
// what the log does not know may be somebody's work.
//
// What a crash left half-made for a task that will run again is not a finding: its next run repairs it.

import { createHash } from "node:crypto";
import { basename } from "@std/path";
import { branchName } from "../../domain/slug.ts";
import { isOver, type Task } from "../../domain/task.ts";
import type { Traces, WorktreeUpkeep } from "../../process/git/worktrees.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import { type EngineContext, isOurs } from "../context.ts";

export interface WorktreeReview {
  /** What the last look found, a sentence each. */
  readonly notices: string[];
  /** Looks, unless the last look was so long that it is too soon for another. Never throws. */
  look(): Promise<void>;
}

interface Finding {
  /** Tells it from others, also after a restart. */
  id: string;
  text: string;
}

/** What kind of finding, and the names of what was found. */
type Found = Record<"strayWorktrees" | "strayBranches" | "strayRefs" | "lostWorktrees", string[]>;

const words: Record<keyof Found, string> = {
  strayWorktrees: "worktrees of this store that its log does not know, left alone",
  strayBranches: "branches of this store that its log does not know, left alone",
  strayRefs: "refs of saved work that this log does not know, left alone",
  lostWorktrees: "worktrees that the log says are here but are gone",
};

const namesShown = 5;
/** Finished tasks looked at without a rest, and how much longer than the work the rest is. */
const atOnce = 100;
const restRatio = 10;
/** A look may take this part of the time at most. */
const share = 0.01;

export function worktreeReview(context: EngineContext, { board, upkeep, note, signal }: {
  board: LiveBoard;
  upkeep: WorktreeUpkeep;
  /** Writes a `service.noticed` event. */
  note: (kind: string, text: string) => Promise<void>;
  /** Ends a look. */
  signal: AbortSignal;
}): WorktreeReview {
  const { store, clock, settings, worker, warn } = context;
  let findings: Finding[] = [];
  let reported: Set<string> | null = null;
  let looking: Promise<void> | null = null;
  let nextAt = -Infinity;
  /** Of the present look. */
  let restedMs = 0;

  async function review(): Promise<void> {
    const current: Finding[] = [];
    for (const repo of settings.repos) {
      const first = await compare(repo);
      // Between the looks at git and at the log the world went on: only what is found twice is so.
      const found = Object.values(first).some((names) => names.length > 0) ? both(first, await compare(repo)) : first;
      for (const kind of Object.keys(words) as (keyof Found)[]) {
        const names = found[kind].toSorted();
        if (names.length > 0) current.push(findingOf(repo, kind, names));
      }
    }
    findings = current;
    await report(current);
  }

  async function report(current: Finding[]): Promise<void> {
    reported ??= new Set(await store.notes.notices(worker.id));
    const fresh = current.filter(({ id }) => !reported!.has(id));
    const isSettled = fresh.length === 0 && reported.size === current.length;
    if (isSettled) return;
    for (const { text } of fresh) await note("worktrees", text);
    const ids = current.map(({ id }) => id);
    await store.notes.keepNotices(worker.id, ids);
    reported = new Set(ids);
  }

  async function compare(repo: string): Promise<Found> {
    const traces = await upkeep.traces(repo);
    const heads = await headsOf(traces);
    const isStray = ({ branch, task }: { branch: string; task: number | null }) =>
      !isExplained(branch, heads.get(task ?? taskIn(branch) ?? 0));
    return {
      strayWorktrees: traces.worktrees.filter(isStray).map(({ path }) => path),
      strayBranches: traces.branches.filter((branch) => isStray({ branch, task: null })),
      strayRefs: traces.saved.filter(({ name }) => !isSavedByLog(name, heads)).map(({ name }) => name),
      lostWorktrees: await lostWorktrees(repo, traces),
    };
  }

  /** Worktrees of tasks at rest that the log says are here and git does not have. */
  async function lostWorktrees(repo: string, { worktrees }: Traces): Promise<string[]> {
    // Not by their paths: one that was moved is where the log will say it is after its next run.
    const names = new Set(worktrees.map(({ branch }) => branch));
    const lost: string[] = [];
    for await (const ids of tasksAtRest()) {
      for (const { id, run, place } of await readHeads(ids)) {
        const isOwn = run === null && place?.present && place.repo === repo && isOurs(context, place.worker);
        if (isOwn && !names.has(place.branch)) lost.push(`${place.path} (task ${id})`);
      }
    }
    return lost;
  }

  /** The unfinished and the finished that have not been tidied up, by hundreds, and slowly: whoever asks us something goes first. */
  async function* tasksAtRest(): AsyncIterable<number[]> {
    yield [...board.entries].filter(({ runner, ending, cancel_requested }) =>
      runner === null && !ending && !cancel_requested
    ).map(({ id }) => id);
    for (let after = 0;;) {
      const startedAt = clock.monotonic();
      const ids = await store.index.standing({ after, limit: atOnce });
      yield ids;
      if (ids.length < atOnce) return;
      after = ids.at(-1)!;
      const restMs = (clock.monotonic() - startedAt) * restRatio;
      await clock.sleep(restMs, { signal });
      restedMs += restMs;
    }
  }

  async function headsOf({ worktrees, branches, saved }: Traces): Promise<Map<number, Task>> {
    const ids = [
      ...worktrees.map(({ branch, task }) => task ?? taskIn(branch)),
      ...branches.map(taskIn),
      ...saved.map(({ name }) => refParts(name)?.task ?? null),
    ].filter((id) => id !== null);
    return new Map((await readHeads(ids)).map((head) => [head.id, head]));
  }

  async function readHeads(all: number[]): Promise<Task[]> {
    return (await store.log.heads([...new Set(all)])).filter((head) => head !== null);
  }

  return {
    get notices() {
      return findings.map(({ text }) => text);
    },
    look() {
      if (clock.monotonic() < nextAt) return Promise.resolve();
      return looking ??= (async () => {
        const startedAt = clock.monotonic();
        restedMs = 0;
        try {
          await review();
        } catch (error) {
          if (!signal.aborted) warn("Cannot compare the repositories with the log", error);
        } finally {
          const now = clock.monotonic();
          nextAt = now + (now - startedAt - restedMs) / share;
          looking = null;
        }
      })();
    },
  };
}

/** Whether the log accounts for a branch of ours, and for the worktree of that name. */
function isExplained(branch: string, head: Task | undefined): boolean {
  if (!head) return false;
  // At work: between `git worktree add` and its event, or while it is put away.
  if (head.run || head.ending || (head.cancel_requested && !isOver(head.status))) return true;
  if (head.place?.present) return head.place.branch === branch;
  // A crash came between `git worktree add` and its event: the next run takes this name, and saves what is there.
  const name = head.place?.branch ?? branchName(head.id, head.title);
  return !isOver(head.status) && branch.startsWith(name);
}

function isSavedByLog(name: string, heads: Map<number, Task>): boolean {
  const parts = refParts(name);
  if (!parts) return false;
  const head = heads.get(parts.task);
  // The head names its last snapshot only; an earlier run of a task that the log has is taken for its own.
  return head !== undefined && (parts.run === null || parts.run <= head.epoch);
}

/** The task and run that a ref of saved work is named after. */
function refParts(name: string): { task: number; run: number | null } | null {
  const match = /^refs\/coder\/(?:task-(\d+)\/run-(\d+)|kept\/task-(\d+)-)/.exec(name);
  if (!match) return null;
  return { task: Number(match[1] ?? match[3]), run: match[2] === undefined ? null : Number(match[2]) };
}

function taskIn(branch: string): number | null {
  const id = /^task-(\d{1,15})-/.exec(basename(branch))?.[1];
  return id === undefined ? null : Number(id);
}

function both(one: Found, other: Found): Found {
  const kinds = Object.entries(one).map(([kind, names]) => {
    const again = new Set(other[kind as keyof Found]);
    return [kind, names.filter((name) => again.has(name))];
  });
  return Object.fromEntries(kinds) as Found;
}

function findingOf(repo: string, kind: keyof Found, names: string[]): Finding {
  const more = names.length > namesShown ? `, and ${names.length - namesShown} more` : "";
  const digest = createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 16);
  const shown = names.slice(0, namesShown).join(", ") + more;
  return { id: `${kind}/${repo}/${digest}`, text: `Repository ${repo}: ${words[kind]} (${names.length}): ${shown}` };
}
