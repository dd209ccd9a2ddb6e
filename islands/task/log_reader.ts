// Reads a raw log from its start, a stretch at a time, from near its end, or around a line. What is held has a bound.

import { batch, type Signal, signal } from "@preact/signals";
import { call } from "../stream/api.ts";

/** Read at once, in bytes. */
const stretchBytes = 512 * 1024;
/** Read before a line that is gone to, in bytes. */
const beforeBytes = 64 * 1024;
/** Longer lines are cut, in UTF-16 units. */
const lineMax = 400_000;
/** Held of a log; who goes on reading loses the first ones. */
const linesMax = 20_000;
const lineEnd = 10;

/** Line `line` (from 1) begins at byte `offset`. */
export interface LogLinePlace {
  line: number;
  offset: number;
}

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
  /** Whether the next line is the end of one that began in what was passed over. */
  #isTorn = false;
  /** Whether the last line that is shown may go on. */
  #isLastOpen = false;
  /** A line whose number is known, and the line ends that were read before it. */
  #known: LogLinePlace & { ends: number } | null = null;

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
      this.#number(value, this.#next + read);
      read += value.length;
      this.#take(this.#decoder.decode(value, { stream: true }), lines);
    }
    await reader.cancel();
    this.#next += read;
    batch(() => {
      this.left.value = Math.max(0, size - this.#next);
      this.#show(lines);
    });
  }

  /** Passes over all but the last stretch. Throws `Problem`. */
  async readEnd(signal: AbortSignal): Promise<void> {
    const left = this.left.peek() ?? 0;
    if (left > stretchBytes) this.#passTo(this.#next + left - stretchBytes);
    do await this.readMore(signal); while ((this.left.peek() ?? 0) > 0);
  }

  /** From the first line again. Throws `Problem`. */
  async readStart(signal: AbortSignal): Promise<void> {
    this.#passTo(0);
    await this.readMore(signal);
  }

  /** Reads up to the line; what is between is passed over where it is far. Throws `Problem`. */
  async readTo(place: LogLinePlace, signal: AbortSignal): Promise<void> {
    if (this.holds(place.line)) return;
    const ahead = place.offset - this.#next;
    if (this.first.peek() === null || ahead < 0 || ahead > stretchBytes) {
      const start = Math.max(0, place.offset - beforeBytes);
      this.#passTo(start);
      if (start > 0) this.#known = { ...place, ends: 0 };
    }
    do await this.readMore(signal); while (this.#endsBefore(place.line) && (this.left.peek() ?? 0) > 0);
  }

  holds(line: number): boolean {
    return line >= (this.first.peek() ?? Infinity) && !this.#endsBefore(line);
  }

  #endsBefore(line: number): boolean {
    const first = this.first.peek();
    return first === null || line >= first + this.lines.peek().length;
  }

  /** Lets go of what is held, and goes on at byte `start`. */
  #passTo(start: number): void {
    this.#next = start;
    this.#decoder = new TextDecoder();
    this.#rest = "";
    this.#isTorn = start > 0;
    this.#isLastOpen = false;
    this.#known = null;
    this.lines.value = [];
    this.first.value = start > 0 ? null : 1;
  }

  /** Counts back from the line that is known to the first one. `at`: the place of `bytes`. */
  #number(bytes: Uint8Array, at: number): void {
    const known = this.#known;
    if (!known) return;
    const before = bytes.subarray(0, Math.max(0, known.offset - at));
    for (const byte of before) if (byte === lineEnd) known.ends++;
    if (at + bytes.length < known.offset) return;
    this.#known = null;
    // The first one is torn, and is not shown.
    this.first.value = known.line - known.ends + 1;
  }

  #take(text: string, lines: string[]): void {
    const parts = text.split("\n");
    parts.forEach((part, index) => {
      if (this.#rest.length < lineMax) this.#rest += part.slice(0, lineMax - this.#rest.length);
      if (index === parts.length - 1) return;
      if (this.#isTorn) this.#isTorn = false;
      else lines.push(this.#rest);
      this.#rest = "";
    });
  }

  /** Of an agent that was killed, or that writes now, the last line has no end. */
  #show(more: string[]): void {
    const held = this.#isLastOpen ? this.lines.peek().slice(0, -1) : this.lines.peek();
    this.#isLastOpen = this.left.peek() === 0 && this.#rest !== "" && !this.#isTorn;
    const lines = [...held, ...more, ...this.#isLastOpen ? [this.#rest] : []];
    const dropped = Math.max(0, lines.length - linesMax);
    if (this.first.peek() !== null) this.first.value! += dropped;
    this.lines.value = dropped > 0 ? lines.slice(dropped) : lines;
  }
}
