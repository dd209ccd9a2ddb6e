// The programs between a person and this process: `npx` -> `sh -c deno ...` -> `deno task` -> us. npx passes no TERM on, so
// when it is ended we would run on unseen; instead we notice that the chain broke. A shell, `nohup` or a service manager
// above the launchers is not part of it: that one may go.

import { run } from "../process/subprocess.ts";

/** Set by the launcher that limits our permissions (core/host/launcher.ts): the end of our stdin is then its end. */
export const launchedVariable = "PERSONAL_CODER_LAUNCHED";

export interface Link {
  pid: number;
  parent: number;
}

const chainAtMost = 8;

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

/** Whether every launcher of the chain is still there, by its parent's word. */
export async function isUnbroken(chain: Link[]): Promise<boolean> {
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
