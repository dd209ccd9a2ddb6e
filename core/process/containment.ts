// How the processes of a run are held together, so that its end can be the end of all of them.
//
// `subreaper`: by the kernel (Linux, where perl is installed). A helper between us and the program, reaper.pl, is the parent
// of everything that loses its own: nothing started below it can leave it, neither by a session of its own nor by an empty
// environment nor by parents that are gone; and as the helper has the run's mark, all of it is found after a restart, too.
// Out of its reach is what another program starts on the run's behalf (a container engine, `systemd-run`, `at`), and what is
// left without parent, mark and group after somebody has killed the helper itself.
//
// `none`: by the run's marks, its group and its parents alone (process_tree.ts). A process that has an empty environment, a
// session of its own and a parent that has ended is lost.

import { fromFileUrl, isAbsolute, join } from "@std/path";
import { messageOf } from "../domain/error.ts";
import { type ChildEnvironment, childEnvironment, searchPath } from "./environment.ts";
import { reaperVariable } from "./process_table.ts";
import { isExecutable, ownVariable, run, spawnInSession } from "./subprocess.ts";

/** How well the processes of a run are held together on this machine. */
export type Containment = { kind: "subreaper"; reason: null } | {
  kind: "none";
  /** Why not, in one line for a person. */
  reason: string;
};

interface SystemCalls {
  prctl: number;
  setsid: number;
  clockGettime: number;
  inotifyInit: number;
  inotifyAdd: number;
}

/** The numbers of prctl(2), setsid(2), clock_gettime(2), inotify_init1(2) and inotify_add_watch(2); Linux gives them per architecture. */
export const systemCalls: Record<string, SystemCalls> = {
  x86_64: { prctl: 157, setsid: 112, clockGettime: 228, inotifyInit: 294, inotifyAdd: 254 },
  aarch64: { prctl: 167, setsid: 157, clockGettime: 113, inotifyInit: 26, inotifyAdd: 27 },
};
const helper = fromFileUrl(new URL("./reaper.pl", import.meta.url));
const helperEnvironment = { [reaperVariable]: "1", [ownVariable]: "1" };
const probeTimeoutMs = 10_000;

/** A program, as it is started. */
export interface ProgramStart {
  args: string[];
  cwd: string;
  /** Added to what every child inherits. */
  env: Record<string, string>;
  stdin: "piped" | "null";
}

/**
 * Starts a program of a run in a session of its own, its outputs piped, all that it ever starts held together as well as the
 * machine can. Throws `DomainError("unavailable")` when it cannot be started.
 */
export type Spawn = (program: string, start: ProgramStart) => Promise<Deno.ChildProcess>;

let probed: Promise<Containment> | undefined;

/** What this machine can do; tried once, with a real process. Never rejects. */
export function containment(): Promise<Containment> {
  return probed ??= probe();
}

/** Outside of any sandbox. The pid is that of the process to wait for; it ends with the program's own code or signal. */
export const spawnContained: Spawn = async (program, { args, cwd, env: added, stdin }) => {
  const { env, clearEnv } = childEnvironment(added);
  const options = { cwd, clearEnv, stdin, stdout: "piped", stderr: "piped" } as const;
  const command = await heldCommand(program, args);
  if (command.isHeld) {
    const [perl, ...words] = command.words;
    try {
      const child = new Deno.Command(perl!, { ...options, args: words, env: { ...env, ...command.env } }).spawn();
      held.add(child);
      return child;
    } catch {
      // Something is wrong, and is said by this:
    }
  }
  return await spawnInSession(program, { ...options, args, env });
};

const held = new WeakSet<Deno.ChildProcess>();

/** Whether there is a helper of ours above all that a child starts. */
export function isHeld(child: Deno.ChildProcess): boolean {
  return held.has(child);
}

/** Starts the helper alone, with its outputs piped: it waits for its program on its input. Null where there is none. */
export async function spawnHelper({ env, clearEnv }: ChildEnvironment): Promise<Deno.ChildProcess | null> {
  if ((await containment()).kind !== "subreaper") return null;
  const child = new Deno.Command("perl", {
    args: helperArguments([]),
    ...{ clearEnv, env: { ...env, ...helperEnvironment } },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  held.add(child);
  return child;
}

/** A command, as it is to be started so that all that it starts is held together, where that is possible. */
export interface HeldCommand {
  words: string[];
  env: Record<string, string>;
  isHeld: boolean;
}

/** The command with the helper before it; as it is, where there is no such program or nothing to hold it with. */
export async function heldCommand(program: string, args: string[]): Promise<HeldCommand> {
  // The helper would show much later, and by its exit code only, that there is no such program.
  const path = await executableOf(program);
  if (path === null || (await containment()).kind !== "subreaper") {
    return { words: [program, ...args], env: {}, isHeld: false };
  }
  return {
    words: ["perl", ...helperArguments([path, ...args])],
    env: helperEnvironment,
    isHeld: true,
  };
}

/** `command`: empty where it is told later. */
function helperArguments(command: string[]): string[] {
  // -C0: the arguments are passed on byte for byte, whatever PERL_UNICODE says.
  const { prctl, setsid } = systemCalls[Deno.build.arch]!;
  return ["-C0", helper, String(prctl), String(setsid), ...command];
}

async function probe(): Promise<Containment> {
  if (Deno.build.os !== "linux") return { kind: "none", reason: "only Linux has child subreapers" };
  if (!(Deno.build.arch in systemCalls)) return { kind: "none", reason: `unknown architecture ${Deno.build.arch}` };
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new Error(`no answer within ${probeTimeoutMs / 1000} s`)),
    probeTimeoutMs,
  );
  try {
    // A code that nothing else ends with: it went all the way through the helper and back.
    const { code, stderr } = await run("perl", helperArguments(["perl", "-e", "exit 86"]), {
      env: { [reaperVariable]: "1" },
      signal: timeout.signal,
    });
    if (code === 86) return { kind: "subreaper", reason: null };
    return { kind: "none", reason: new TextDecoder().decode(stderr).trim() || `the helper ended with code ${code}` };
  } catch (error) {
    return { kind: "none", reason: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Where a program is, as PATH finds it; null for what is not there or may not be looked at. */
export async function executableOf(program: string): Promise<string | null> {
  if (program.includes("/")) return await isExecutable(program) ? program : null;
  for (const folder of searchPath().filter(isAbsolute)) {
    if (await isExecutable(join(folder, program))) return join(folder, program);
  }
  return null;
}
