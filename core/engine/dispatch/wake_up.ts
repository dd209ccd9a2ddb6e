// What wakes the scheduler. A wake-up says "look again" and nothing more: several before a look are one, and a lost one costs
// time, never a task. It stands by itself so that whoever wakes need not know who looks.

export class WakeUp {
  #woken = Promise.withResolvers<void>();

  /** Bound, so that it can be handed out as a callback. */
  readonly wake = (): void => this.#woken.resolve();

  /** Resolves with the next wake-up, at once if one has come since the last was taken. */
  async next(): Promise<void> {
    await this.#woken.promise;
    this.#woken = Promise.withResolvers<void>();
  }
}
