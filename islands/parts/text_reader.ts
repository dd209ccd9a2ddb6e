// Has texts read by a worker, so that no text keeps a page from answering: one at a time, each within a time limit. A text
// that takes longer is shown as it is, and so is every text when the worker cannot be had.
//
// The worker posts "ready" once, and then for each text it is posted `{ answer }`; null: the text is to be shown as it is. What
// it must load for a text it loads between "loading" and another "ready", and that counts as its coming to life.

export interface TextReaderOptions {
  open(): Worker;
  /** For one text, in ms. */
  withinMs?: number;
}

/** A worker that has not come to life by then never will, in ms. */
const readyWithinMs = 10_000;
/** Texts that took too long, after which no more are tried: each has cost as much time as it may. */
const lateAtMost = 10;
const keptAtMost = 500;

export class TextReader<Answer> {
  readonly #open: () => Worker;
  readonly #withinMs: number;
  /** What was read, the newest last. */
  readonly #known = new Map<string, Answer | null>();
  /** Who waits for which text, in the order of asking. */
  readonly #waiting = new Map<string, Set<(answer: Answer | null) => void>>();
  #worker: Worker | null = null;
  #isReady = false;
  #reading: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #late = 0;

  constructor({ open, withinMs = 1_000 }: TextReaderOptions) {
    this.#open = open;
    this.#withinMs = withinMs;
  }

  /** Undefined when it was not read yet. */
  known(text: string): Answer | null | undefined {
    return this.#known.get(text);
  }

  /** Calls `done` once, later; not any more after the returned function was called. */
  read(text: string, done: (answer: Answer | null) => void): () => void {
    const waiting = this.#waiting.get(text) ?? new Set();
    waiting.add(done);
    this.#waiting.set(text, waiting);
    queueMicrotask(() => this.#next());
    return () => {
      waiting.delete(done);
      if (waiting.size === 0 && this.#waiting.get(text) === waiting && this.#reading !== text) {
        this.#waiting.delete(text);
      }
    };
  }

  /** Ends the worker. */
  close(): void {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
    this.#reading = null;
  }

  #next(): void {
    if (this.#reading !== null) return;
    for (const text of [...this.#waiting.keys()]) {
      if (this.#known.has(text)) this.#answer(text, this.#known.get(text)!);
      else if (this.#late >= lateAtMost) this.#answer(text, null);
    }
    const [text] = this.#waiting.keys();
    if (text === undefined) return;
    if (!this.#worker) return this.#begin();
    if (!this.#isReady) return;
    this.#reading = text;
    this.#limit(text);
    this.#worker.postMessage(text);
  }

  /** From here on the text may take no longer than its limit. */
  #limit(text: string): void {
    this.#timer = setTimeout(() => {
      this.#late++;
      this.close();
      this.#answer(text, null);
      this.#next();
    }, this.#withinMs);
  }

  /** No text is tried any more. */
  #fail(): void {
    this.close();
    this.#late = lateAtMost;
    this.#next();
  }

  #begin(): void {
    try {
      this.#worker = this.#open();
    } catch {
      return this.#fail();
    }
    this.#timer = setTimeout(() => this.#fail(), readyWithinMs);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail();
    };
    this.#worker.onmessage = ({ data }: MessageEvent<"ready" | "loading" | { answer: Answer | null }>) => {
      clearTimeout(this.#timer);
      if (data === "loading") {
        this.#timer = setTimeout(() => this.#fail(), readyWithinMs);
        return;
      }
      if (data === "ready") {
        this.#isReady = true;
        if (this.#reading !== null) this.#limit(this.#reading);
      } else if (this.#reading !== null) {
        const text = this.#reading;
        this.#reading = null;
        this.#answer(text, data.answer);
      }
      this.#next();
    };
  }

  #answer(text: string, answer: Answer | null): void {
    this.#known.delete(text);
    this.#known.set(text, answer);
    if (this.#known.size > keptAtMost) this.#known.delete(this.#known.keys().next().value!);
    const waiting = this.#waiting.get(text);
    this.#waiting.delete(text);
    for (const done of waiting ?? []) done(answer);
  }
}
