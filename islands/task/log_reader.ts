// Reads a raw log from its start, a stretch at a time, or from near its end. What is held has a bound.

import { type Signal, signal } from "@preact/signals";
import { call } from "../stream/api.ts";

/** Read at once, in bytes. */
const stretchBytes = 512 * 1024;
/** Longer lines are cut, in UTF-16 units. */
const lineMax = 400_000;
/** Held of a log; who goes on reading loses the first ones. */
const linesMax = 20_000;

export class LogReader {
  readonly #task: number;
  readonly lines: Signal<readonly string[]> = signal([]);
  /** The number of the first line; null when what is before it was passed over. */
  readonly first: Signal<number | null> = signal<number | null>(1);
  /** Bytes that were not read yet; null before the first look. */
  readonly left: Signal<number | null> = signal<number | null>(null);
  #decoder = new TextDecoder();
  #next = 0;
  #rest = "";

  constructor(task: number) {
    this.#task = task;
  }

  /** Throws `Problem`. */
  async readMore(signal: AbortSignal): Promise<void> {
    const response = await call(`/api/tasks/${this.#task}/log?from=${this.#next}`, { signal });
    const size = Number(response.headers.get("log-bytes") ?? 0);
    const reader = (response.body ?? new Blob([]).stream()).getReader();
    const lines: string[] = [];
    let read = 0;
    while (read < stretchBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      read += value.length;
      this.#take(this.#decoder.decode(value, { stream: true }), lines);
    }
    await reader.cancel();
    this.#next += read;
    this.#show(lines);
    this.left.value = Math.max(0, size - this.#next);
  }

  /** Passes over all but the last stretch. Throws `Problem`. */
  async readEnd(signal: AbortSignal): Promise<void> {
    const left = this.left.peek() ?? 0;
    if (left > stretchBytes) {
      this.#next += left - stretchBytes;
      this.#decoder = new TextDecoder();
      this.#rest = "";
      this.lines.value = [];
      this.first.value = null;
    }
    do await this.readMore(signal); while ((this.left.peek() ?? 0) > 0);
  }

  #take(text: string, lines: string[]): void {
    const parts = text.split("\n");
    parts.forEach((part, index) => {
      if (this.#rest.length < lineMax) this.#rest += part.slice(0, lineMax - this.#rest.length);
      if (index === parts.length - 1) return;
      if (this.#rest !== "") lines.push(this.#rest);
      this.#rest = "";
    });
  }

  #show(more: string[]): void {
    if (more.length === 0) return;
    const held = this.lines.peek();
    // The first line after what was passed over is the end of one.
    const isTorn = this.first.peek() === null && held.length === 0;
    const lines = [...held, ...isTorn ? more.slice(1) : more];
    const dropped = Math.max(0, lines.length - linesMax);
    if (this.first.peek() !== null) this.first.value! += dropped;
    this.lines.value = dropped > 0 ? lines.slice(dropped) : lines;
  }
}
