// One stream for a whole page: summaries of every task that changes, and the events of the tasks it follows.
//
// Nothing is queued per client: of a changed task the newest summary is kept, and followed events are read from the live
// tail or the log when the client asks. Only a flush that left nothing behind carries an `id`, so a client that
// reconnects with it misses nothing; it drops what it has by (task, seq).

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Health, News, Service } from "../../core/engine/service/service.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { api, problems } from "../api/api.ts";
import { frame, idFrame, joinFrames, type OpenStreams } from "./server_sent_events.ts";

const followAtMost = 20;

const query = z.object({
  follow: z.string().regex(/^\d{1,15}:\d{1,15}(,\d{1,15}:\d{1,15})*$/, "Pairs of task and seq: 12:340,13:0")
    .transform((text) => text.split(",").map((pair) => pair.split(":").map(Number) as [number, number]))
    .refine((pairs) => pairs.length <= followAtMost, `At most ${followAtMost} tasks`).optional()
    .openapi({
      type: "string",
      pattern: "^\\d{1,15}:\\d{1,15}(,\\d{1,15}:\\d{1,15})*$",
      example: "12:340,13:0",
      description: `Tasks whose events come too, each with the seq after which; at most ${followAtMost}`,
    }),
  cursor: z.string().max(100).optional().openapi({
    description: "Stands in for `Last-Event-ID` on the first connection",
  }),
});

export function stream(service: Service, streams: OpenStreams): OpenAPIHono {
  const app = api();
  const health = sharedHealth(service);

  app.openapi(
    createRoute({
      method: "get",
      path: "/stream",
      tags: ["Live"],
      parameters: [{
        name: "Last-Event-ID",
        in: "header" as const,
        description: "The last id received: `{store}.{versionstamp}`. Browsers send it when they reconnect",
        schema: { type: "string" as const },
      }],
      summary: "What changes, live, for a whole page",
      description: "Server-Sent Events. `event: task` is the summary of a task that changed; the events of followed " +
        "tasks come under their own types; `event: health` is the service's condition; `event: reset` says the cursor " +
        "belongs to another store or is too old: read everything again.",
      request: { query },
      responses: {
        200: {
          description: "The stream; a comment each 15 s when nothing happens",
          content: {
            "text/event-stream": {
              schema: z.string(),
              example:
                'event: task\ndata: {"id":12,"status":"completed"}\n\nid: 5f0c.0001\nevent: health\ndata: {}\n\n',
            },
          },
        },
        ...problems(422),
      },
    }),
    (c) => {
      const { follow = [], cursor } = c.req.valid("query");
      const follower = new PageFollower(service, follow, health);
      follower.resume(c.req.header("last-event-id") ?? cursor ?? null);
      return streams.respond((signal) => follower.next(signal)) as never;
    },
  );
  return app;
}

class PageFollower {
  readonly #service: Service;
  readonly #health: () => Promise<{ health: Health; json: string }>;
  readonly #sent: Map<number, number>;
  readonly #behind: Set<number>;
  readonly #changed = new Map<number, TaskView>();
  /** The newest seq that was heard of, per followed task. */
  readonly #newest = new Map<number, number>();
  #cursor = "";
  /** Frames were sent whose flush was not whole: the cursor is owed. */
  #owesCursor = false;
  #resumeFrom: string | null = null;
  #lastHealth = "";
  #healthDue = true;
  #wake = Promise.withResolvers<void>();
  #unsubscribe: (() => void) | null = null;

  constructor(service: Service, follow: [number, number][], health: () => Promise<{ health: Health; json: string }>) {
    this.#service = service;
    this.#health = health;
    this.#sent = new Map(follow);
    this.#behind = new Set(this.#sent.keys());
  }

  resume(id: string | null): void {
    this.#resumeFrom = id;
  }

