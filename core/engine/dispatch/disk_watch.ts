// A disk that is nearly full: claiming stops before it hurts, then running agents are held back by their pipes, and all of
// it goes on by itself when space returns. A database whose file is gone stops claiming too, and goes on when it is back.

import type { Clock } from "../../domain/ports.ts";
import type { Presence } from "../../kv/database_files.ts";

export interface DiskWatch {
  /** One sentence while the disk is too full to start anything, or the database is gone from it, else null. */
  shortage(): string | null;
  /** Resolves while there is room for output; waits while there is hardly any, but no longer than until `gone` aborts. */
  room(gone: AbortSignal): Promise<void>;
  /** Checks again and again until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Below this nothing is claimed. */
const claimBytes = 256 * 1024 * 1024;
/** Below this agents are held back. */
const outputBytes = 64 * 1024 * 1024;
/** Above this no disk that writes two gigabytes a second is full before the next look. */
const farBytes = 24 * 1024 * 1024 * 1024;
const farMs = 10_000;
const calmMs = 5_000;
const tenseMs = 1_000;

/** Knows of no shortage before `run`. */
export function diskWatch({ clock, presence, freeBytes, onChange, onTense }: {
  clock: Clock;
  /** Of the database. Each commit looks, so it may know before this does. */
  presence: Presence;
  /** Free bytes on the disk of the data folder; null when unknown. */
  freeBytes: () => Promise<number | null>;
  /** What `shortage` says has changed. */
  onChange(shortage: string | null): void;
  /** While agents are held back, at each look. */
  onTense(freeBytes: number): Promise<void>;
}): DiskWatch {
  let shortage: string | null = null;
  let wasShort = false;
  let isFar = false;
  let gate: { promise: Promise<void>; resolve: () => void } | null = null;

  async function check(): Promise<void> {
    const free = await freeBytes();
    isFar = free !== null && free >= farBytes;
    if (free !== null) measure(free);
    if (free !== null && gate) await onTense(free);
    const now = presence.look() ?? shortage;
    if (wasShort === (now !== null)) return;
    wasShort = now !== null;
    onChange(now);
  }

  function measure(free: number): void {
    const mebibytes = Math.floor(free / 1024 / 1024);
    shortage = free >= claimBytes
      ? null
      : `The disk with the data folder is nearly full (${mebibytes} MiB free; ${claimBytes / 1024 / 1024} are needed)`;
    if (free < outputBytes) gate ??= Promise.withResolvers<void>();
    else {
      gate?.resolve();
      gate = null;
    }
  }

  return {
    shortage: () => presence.trouble ?? shortage,
    async room(gone) {
      while (gate && !gone.aborted) await unlessAborted(gate.promise, gone);
    },
    async run(signal) {
      while (!signal.aborted) {
        await check();
        await clock.sleep(wasShort ? tenseMs : isFar ? farMs : calmMs, { signal }).catch(() => {});
      }
      gate?.resolve();
      gate = null;
    },
  };
}

/** Resolves with `promise`, or when `signal` aborts. Leaves no listener behind: a run waits many times. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const onAbort = () => aborted.resolve();
  signal.addEventListener("abort", onAbort);
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
