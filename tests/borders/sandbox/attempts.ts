// What a hostile agent tries: `deno run -A attempts.ts TARGETS GROUP`, in its worktree. TARGETS is a file with JSON that says
// where what it wants is. It leaves `report.json`: by attempt what it got, or why it did not. Nothing is imported but types, and
// no attempt does lasting harm where nothing confines it: each is tried there, too, and has to succeed.

import { apiAttempts, gatewayAttempts } from "./attempts_api.ts";
import { fileAttempts } from "./attempts_files.ts";
import { nameAttempts } from "./attempts_names.ts";
import { processAttempts } from "./attempts_processes.ts";

/** Where what it wants is. */
export interface Targets {
  /** The planted home folder. */
  home: string;
  /** The service's: its data folder, process and address. */
  data: string;
  pid: number;
  apiPort: number;
  /** A scripted HTTP server on 127.0.0.1 and ::1, and a name server by UDP and TCP on 127.0.0.1. */
  decoyPort: number;
  namePort: number;
  /** A listening socket of the host. */
  socket: string;
  /** The checkout, another task's worktree and its entry in the git folder. */
  checkout: string;
  otherWorktree: string;
  otherEntry: string;
  /** A process of the test, which is nobody's to end. */
  bystander: number;
  /** The host's place for System V shared memory, as /proc names it. */
  ipc: string;
  /** Addresses of the host's interfaces, and its name. */
  addresses: string[];
  hostname: string;
}

/** What came of an attempt. */
export interface Outcome {
  succeeded: boolean;
  /** What it got, or the error. */
  words: string;
  ms: number;
}

/** Resolves with what it got; throws where it was held. */
export type Attempt = (targets: Targets) => Promise<unknown> | unknown;
export type Attempts = (targets: Targets) => Record<string, Attempt>;

export const groups = {
  files: fileAttempts,
  processes: processAttempts,
  api: apiAttempts,
  gateway: gatewayAttempts,
  names: nameAttempts,
};
export type Group = keyof typeof groups;

const timeoutMs = 15_000;

async function outcomeOf(attempt: Attempt, targets: Targets): Promise<Outcome> {
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error("it takes too long")), timeoutMs));
  try {
    const got = await Promise.race([(async () => await attempt(targets))(), late]);
    return { succeeded: true, words: String(got).slice(0, 300), ms: ms() };
  } catch (error) {
    return { succeeded: false, words: String(error).slice(0, 300), ms: ms() };
  } finally {
    clearTimeout(timer);
  }
}

if (import.meta.main) {
  const [path, group] = Deno.args as [string, Group];
  const targets: Targets = JSON.parse(await Deno.readTextFile(path));
  const attempts = Object.entries(groups[group](targets));
  const outcomes: Record<string, Outcome> = {};
  const one = async ([name, attempt]: [string, Attempt]) => void (outcomes[name] = await outcomeOf(attempt, targets));
  // Who waits for an answer is in nobody's way.
  if (["api", "gateway", "names"].includes(group)) await Promise.all(attempts.map(one));
  else for (const entry of attempts) await one(entry);
  await Deno.writeTextFile("report.json", JSON.stringify(outcomes));
  // What hangs is not waited for.
  Deno.exit(0);
}
