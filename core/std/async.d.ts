/** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts. */
export function delay(ms: number, options?: { signal?: AbortSignal; persistent?: boolean }): Promise<void>;
/** Rejects with a `TimeoutError` DOMException when `promise` has not settled within `ms` milliseconds. */
export function deadline<T>(promise: Promise<T>, ms: number, options?: { signal?: AbortSignal }): Promise<T>;
