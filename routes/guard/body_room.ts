// The room that all bodies in flight share: how much memory they may take together, whoever sends them.
//
// Promises: all together never hold more than `bytes`, and large ones never more than three eighths of that, so that a task
// can be cancelled while somebody sends large ones. A large body has its whole place before its first byte is read: two that
// are half here cannot wait for each other. What finds no place waits its turn for `waitMs`, and no more than `waitingAtMost`
// wait at once; meanwhile it stays with its sender.

export interface BodyRoomOptions {
  /** That all bodies may take together. */
  bytes: number;
  waitMs: number;
  waitingAtMost: number;
}

/** What one body takes; given back when it is disposed. */
export interface Place extends Disposable {
  /** Bytes that are held. */
  readonly held: number;
  /** Takes room for `bytes` in all; false, and nothing more taken, when there was none in time. */
  grow(bytes: number): Promise<boolean>;
}

/** A body that is no larger takes its place as it arrives, also where large ones may not. */
export const smallBytes = 65_536;
const largeShare = 0.375;

export class BodyRoom {
  readonly #options: BodyRoomOptions;
  #taken = 0;
  /** Large ones that wait, the first in turn first. */
  readonly #waiting = new Set<{ bytes: number; enter(): void }>();

  constructor(options: BodyRoomOptions) {
    this.#options = options;
  }

  enter(): Place {
    let held = 0;
    const take = (bytes: number) => {
      this.#taken += bytes - held;
      held = bytes;
    };
    return {
      get held() {
        return held;
      },
      grow: async (bytes) => {
        const more = bytes - held;
        const isLarge = bytes > smallBytes;
        if (this.#fits(more, isLarge) && !(isLarge && this.#waiting.size > 0)) {
          take(bytes);
          return true;
        }
        return isLarge && await this.#turn(more, () => take(bytes));
      },
      [Symbol.dispose]: () => {
        take(0);
        this.#admit();
      },
    };
  }

  #fits(bytes: number, isLarge: boolean): boolean {
    return this.#taken + bytes <= this.#options.bytes * (isLarge ? largeShare : 1);
  }

  /** Waits until there is room for `bytes` more, and takes it. */
  async #turn(bytes: number, take: () => void): Promise<boolean> {
    const { waitMs, waitingAtMost } = this.#options;
    if (this.#waiting.size >= waitingAtMost) return false;
    const turn = Promise.withResolvers<boolean>();
    const one = {
      bytes,
      enter: () => {
        take();
        turn.resolve(true);
      },
    };
    this.#waiting.add(one);
    const timer = setTimeout(() => turn.resolve(false), waitMs);
    try {
      return await turn.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(one);
      this.#admit();
    }
  }

  /** In turn: one that is too large for what is left holds up those behind it, or it would never get in. */
  #admit(): void {
    for (const one of this.#waiting) {
      if (!this.#fits(one.bytes, true)) return;
      this.#waiting.delete(one);
      one.enter();
    }
  }
}
