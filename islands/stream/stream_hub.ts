// One connection to `/api/stream` for all tabs; source: DESIGN.md, section 8. Runs in the SharedWorker, or in the page
// where there is none.
//
// Promises: a client gets every event of the tasks it follows after the seq it named, in order, perhaps some twice (it
// drops what it has), across lost connections, restarts of the service and a laptop's sleep. A silent connection counts
// as lost: the service sends a comment every 15 s.

import { type SseFrame, sseParser } from "../../core/view/sse.ts";
import { eventPlace, type StreamMessage } from "./stream_message.ts";

export type ConnectionStatus = "connecting" | "live" | "lost" | "signed_out";

export type HubMessage =
  | { type: "frames"; frames: StreamMessage[] }
  | { type: "status"; status: ConnectionStatus }
  /** The answer to its first word. `whole`: from `since` on it will have missed nothing. */
  | { type: "joined"; whole: boolean };

/** What a tab tells the hub. `follow`: task and the last seq it has; `since`: the cursor of what its page came with. */
export type ClientMessage =
  | { type: "follow"; follow: [task: number, seq: number][]; since: string }
  | { type: "wake" }
  | { type: "ping" }
  | { type: "bye" };

export interface HubClient {
  follow: Map<number, number>;
  post(message: HubMessage): void;
}

const silenceMs = 40_000;
/** The service follows no more tasks for one connection; tabs beyond that read what their task's summary speaks of. */
const followMax = 20;
const retryMs = [300, 600, 1_000, 2_000, 4_000, 8_000];

export class StreamHub {
  readonly #url: string;
  readonly #clients = new Set<HubClient>();
  /** The last seq received of each task the connection follows. */
  readonly #positions = new Map<number, number>();
  #cursor: string | null = null;
  /** Something came after the cursor that only a later one will account for. */
  #isBetween = false;
  #status: ConnectionStatus = "connecting";
  #connection: AbortController | null = null;
  #wake: (() => void) | null = null;
  #running = false;

  constructor(url: string) {
    this.#url = url;
  }

  add(client: HubClient, since: string | null): void {
    this.#clients.add(client);
    if (this.#cursor === null && !this.#running) this.#cursor = since;
    client.post({ type: "joined", whole: !this.#isBetween && isNotAfter(this.#cursor, since) });
    client.post({ type: "status", status: this.#status });
    if (!this.#running) void this.#run();
  }

  remove(client: HubClient): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#connection?.abort();
  }

  follow(client: HubClient, follow: [task: number, seq: number][]): void {
    client.follow = new Map(follow);
    let wider = false;
    for (const [task, seq] of follow) {
      const position = this.#positions.get(task);
      if (position !== undefined && seq >= position) continue;
      this.#positions.set(task, seq);
      wider = true;
    }
    if (wider) this.#connection?.abort();
  }

  /** Somebody looks again: do not wait any longer before the next try. */
  wake(): void {
    this.#wake?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    let failures = 0;
    while (this.#clients.size > 0) {
      const connection = this.#connection = new AbortController();
      const outcome = await this.#read(connection, () => failures = 0);
      if (outcome === "restarted") continue;
      if (outcome === "signed_out") {
        this.#tell("signed_out");
      } else {
        // The first try after a good connection is no loss yet: a restart should pass unnoticed.
        this.#tell(failures > 0 ? "lost" : "connecting");
      }
      const wait = (retryMs[Math.min(failures, retryMs.length - 1)] ?? 0) * (0.75 + Math.random() / 2);
      failures++;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
    this.#running = false;
  }

  async #read(
    connection: AbortController,
    onOpen: () => void,
  ): Promise<"ended" | "restarted" | "signed_out"> {
    const wanted = new Set([...this.#clients].flatMap((client) => [...client.follow.keys()]));
    for (const task of this.#positions.keys()) if (!wanted.has(task)) this.#positions.delete(task);
    const follow = [...this.#positions].slice(-followMax).map(([task, seq]) => `${task}:${seq}`).join(",");
    let timedOut = false;
    const watch = () =>
      setTimeout(() => {
        timedOut = true;
        connection.abort();
      }, silenceMs);
    let silence = watch();
    try {
      const response = await fetch(follow ? `${this.#url}?follow=${follow}` : this.#url, {
        headers: {
          "Accept": "text/event-stream",
          "X-Coder-Client": "ui",
          ...(this.#cursor !== null && { "Last-Event-ID": this.#cursor }),
        },
        cache: "no-store",
        signal: connection.signal,
      });
      if (response.status === 401 || response.status === 403) return "signed_out";
      if (!response.ok || !response.body) {
        await response.body?.cancel();
        return "ended";
      }
      onOpen();
      this.#tell("live");
      const parse = sseParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      while (true) {
        const { done, value } = await reader.read();
        if (done) return "ended";
        clearTimeout(silence);
        silence = watch();
        this.#deliver(parse(value));
      }
    } catch {
      // Aborted by us or lost; either way the next connection goes on from the cursor.
      return connection.signal.aborted && !timedOut ? "restarted" : "ended";
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
  }

  #deliver(frames: SseFrame[]): void {
    const messages: StreamMessage[] = [];
    for (const { event, data, id } of frames) {
      if (id !== null) this.#cursor = id;
      this.#isBetween = id === null;
      if (event === "reset") this.#cursor = null;
      messages.push({ event, data: JSON.parse(data || "null") });
    }
    if (messages.length === 0) return;
    for (const message of messages) {
      const place = eventPlace(message);
      if (place) this.#positions.set(place.task, Math.max(place.seq, this.#positions.get(place.task) ?? 0));
    }
    for (const client of this.#clients) {
      const mine = messages.filter((message) => {
        const place = eventPlace(message);
        return !place || client.follow.has(place.task);
      });
      if (mine.length > 0) client.post({ type: "frames", frames: mine });
    }
  }

  #tell(status: ConnectionStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const client of this.#clients) client.post({ type: "status", status });
  }
}

/** Of `{store}.{versionstamp}`; versionstamps of one store are ordered as texts. */
function isNotAfter(cursor: string | null, other: string | null): boolean {
  if (cursor === null || other === null) return false;
  const [store, stamp = ""] = cursor.split(".");
  const [otherStore, otherStamp = ""] = other.split(".");
  return store === otherStore && stamp <= otherStamp;
}