  #hear({ versionstamp, events, changed }: News): void {
    for (const view of changed) this.#changed.set(view.id, view);
    for (const { event } of events) {
      if (!this.#sent.has(event.task)) continue;
      this.#behind.add(event.task);
      this.#newest.set(event.task, event.seq);
    }
    if (changed.length > 0) this.#healthDue = true;
    if (versionstamp > this.#cursor) this.#cursor = versionstamp;
    this.#wake.resolve();
  }

  /** The next frames; waits when there are none. */
  async next(signal: AbortSignal): Promise<Uint8Array | null> {
    if (!this.#unsubscribe) {
      this.#cursor = this.#service.cursor().versionstamp;
      this.#unsubscribe = this.#service.subscribe((news) => this.#hear(news));
      signal.addEventListener("abort", () => {
        this.#unsubscribe?.();
        this.#wake.resolve();
      }, { once: true });
      const first = await this.#catchUpFrom(this.#resumeFrom);
      if (first) return first;
    }
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      const frames = await this.#flush();
      if (frames.length > 0) return joinFrames(frames);
      await this.#wake.promise;
    }
    return null;
  }

  async #catchUpFrom(id: string | null): Promise<Uint8Array | null> {
    const { store } = this.#service.cursor();
    if (id === null) return frame("hello", "{}", `${store}.${this.#cursor}`);
    const [from, versionstamp] = id.split(".");
    // A store without a commit has an empty versionstamp.
    const isKnown = from === store && versionstamp !== undefined && /^[0-9a-f]{0,20}$/.test(versionstamp);
    const changed = isKnown ? await this.#service.changedSince(versionstamp) : null;
    if (!changed) return frame("reset", "{}", `${store}.${this.#cursor}`);
    for (const view of changed) if (!this.#changed.has(view.id)) this.#changed.set(view.id, view);
    return null;
  }

  async #flush(): Promise<Uint8Array[]> {
    const frames: { event: string; data: string }[] = [];
    const cursor = this.#cursor;
    for (const view of this.#changed.values()) frames.push({ event: "task", data: jsonOf(view) });
    this.#changed.clear();
    for (const task of [...this.#behind]) {
      this.#behind.delete(task);
      const page = await this.#service.catchUp(task, this.#sent.get(task)!).catch(() => []);
      for (const { event, json } of page) frames.push({ event: event.type, data: json });
      if (page.length === 0) continue;
      const { seq } = page.at(-1)!.event;
      this.#sent.set(task, seq);
      // There may be more; the next pull looks again.
      if (seq < (this.#newest.get(task) ?? Infinity)) this.#behind.add(task);
    }
    if (this.#healthDue) {
      this.#healthDue = false;
      const { json } = await this.#health();
      if (json !== this.#lastHealth) frames.push({ event: "health", data: json });
      this.#lastHealth = json;
    }
    const isWhole = this.#behind.size === 0;
    const id = isWhole ? `${this.#service.cursor().store}.${cursor}` : undefined;
    const owed = isWhole && this.#owesCursor && frames.length === 0;
    if (frames.length > 0 || isWhole) this.#owesCursor = !isWhole;
    // No event of its own: it only moves the client's last id.
    if (owed) return [idFrame(id!)];
    return frames.map(({ event, data }, index) => frame(event, data, index === frames.length - 1 ? id : undefined));
  }
}

const texts = new WeakMap<TaskView, string>();

/** All pages get the same views: each is made into text once. */
function jsonOf(view: TaskView): string {
  let text = texts.get(view);
  if (text === undefined) texts.set(view, text = JSON.stringify(view));
  return text;
}

/** One reading of the service's condition for all pages, at most once a second. */
function sharedHealth(service: Service): () => Promise<{ health: Health; json: string }> {
  let at = -Infinity;
  let reading: Promise<{ health: Health; json: string }> | null = null;
  return () => {
    if (!reading || performance.now() - at > 1_000) {
      at = performance.now();
      reading = service.health().then((health) => ({ health, json: JSON.stringify(health) }));
    }
    return reading;
  };
}
