// How many files and connections this process may have open at once. Deno raises its own limit to the hard one when it
// starts, so that is what counts.

import { run } from "../process/subprocess.ts";

/** The limit of open descriptors; null where it cannot be read. Needs all permissions: under limited ones `/proc` is closed. */
export async function descriptorLimit(): Promise<number | null> {
  const text = await Deno.readTextFile("/proc/self/limits").catch(() => null);
  const word = text === null ? await askShell() : /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (word === "unlimited") return Number.MAX_SAFE_INTEGER;
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : null;
}

/** A child has the limits of its parent. */
async function askShell(): Promise<string | undefined> {
  try {
    const { code, stdout } = await run("sh", ["-c", "ulimit -n"]);
    return code === 0 ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
