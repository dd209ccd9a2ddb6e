// Commits and reads that go on until their outcome is known.

import { DomainError, messageOf } from "../domain/error.ts";
import type { Clock } from "../domain/ports.ts";
import { type Kv, type KvCommit, UnknownOutcome } from "./kv.ts";

const firstPauseMs = 20;
const longestPauseMs = 2_000;

export class SteadyCommit {
  readonly #kv: Kv;
  readonly #clock: Clock;
  #closed = false;

  constructor(kv: Kv, { clock }: { clock: Clock }) {
    this.#kv = kv;
    this.#clock = clock;
  }

  /**
   * Commits, sending the identical commit again while its outcome is unknown; once it was, no other error ends that: a
   * full disk says nothing of an earlier try. There is no limit but `close`: to give up and decide anew could write the
   * same events twice. The versionstamp, or null when a check did not hold.
   */
  async commit(commit: KvCommit): Promise<string | null> {
    let isUnknown = false;
    return await this.persist(() => this.#kv.commit(commit), (error) => isUnknown ||= error instanceof UnknownOutcome);
  }

  /** Calls again, with growing pauses, while `mayPass` says so of its error; then throws it, `explained`. */
  async persist<T>(call: () => Promise<T>, mayPass: (error: unknown) => boolean): Promise<T> {
    for (let pauseMs = firstPauseMs;; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await call();
      } catch (error) {
        if (!mayPass(error) || this.#closed) throw explained(error);
        await this.#clock.sleep(pauseMs);
      }
    }
  }

  /** From now on nothing is tried again. */
  close(): void {
    this.#closed = true;
  }
}

/** KV's own errors in words a caller can act on; any other as it is. */
export function explained(error: unknown): unknown {
  if (messageOf(error).includes("disk is full")) {
    return new DomainError("unavailable", "The disk with the data folder is full; nothing was written", {
      cause: error,
    });
  }
  if (error instanceof UnknownOutcome) {
    return new DomainError("unavailable", "The store does not answer; the outcome is unknown", { cause: error });
  }
  return error;
}
