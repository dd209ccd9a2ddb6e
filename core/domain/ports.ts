// The ports that every floor shares. `core/host/system.ts` has the real ones; a simulation passes seeded ones, which is why
// the engine and the KV floor use no other timer, clock or randomness.

export interface Clock {
  /** Wall time in ms since 1970; may jump. For timestamps only. */
  now(): number;
  /** Monotonic ms from an unspecified start; never goes back. For durations and leases. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void>;
  /** Calls `callback` once after `ms` unless the returned function is called first. */
  timer(ms: number, callback: () => void): () => void;
}

/** What a line of the service's own log is about. */
export interface About {
  task?: number;
  /** The run's number (its epoch). */
  run?: number;
}

export interface Random {
  /** A version 4 UUID. */
  uuid(): string;
  /** Uniform in [0, 1). */
  float(): number;
}
