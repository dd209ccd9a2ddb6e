// All processes of one run, found and ended. An agent's tools start sessions of their own, and all of them outlive a killed
// service, so neither the group nor the parent's pid is enough: each process carries the run's mark in its environment.
//
// A run's tree is: what has the mark, the members of those processes' groups, and the descendants of all of these (a child
// started with an empty environment has no mark but a parent). What was once seen to be of the tree stays of it until it is
// gone, also when its parents went first.
//
// Where a run has a reaper (containment.ts), all of it is the reaper's descendants: nothing is lost, however it was started. A
// reaper is signalled last, or what it holds would be nobody's; it ends by itself when nothing is below it.
//
// Never signalled: pid 0 and 1, this process and its ancestors, and anything that is neither marked nor tied to the marked
// as above. A bare pid is no tie after a restart: it may long be another program's.

import { delay } from "@std/async";
import { DomainError } from "../domain/error.ts";
import { type Process, processTable } from "./process_table.ts";
import { run } from "./subprocess.ts";

/** A living process of a run. */
export interface MarkedRun {
  mark: string;
  pid: number;
  /** In ms since 1970. */
  startTime: number;
}

/** All living processes that carry the mark of any run. This process and its ancestors are not among them. */
export async function findMarkedRuns(): Promise<MarkedRun[]> {
  const table = await processTable();
  const own = selfAndAncestors(table);
  return table.filter((process) => !process.isZombie && !own.has(process.pid))
    .flatMap(({ pid, marks, startedAt }) => marks.map((mark) => ({ mark, pid, startTime: startedAt })));
}

/** The living processes of a run, and those of `group`, which the caller knows to be the run's. */
export async function findTree({ mark, group }: { mark: string; group?: number }): Promise<Process[]> {
  const table = await processTable();
  const known = new Map(table.filter((process) => process.group === group).map((process) => [process.pid, process]));
  return treeIn(table, { mark, known });
}

/** Which tree, and how patiently. */
export interface EndTreeOptions {
  mark: string;
  /** The run's first process; counts only while it is this process's own child. */
  pid?: number;
  /** Between TERM and KILL. */
  graceMs: number;
  /** Processes seen to be of the tree earlier. */
  known?: Process[];
}

// After KILL only a process in an uninterruptible wait (a dead network disk) can stay.
const KILL_PATIENCE_MS = 10_000;
/** How long a reaper that seems to have nothing below it may take to end. A stopped one would not, and anything can say it is one. */
const REAPER_PATIENCE_MS = 1_000;

/**
 * TERM to the whole tree, KILL to what is left after `graceMs`; resolves when nothing of it is alive. What appears
 * meanwhile is signalled too.
 *
 * Throws `DomainError("unavailable")` when something outlives KILL by 10 s.
 */
export async function endTree({ mark, pid, graceMs, known = [] }: EndTreeOptions): Promise<void> {
  const seen = new Map(known.map((process) => [process.pid, process]));
  const startedAt = performance.now();
  const signalled = new Set<number>();
  let reapersAloneAt: number | null = null;
  for (let pause = 10;; pause = Math.min(pause * 2, 100)) {
    const table = await processTable();
    const tree = treeIn(table, { mark, pid, known: seen });
    if (tree.length === 0) return;
    for (const process of tree) seen.set(process.pid, process);
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs >= graceMs + KILL_PATIENCE_MS) {
      throw new DomainError(
        "unavailable",
        `Cannot end run ${mark}: still alive are ${tree.map((p) => p.pid).join(", ")}`,
      );
    }
    const members = tree.filter((process) => !process.isReaper);
    if (members.length > 0) reapersAloneAt = null;
    else reapersAloneAt ??= elapsedMs;
    if (reapersAloneAt !== null) {
      if (elapsedMs - reapersAloneAt >= REAPER_PATIENCE_MS) await signal("SIGKILL", tree, table);
    } else if (elapsedMs >= graceMs) {
      await signal("SIGKILL", members, table);
    } else {
      // TERM once each: many programs take a second one for impatience and skip their clean-up.
      const fresh = members.filter((process) => !signalled.has(process.pid));
      for (const process of fresh) signalled.add(process.pid);
      await signal("SIGTERM", fresh, table);
    }
    await delay(Math.max(1, elapsedMs < graceMs ? Math.min(pause, graceMs - elapsedMs) : pause));
  }
}

interface Ties {
  mark: string;
  pid?: number;
  known: Map<number, Process>;
}

function treeIn(table: Process[], { mark, pid, known }: Ties): Process[] {
  const own = selfAndAncestors(table);
  const tree = new Map<number, Process>();
  for (const process of table) {
    const isChild = process.pid === pid && process.parent === Deno.pid;
    if (process.marks.includes(mark) || isChild || isSame(known.get(process.pid), process)) {
      if (!own.has(process.pid)) tree.set(process.pid, process);
    }
  }
  const ownGroups = new Set(table.filter((process) => own.has(process.pid)).map((process) => process.group));
  const children = Map.groupBy(table, (process) => process.parent);
  const groups = Map.groupBy(table, (process) => process.group);
  // A Map is iterated with what is added on the way.
  for (const process of tree.values()) {
    const members = ownGroups.has(process.group) ? [] : groups.get(process.group) ?? [];
    for (const tied of [...members, ...children.get(process.pid) ?? []]) {
      if (tied.pid > 1 && !own.has(tied.pid)) tree.set(tied.pid, tied);
    }
  }
  return [...tree.values()].filter((process) => !process.isZombie && process.pid > 1);
}

/** `ps` knows start times to the second only, and rounds them. */
function isSame(before: Process | undefined, now: Process): boolean {
  return before !== undefined && Math.abs(before.startedAt - now.startedAt) <= 1000;
}

function selfAndAncestors(table: Process[]): Set<number> {
  const parents = new Map(table.map((process) => [process.pid, process.parent]));
  const chain = new Set([0, 1]);
  for (let pid: number | undefined = Deno.pid; pid !== undefined && !chain.has(pid); pid = parents.get(pid)) {
    chain.add(pid);
  }
  return chain;
}

/** Signals whole groups where all members are of the tree (that also reaches a child being forked now), else pids. */
async function signal(name: "SIGTERM" | "SIGKILL", tree: Process[], table: Process[]): Promise<void> {
  const pids = new Set(tree.map((process) => process.pid));
  const mixed = new Set(
    table.filter((process) => !process.isZombie && !pids.has(process.pid)).map((process) => process.group),
  );
  const targets = new Set(tree.map(({ pid, group }) => group > 1 && !mixed.has(group) ? -group : pid));
  try {
    for (const target of targets) sendSignal(target, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    // Scoped permissions refuse Deno.kill, whatever it is aimed at. The shell's own kill: the program of procps takes a group up
    // to 64, and in a container groups are as small as that, for the number of a signal. It fails for pids that are gone, and
    // busybox for the dashes, which it passes over: no matter.
    await run("sh", ["-c", `kill -s ${name.slice(3)} -- "$@"`, "kill", ...[...targets].map(String)]);
  }
}

function sendSignal(target: number, name: Deno.Signal): void {
  try {
    Deno.kill(target, name);
  } catch (error) {
    // It ended between the look and the signal.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
