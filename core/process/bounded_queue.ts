// What lies between the pumps that read a process's pipes and the one who pulls. Bounded: a pump waits in `room()` while more
// than `maxBytes` lie here, so one who does not pull holds the process back by its pipe.

/** Items from those who push to the one who pulls. */
export interface BoundedQueue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** Resolves when there is room again, or at once after `abandoned`. */
  room(): Promise<void>;
  /** Nothing more will come. */
  end(): void;
  /** Nobody will pull any more; what is pushed from now on is dropped. */
  abandon(): void;
  /** Aborts when nobody will pull any more. */
  readonly abandoned: AbortSignal;
  /** Whether somebody has begun to pull. */
  readonly isPulled: boolean;
}

/** What the items are. */
export interface QueueOptions<T> {
  /** There is room while less than this lies in the queue. */
  maxBytes: number;
  /** The bytes that an item counts for. */
  sizeOf(item: T): number;
  /**
   * Takes the next item up into the last one, which has not been pulled yet, and says whether it did: a slow reader gets few
   * large items instead of many small ones. The size of what was joined is the sum of both.
   */
  join(last: T, next: T): boolean;
}

/** An empty queue. */
export function boundedQueue<T>({ maxBytes, sizeOf, join }: QueueOptions<T>): BoundedQueue<T> {
  let items: T[] = [];
  let bytes = 0;
  let hasEnded = false;
  let isPulled = false;
  const abandonment = new AbortController();
  let wakePuller = () => {};
  let wakePumps: (() => void)[] = [];

  function releasePumps(): void {
    const waiting = wakePumps;
    wakePumps = [];
    for (const wake of waiting) wake();
  }

  function abandon(): void {
    items = [];
    bytes = 0;
    hasEnded = true;
    abandonment.abort();
    releasePumps();
    wakePuller();
  }

  async function next(): Promise<IteratorResult<T>> {
    isPulled = true;
    while (items.length === 0) {
      if (hasEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => wakePuller = resolve);
    }
    const item = items.shift()!;
    bytes -= sizeOf(item);
    if (bytes < maxBytes) releasePumps();
    return { done: false, value: item };
  }

  return {
    push(item) {
      if (abandonment.signal.aborted) return;
      bytes += sizeOf(item);
      const last = items.at(-1);
      if (last === undefined || !join(last, item)) items.push(item);
      wakePuller();
    },
    async room() {
      while (bytes >= maxBytes && !abandonment.signal.aborted) {
        await new Promise<void>((resolve) => wakePumps.push(resolve));
      }
    },
    end() {
      hasEnded = true;
      wakePuller();
    },
    abandon,
    abandoned: abandonment.signal,
    get isPulled() {
      return isPulled;
    },
    [Symbol.asyncIterator]() {
      return {
        next,
        return() {
          abandon();
          return Promise.resolve({ done: true as const, value: undefined });
        },
      };
    },
  };
}
