// A helper (containment.ts) that is there before its program is known. To start one takes longer than to tell it what to run, and
// while what the program needs is made, such as its folder, there is time for it.

import { childEnvironment } from "./environment.ts";
import { executableOf, type ProgramStart, type Spawn, spawnContained, spawnHelper } from "./containment.ts";
import { markVariable } from "./process_table.ts";

export interface WaitingHelper extends AsyncDisposable {
  /** Starts it, once: from then on it waits for the first program that `spawn` starts. */
  begin(): void;
  /** All other programs are started as by `spawnContained`. */
  readonly spawn: Spawn;
  /** Ends it when nothing was started, and resolves when it is gone. Never rejects. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** One with the marks of the run that it is for. */
export type MakeHelper = (marks: string[]) => WaitingHelper;

export const waitingHelper: MakeHelper = (marks) => {
  let hasBegun = false;
  let waiting: Promise<Deno.ChildProcess | null> | null = null;

  async function take(): Promise<Deno.ChildProcess | null> {
    const child = waiting;
    waiting = null;
    return await child;
  }

  async function tellWaiting(program: string, start: ProgramStart): Promise<Deno.ChildProcess | null> {
    const child = await take();
    if (child === null) return null;
    try {
      await tell(child, program, start);
      return child;
    } catch {
      await letGo(child);
      return null;
    }
  }

  return {
    begin() {
      if (hasBegun) return;
      hasBegun = true;
      const env = Object.fromEntries(marks.map((mark) => [markVariable(mark), "1"]));
      waiting = spawnHelper(childEnvironment(env)).catch(() => null);
    },
    spawn: async (program, start) => await tellWaiting(program, start) ?? await spawnContained(program, start),
    async [Symbol.asyncDispose]() {
      const child = await take();
      if (child !== null) await letGo(child);
    },
  };
};

/** Throws when it cannot be started so. */
async function tell(child: Deno.ChildProcess, program: string, { args, cwd, env, stdin }: ProgramStart): Promise<void> {
  const path = stdin === "piped" ? await executableOf(program) : null;
  if (path === null || !Deno.statSync(cwd).isDirectory) throw new Error("It is not for this program");
  const words = [cwd, String(1 + args.length), path, ...args, ...Object.entries(env).flat()];
  const bytes = new TextEncoder().encode(words.map((word) => `${word}\0`).join(""));
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(String(bytes.length).padStart(10, "0")));
  await writer.write(bytes);
  writer.releaseLock();
}

/** It ends with its input. */
async function letGo(child: Deno.ChildProcess): Promise<void> {
  await Promise.allSettled([child.stdin.abort(), child.stdout.cancel(), child.stderr.cancel(), child.status]);
}
