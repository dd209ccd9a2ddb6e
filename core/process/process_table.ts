// All processes of this machine, with the run marks in their environment. Read from /proc; where that is refused (scoped
// Deno permissions: it needs --allow-all) or does not exist (macOS), from the `ps` program.

import { run } from "./subprocess.ts";

/** A process of this machine. */
export interface Process {
  pid: number;
  /** Its parent's pid. */
  parent: number;
  /** Its process group. */
  group: number;
  /** Ended, but not yet collected by its parent. */
  isZombie: boolean;
  /** When it started, in ms since 1970; tells a process from a later one with the same pid. To the second only from `ps`. */
  startedAt: number;
  /** The run marks (`PERSONAL_RUN_{mark}=1`) it was started with. */
  marks: string[];
  /** It says that it holds a run's processes together (containment.ts). */
  isReaper: boolean;
}

const MARK = /(?:^|[\0 ])PERSONAL_RUN_([0-9A-Za-z_]+)=1(?=[\0 ]|$)/g;

/** The variable that a reaper is started with, as `1`, and nothing that is below it. */
export const reaperVariable = "PERSONAL_REAPER";

const REAPER = new RegExp(`(?:^|[\\0 ])${reaperVariable}=1(?=[\\0 ]|$)`);

/** The name of the variable that marks a run's processes. Unique by name: looking for it needs no parsing of values. */
export function markVariable(mark: string): string {
  return `PERSONAL_RUN_${mark.replaceAll("-", "_")}`;
}

/**
 * All processes there are now, in no order; those of other users without their marks. Throws `DomainError("unavailable")`
 * where there is neither /proc nor a `ps`.
 */
export async function processTable(): Promise<Process[]> {
  return fromProc() ?? await fromPs();
}

// Synchronous: each of these files is small and in memory, and a snapshot should be as close to one moment as it can be.
function fromProc(): Process[] | null {
  const bootedAt = bootTime();
  if (bootedAt === null) return null;
  const processes: Process[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const stat = readLatin1(`/proc/${entry.name}/stat`);
    if (stat === null) continue;
    const fields = fieldsOf(stat);
    if (isKernelThread(fields)) continue;
    processes.push(processOf(fields, { pid: Number(entry.name), bootedAt, environment: environmentOf(entry.name) }));
  }
  return processes;
}

// A process that is starting a program right now has neither environment nor arguments for some microseconds, and must not
// be taken for one without marks.
function environmentOf(pid: string): string {
  for (let look = 1;; look++) {
    const environment = readLatin1(`/proc/${pid}/environ`);
    if (environment !== "" || look === 5 || readLatin1(`/proc/${pid}/cmdline`) !== "") return environment ?? "";
  }
}

let procIsReadable = true;

/** In ms since 1970, or `null` when there is no /proc to read. */
function bootTime(): number | null {
  if (!procIsReadable) return null;
  try {
    const seconds = /^btime (\d+)/m.exec(Deno.readTextFileSync("/proc/stat"))?.[1];
    if (seconds !== undefined) return Number(seconds) * 1000;
  } catch {
    // Refused or absent; that does not change while the process lives.
  }
  procIsReadable = false;
  return null;
}

const latin1 = new TextDecoder("latin1");

/** `null` when the process has ended meanwhile or is not ours to look at. */
function readLatin1(path: string): string | null {
  try {
    return latin1.decode(Deno.readFileSync(path));
  } catch {
    return null;
  }
}

// `pid (name) state parent group ...`; the name may hold spaces and parentheses. See proc(5).
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

const kernelThreadFlag = 0x200000;

function isKernelThread(fields: string[]): boolean {
  return (Number(fields[6]) & kernelThreadFlag) !== 0;
}

function processOf(
  fields: string[],
  { pid, bootedAt, environment }: { pid: number; bootedAt: number; environment: string },
): Process {
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    isZombie: fields[0] === "Z" || fields[0] === "X",
    startedAt: bootedAt + Number(fields[19]) * 10,
    marks: marksIn(environment),
    isReaper: REAPER.test(environment),
  };
}

function marksIn(environment: string): string[] {
  if (!environment.includes("PERSONAL_RUN_")) return [];
  return [...environment.matchAll(MARK)].map((match) => match[1]!.replaceAll("_", "-"));
}

async function fromPs(): Promise<Process[]> {
  for (let attempt = 1;; attempt++) {
    const { processes, isTorn } = await readPs();
    if (!isTorn || attempt === 3) return processes;
  }
}

/** `isTorn`: a process that may be marked changed its command between the two looks (it has just been started). */
async function readPs(): Promise<{ processes: Process[]; isTorn: boolean }> {
  const [withEnvironment, withoutIt] = await Promise.all([
    run("ps", ["axeww", "-o", "pid=,ppid=,pgid=,stat=,etime=,command="]),
    run("ps", ["axww", "-o", "pid=,command="]),
  ]);
  const now = Date.now();
  const commands = new Map(
    linesOf(withoutIt.stdout).map((line) => /^\s*(\d+) (.*)$/.exec(line)).filter((match) => match !== null)
      .map((match) => [Number(match[1]), match[2]!]),
  );
  const processes: Process[] = [];
  let isTorn = false;
  for (const line of linesOf(withEnvironment.stdout)) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+) (.*)$/.exec(line);
    if (match === null) continue;
    const pid = Number(match[1]);
    const command = commands.get(pid);
    const whole = match[6]!;
    // `e` puts the environment behind the arguments: only what is behind them may count, or a process that merely *names*
    // a mark (a grep for it) would be taken for one of the run's.
    const isSameCommand = command !== undefined && whole.startsWith(command);
    isTorn ||= !isSameCommand && whole.includes("PERSONAL_RUN_");
    const environment = isSameCommand ? whole.slice(command.length) : "";
    processes.push({
      pid,
      parent: Number(match[2]),
      group: Number(match[3]),
      isZombie: match[4]!.startsWith("Z"),
      startedAt: Math.floor((now - elapsedMs(match[5]!)) / 1000) * 1000,
      marks: marksIn(environment),
      isReaper: REAPER.test(environment),
    });
  }
  return { processes, isTorn };
}

function linesOf(bytes: Uint8Array): string[] {
  return latin1.decode(bytes).split("\n");
}

/** `[[days-]hours:]minutes:seconds` */
function elapsedMs(etime: string): number {
  const [days, time] = etime.includes("-") ? etime.split("-") : ["0", etime];
  const seconds = time!.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}
