// What this process has started ends with it, also when it is ended hard (`kill -9`, no memory left) and can end nothing any
// more. A small program beside it, watcher.pl, notices that and does it: on Linux, where perl is installed, as for the
// processes of a run (containment.ts).
//
// On a shared store it also ends them when this process does not beat any more although it lives (SIGSTOP, a debugger, a disk
// that does not answer): before its lease is over and others take its tasks.
//
// It goes by a variable whose name is this process's alone, so that it never ends what another service runs, or the next one
// on the same data. It has a session and an environment of its own, and ends when we do.

import { fromFileUrl } from "@std/path";
import { delay } from "@std/async";
import { containment, systemCalls } from "./containment.ts";
import { searchPath } from "./environment.ts";
import { ownVariable } from "./subprocess.ts";

export interface Watcher {
  /** This worker's beat, `ageMs` ago, is known to be in the store. From the first on they are waited for. */
  beat(ageMs: number): void;
}

export interface WatcherOptions {
  /** After the last beat, before everything is ended. */
  limitMs: number;
  warn: (message: string, error: unknown) => void;
}

const program = fromFileUrl(new URL("./watcher.pl", import.meta.url));
const restartMs = 1_000;
/** One that ends sooner would do so again. */
const shortLifeMs = 10_000;

/** From now on this process is watched over; null where that is not possible. Never rejects. */
export async function watchOver(options: WatcherOptions): Promise<Watcher | null> {
  if ((await containment()).kind !== "subreaper") return null;
  const watcher = new PerlWatcher(options);
  watcher.start();
  return watcher;
}

class PerlWatcher implements Watcher {
  readonly #options: WatcherOptions;
  /** Its input; held for as long as we live: its end is our end. */
  #input: WritableStreamDefaultWriter<Uint8Array> | null = null;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  beat(ageMs: number): void {
    // One that has ended is replaced, and hears of the next.
    this.#input?.write(new TextEncoder().encode(`${Math.ceil(ageMs)}\n`)).catch(() => {});
  }

  start(): void {
    const { limitMs, warn } = this.#options;
    const { setsid, clockGettime } = systemCalls[Deno.build.arch]!;
    try {
      const child = new Deno.Command("perl", {
        args: [program, String(setsid), String(clockGettime), ownVariable, String(limitMs)],
        clearEnv: true,
        env: { PATH: searchPath().join(":") },
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
      this.#input = child.stdin.getWriter();
      void this.#replace(child.status);
    } catch (error) {
      warn("Nothing would end the agents of this service if it were killed", error);
    }
  }

  /** Somebody else may have ended it. */
  async #replace(ended: Promise<unknown>): Promise<void> {
    const startedAt = performance.now();
    await ended;
    this.#input = null;
    if (performance.now() - startedAt < shortLifeMs) {
      return this.#options.warn(
        "Nothing would end the agents of this service if it were killed: its watcher ended",
        null,
      );
    }
    await delay(restartMs);
    this.start();
  }
}
