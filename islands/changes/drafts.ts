// Words that are being typed, kept for the session: a reload loses none. Browser only, once `load` was called.

import { type Signal, signal } from "@preact/signals";

export class Drafts {
  readonly #key: string;
  /** By place; an empty text is an open field. */
  readonly all: Signal<Readonly<Record<string, string>>> = signal({});

  constructor(key: string) {
    this.#key = key;
  }

  load(): void {
    try {
      const value: unknown = JSON.parse(sessionStorage.getItem(this.#key) ?? "{}");
      if (typeof value !== "object" || value === null) return;
      const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
      this.all.value = { ...Object.fromEntries(texts), ...this.all.peek() };
    } catch { /* what cannot be read is no draft of ours */ }
  }

  /** Null closes the field. */
  set(place: string, text: string | null): void {
    const { [place]: _, ...others } = this.all.peek();
    this.all.value = text === null ? others : { ...others, [place]: text };
    sessionStorage.setItem(this.#key, JSON.stringify(this.all.value));
  }
}
