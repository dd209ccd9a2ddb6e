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
import { searchPath } from "./environment.ts";
import { reaperVariable } from "./process_table.ts";
import { isExecutable, run, spawnInSession } from "./subprocess.ts";

/** How well the processes of a run are held together on this machine. */
export type Containment = { kind: "subreaper"; reason: null } | {
  kind: "none";
  /** Why not, in one line for a person. */
  reason: string;
};

/** The numbers of prctl(2) and setsid(2); Linux gives them per architecture. */
const systemCalls: Record<string, [prctl: number, setsid: number]> = { x86_64: [157, 112], aarch64: [167, 157] };
const helper = fromFileUrl(new URL("./reaper.pl", import.meta.url));
const probeTimeoutMs = 10_000;

let probed: Promise<Containment> | undefined;

/** What this machine can do; tried once, with a real process. Never rejects. */
export function containment(): Promise<Containment> {
  return probed ??= probe();
}

/**
 * `spawn` in a session of its own, with all that it ever starts held together as well as this machine can. The pid is that of
 * the process to wait for; it ends with the program's own code or signal.
 *
 * Throws `DomainError("unavailable")` when the program cannot be started.
 */
export async function spawnContained(
  program: string,
  { args = [], env = {}, ...options }: Deno.CommandOptions,
): Promise<Deno.ChildProcess> {
  // The helper would show much later, and by its exit code only, that there is no such program.
  const path = await executableOf(program);
  if (path !== null && (await containment()).kind === "subreaper") {
    const held = { ...options, args: helperArguments(path, args), env: { ...env, [reaperVariable]: "1" } };
    try {
      return new Deno.Command("perl", held).spawn();
    } catch {
      // Something is wrong, and is said by this:
    }
  }
  return await spawnInSession(program, { ...options, args, env });
}

function helperArguments(program: string, args: string[]): string[] {
  // -C0: the arguments are passed on byte for byte, whatever PERL_UNICODE says.
  return ["-C0", helper, ...systemCalls[Deno.build.arch]!.map(String), program, ...args];
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
    const { code, stderr } = await run("perl", helperArguments("perl", ["-e", "exit 86"]), {
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
async function executableOf(program: string): Promise<string | null> {
  if (program.includes("/")) return await isExecutable(program) ? program : null;
  for (const folder of searchPath().filter(isAbsolute)) {
    if (await isExecutable(join(folder, program))) return join(folder, program);
  }
  return null;
}
