// Reads a child's pipe to its end, but not for ever: a grandchild that inherited the pipe keeps it open after the child has
// exited. What the child itself wrote is in the pipe by then, so once it has exited a read that stays empty for `quietMs`
// ends the reading, and so do 10 s of such waiting in sum (a grandchild that says a word each second). Time in which the
// reader itself is held back does not count.

/** When to stop, and where the chunks go. */
export interface PipeOptions {
  /** Resolves when the child has exited. */
  exited: Promise<unknown>;
  /** Ends the reading at once. */
  signal: AbortSignal;
  quietMs?: number;
  /** Awaited before each read. */
  room: () => Promise<void>;
  /** Awaited before the next read. */
  onChunk: (chunk: Uint8Array) => void | Promise<void>;
}

const PATIENCE_MS = 10_000;

/**
 * Resolves when the pipe is read as far as it will be; rejects with what `onChunk` throws, or with the pipe's own error.
 */
export async function readPipe(pipe: ReadableStream<Uint8Array>, options: PipeOptions): Promise<void> {
  const { signal, quietMs = 2_000, room, onChunk } = options;
  const reader = pipe.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  let hasExited = false;
  let isWaiting = false;
  let patienceMs = PATIENCE_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch(): void {
    if (hasExited && isWaiting) timer = setTimeout(stop, Math.min(quietMs, patienceMs));
  }

  options.exited.then(() => {
    hasExited = true;
    watch();
  });
  signal.addEventListener("abort", stop, { once: true });
  try {
    while (!signal.aborted) {
      await room();
      isWaiting = true;
      watch();
      const since = performance.now();
      const { done, value } = await reader.read();
      isWaiting = false;
      clearTimeout(timer);
      if (hasExited) patienceMs = Math.max(0, patienceMs - (performance.now() - since));
      if (done) break;
      await onChunk(value);
    }
  } finally {
    isWaiting = false;
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
