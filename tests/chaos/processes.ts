// The processes of a world, read from /proc in a few milliseconds: often enough to see what only lasts a moment.

import { worldVariable } from "./world.ts";

export interface MarkedProcess {
  pid: number;
  parent: number;
  /** The run's mark; null for the service itself and what it starts for itself. */
  run: string | null;
  /** Its arguments, each ended by a NUL. */
  command: string;
}

/** What tells the processes of a world from others. */
export interface Marks {
  /** In the environment of everything the world starts. */
  readonly mark: string;
  /** Marks that all runs of a worker share. */
  readonly workerMarks: ReadonlySet<string>;
}

const runMark = /PERSONAL_RUN_([0-9a-f]{8}_[0-9a-f_]{27})=1/g;

/** The living processes of a world. Empty where there is no /proc. */
export function markedProcesses({ mark, workerMarks }: Marks): MarkedProcess[] {
  const found: MarkedProcess[] = [];
  let entries: Iterable<Deno.DirEntry> = [];
  try {
    entries = Array.from(Deno.readDirSync("/proc"));
  } catch {
    return found;
  }
  for (const { name } of entries) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = Deno.readTextFileSync(`/proc/${name}/environ`);
      if (!environment.includes(`${worldVariable}=${mark}`)) continue;
      const marks = [...environment.matchAll(runMark)].map((match) => match[1]!.replaceAll("_", "-"));
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      found.push({ pid: Number(name), parent, run: marks.find((one) => !workerMarks.has(one)) ?? null, command });
    } catch { /* it has ended, or is somebody else's */ }
  }
  return found;
}

/** The marks of the runs that have a living process. */
export function liveRuns(world: Marks): Set<string> {
  return new Set(markedProcesses(world).map(({ run }) => run).filter((run) => run !== null));
}

/** Sends a signal; false when the process is gone. */
export function signal(pid: number, name: Deno.Signal): boolean {
  try {
    Deno.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
