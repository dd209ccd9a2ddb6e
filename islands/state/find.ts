// A search in one task: in its events, or in its raw log. The service answers a part at a time; hits come as they are found.

import { batch, type Signal, signal } from "@preact/signals";
import type { EventHits, LogHits } from "../../core/view/api_view.ts";
import { call } from "../stream/api.ts";

export type FindIn = "events" | "log";

export interface FindHit {
  /** Of the event, or the line of the log, from 1. */
  place: number;
  /** The event's; null in the log. */
  type: string | null;
  /** Null where it is not known, in a log. */
  at: string | null;
  /** What stands around it. */
  text: string;
  /** The byte of the log at which the line begins; null of an event. */
  offset: number | null;
}

export interface FindProgress {
  /** Events, or bytes of the log. */
  searched: number;
  isBusy: boolean;
  /** Whether all there was is searched. */
  isWhole: boolean;
  error: string | null;
}

/** Hits after which it waits to be asked for more. */
const hitsAtOnce = 1_000;
const typingMs = 200;

const notBegun: FindProgress = { searched: 0, isBusy: false, isWhole: false, error: null };

export class Find {
  readonly isOpen: Signal<boolean> = signal(false);
  readonly q: Signal<string> = signal("");
  readonly where: Signal<FindIn> = signal("events");
  readonly hits: Signal<FindHit[]> = signal([]);
  /** Which of the hits is shown; -1: none. */
  readonly current: Signal<number> = signal(-1);
  /** The hit that was gone to last: what holds it opens, and the log reads up to it. */
  readonly shown: Signal<FindHit | null> = signal(null);
  readonly progress: Signal<FindProgress> = signal(notBegun);
  readonly #id: number;
  /** Where the next request goes on. */
  #cursor: string | null = null;
  #stop = new AbortController();

  constructor(id: number) {
    this.#id = id;
  }

  /** Looks for other words, or elsewhere, from the start. */
  async look(q: string, where: FindIn): Promise<void> {
    this.#stop.abort();
    batch(() => {
      this.q.value = q;
      this.where.value = where;
      this.hits.value = [];
      this.current.value = -1;
      this.shown.value = null;
      this.progress.value = notBegun;
    });
    this.#cursor = null;
    if (q.trim() !== "") await this.#search(typingMs);
  }

  close(): void {
    this.#stop.abort();
    void this.look("", this.where.peek());
    this.isOpen.value = false;
  }

  /** To the next hit or the one before; from the last one to the first. What came meanwhile is searched before that. */
  async step(by: 1 | -1): Promise<FindHit | null> {
    const { isBusy, isWhole } = this.progress.peek();
    const isLeft = !isWhole || this.where.peek() === "events";
    const isLast = this.current.peek() + by >= this.hits.peek().length;
    if (isLast && !isBusy && isLeft && this.q.peek().trim() !== "") await this.#search(0);
    const { length } = this.hits.peek();
    if (length === 0) return null;
    const next = this.current.peek() + by;
    this.current.value = next < 0 ? length - 1 : next >= length ? 0 : next;
    // The only hit is gone to anew, too.
    this.shown.value = null;
    return this.shown.value = this.hits.peek()[this.current.peek()] ?? null;
  }

  /** Until all is searched, or enough is found. */
  async #search(waitMs: number): Promise<void> {
    const { signal: stopped } = this.#stop = new AbortController();
    this.progress.value = { ...this.progress.peek(), isBusy: true, error: null };
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    try {
      for (let found = 0, isWhole = false; !isWhole && found < hitsAtOnce && !stopped.aborted;) {
        const page = await this.#page(stopped);
        if (stopped.aborted) return;
        found += page.hits.length;
        isWhole = page.isWhole;
        batch(() => {
          this.hits.value = [...this.hits.peek(), ...page.hits];
          this.progress.value = { searched: page.searched, isBusy: true, isWhole, error: null };
        });
      }
    } catch (error) {
      if (stopped.aborted) return;
      const words = error instanceof Error ? error.message : "It could not be searched";
      this.progress.value = { ...this.progress.peek(), error: words };
    } finally {
      if (!stopped.aborted) this.progress.value = { ...this.progress.peek(), isBusy: false };
    }
  }

  async #page(stopped: AbortSignal): Promise<{ hits: FindHit[]; searched: number; isWhole: boolean }> {
    const query = new URLSearchParams({ q: this.q.peek() });
    if (this.where.peek() === "events") {
      query.set("after", this.#cursor ?? "0");
      const response = await call(`/api/tasks/${this.#id}/search?${query}`, { signal: stopped });
      const { hits, searched, next } = await response.json() as EventHits;
      // A task that goes on is searched on from here.
      this.#cursor = String(searched);
      return {
        hits: hits.map(({ seq, ...hit }) => ({ place: seq, offset: null, ...hit })),
        searched,
        isWhole: next === null,
      };
    }
    if (this.#cursor !== null) query.set("cursor", this.#cursor);
    const response = await call(`/api/tasks/${this.#id}/log/search?${query}`, { signal: stopped });
    const { hits, searched, next } = await response.json() as LogHits;
    this.#cursor = next ?? this.#cursor;
    const found = hits.map(({ line, ...hit }) => ({ place: line, type: null, ...hit, at: hit.at ?? null }));
    return { hits: found, searched, isWhole: next === null };
  }
}
