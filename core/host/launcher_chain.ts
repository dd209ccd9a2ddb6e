// The programs between a person and this process: `npx` -> `sh -c deno ...` -> `deno task` -> us. npx passes no TERM on, so
// when it is ended we would run on unseen; instead we notice that the chain broke. A shell, `nohup` or a service manager
// above the launchers is not part of it: that one may go.

import { delay } from "@std/async";
import { run } from "../process/subprocess.ts";
import { cLibrary } from "./c_library.ts";

/** Set by the launcher that limits our permissions (core/host/launcher.ts): the end of our stdin is then its end. */
export const launchedVariable = "PERSONAL_CODER_LAUNCHED";

export interface Link {
  pid: number;
  parent: number;
}

const chainAtMost = 8;
const lookMs = 1_000;
/** The number of pidfd_open(2), on every architecture, and what is waited for (poll(2)). */
const [pidfdOpen, pollIn] = [434n, 1];

/** From this process up to the topmost launcher; only this process when it was started directly. */
export async function launcherChain(pid: number): Promise<Link[]> {
  const chain: Link[] = [];
  let at = await look(pid);
  while (at && chain.length < chainAtMost) {
    chain.push({ pid: at.pid, parent: at.parent });
    const above: (Link & { command: string }) | null = at.parent > 1 ? await look(at.parent) : null;
    if (!above || !isLauncher(above.command)) break;
    at = above;
  }
  return chain;
}

/** Resolves when a launcher of the chain is gone; never, when there is none. */
export async function chainBreaks(chain: Link[]): Promise<void> {
  if (chain.length < 2) return await new Promise(() => {});
  if (!await endSeen(chain.slice(1)).catch(() => false)) await breakFound(chain);
}

/**
 * Waits for the end of one of these in the kernel (Linux has that since 5.3), by a thread that costs nothing meanwhile: what
 * wakes up every second is most of what an idle service does. False where that is not possible.
 */
async function endSeen(links: Link[]): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  const { symbols: c } = Deno.dlopen(cLibrary!, {
    syscall: { parameters: ["i64", "i64", "i64"], result: "i64" },
    poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  });
  // struct pollfd { int fd; short events, revents }
  const waited = new Int32Array(links.length * 2);
  for (const [index, { pid }] of links.entries()) {
    const descriptor = Number(c.syscall(pidfdOpen, BigInt(pid), 0n));
    if (descriptor < 0) return false;
    waited.set([descriptor, pollIn], index * 2);
  }
  // A signal interrupts it.
  while (await c.poll(waited, BigInt(links.length), -1) < 1) await delay(lookMs);
  return true;
}

/** Looks every second. */
export async function breakFound(chain: Link[]): Promise<void> {
  while (await isUnbroken(chain)) await delay(lookMs);
}

/** Whether every launcher of the chain is still there, by its parent's word. */
async function isUnbroken(chain: Link[]): Promise<boolean> {
  // The topmost launcher's own parent may change.
  for (const { pid, parent } of chain.slice(0, -1)) {
    const now = await parentOf(pid);
    if (now !== null && now !== parent) return false;
  }
  return true;
}

function isLauncher(command: string): boolean {
  const [program = "", ...args] = command.split(" ");
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (name === "deno" || name === "npx" || name === "npm") return true;
  if (name === "node") return /\b(npx|npm|deno)\b/.test(args[0] ?? "");
  // npm titles itself "npm exec ..."; it runs packages by `sh -c deno ...`.
  return name === "sh" && args[0] === "-c" && /^["']?deno["']?$/.test(args[1] ?? "");
}

async function look(pid: number): Promise<(Link & { command: string }) | null> {
  const [parent, command] = [await parentOf(pid), await commandOf(pid)];
  return parent && command !== null ? { pid, parent, command } : null;
}

// A start waits for both, and the parent is asked for every second: reading a file is cheaper than starting `ps`.

async function parentOf(pid: number): Promise<number | null> {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && await hasProc()) return 0;
    const text = await ask(pid, "ppid=");
    return text === null ? null : Number(text);
  }
}

async function commandOf(pid: number): Promise<string | null> {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  } catch {
    return await ask(pid, "args=");
  }
}

async function hasProc(): Promise<boolean> {
  return await Deno.stat("/proc/self/stat").then(() => true, () => false);
}

/** What `ps` says of one process; null when it is gone or `ps` cannot be run. */
async function ask(pid: number, columns: string): Promise<string | null> {
  try {
    const { code, stdout } = await run("ps", ["-ww", "-o", columns, "-p", String(pid)]);
    const text = new TextDecoder().decode(stdout).trim();
    return code === 0 && text !== "" ? text : null;
  } catch {
    return null;
  }
}
