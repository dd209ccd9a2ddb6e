// One line of messages to one receiver: the next event that it wants is sent until it has arrived, then the one after it.
//
// It promises each wanted event at least once, in the order of the log, through crashes of workers and days of a dead
// receiver: the line's place in the log moves by a checked commit, after the message arrived. Of several workers one has the
// line (`worker` of its place); another one takes it when that one no longer lives. Who lost it unawares can still send what
// was on its way, but cannot move the line.
//
// Tries are those that Standard Webhooks lists, over three days. After the last one, or when the receiver says that it is gone
// (410), the line ends until a person lets it go on, from the same place.

import type { TaskEvent } from "../../domain/event.ts";
import { type Delivery, type KnownPlace, newPlace, type Place, withTry } from "../../kv/outbox.ts";
import type { Store } from "../../kv/store.ts";
import type { PostAnswer, PostRequest } from "../../process/post.ts";
import type { EngineContext } from "../context.ts";
import { WakeUp } from "../dispatch/wake_up.ts";
import { nextEvent } from "./next_event.ts";

/** How long to wait after each try that failed; source: the specification of Standard Webhooks. */
const hourMs = 3_600_000;
export const retryAfterMs: readonly number[] = [
  ...[5_000, 5 * 60_000, 30 * 60_000],
  ...[2 * hourMs, 5 * hourMs, 10 * hourMs, 14 * hourMs, 20 * hourMs, 24 * hourMs],
];
/** A receiver that fails for one reason is not to be asked by all at once. */
const jitter = 0.1;
const lookMs = 60_000;
/** How soon after another worker's line is looked at again. */
const othersLookMs = 5_000;
const afterFailureMs = 5_000;
const gone = 410;

/** Whom a line is for. */
export interface Receiver {
  /** The line's name in the store. */
  line: string;
  /** The commit after which its events begin. */
  after: string;
  wants(event: TaskEvent): boolean;
  /** The request of one try; null: nothing is to be sent of this event after all. Rejects when it cannot be made. */
  request(event: TaskEvent, delivery: { message: string; at: number }): Promise<PostRequest | null>;
  /** Whether this answer says that the message will never be taken; 410 does by itself. */
  drops?(answer: PostAnswer): boolean;
  /**
   * A message will not arrive; the reason is for a person. `end`: nothing more is sent until a person says so, and then from
   * this one on. `skip`: the next one is. Resolves when that is written.
   */
  giveUp(event: TaskEvent, reason: string): Promise<"end" | "skip">;
}

export interface LineParts {
  /** Whether another worker, who has a line, still lives. */
  isAlive(worker: string): boolean;
  /** What comes of a message at this try. */
  post(request: PostRequest, signal: AbortSignal): Promise<PostAnswer>;
}

export class Line {
  readonly #context: EngineContext;
  readonly #receiver: Receiver;
  readonly #parts: LineParts;
  readonly #wakeUp = new WakeUp();
  /** Up to where all was read and nothing is wanted, when nothing is under way; saved now and then. */
  #idleAt: string | null = null;
  #hasNews = true;
  #savedAt: number;

  constructor(context: EngineContext, receiver: Receiver, parts: LineParts) {
    this.#context = context;
    this.#savedAt = context.clock.monotonic();
    this.#receiver = receiver;
    this.#parts = parts;
  }

  /** Looks anew, at once. */
  readonly wake = (): void => {
    this.#hasNews = true;
    this.#wakeUp.wake();
  };

  /** Sends until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock, warn } = this.#context;
    const unsubscribe = this.#listen(store);
    signal.addEventListener("abort", this.wake, { once: true });
    while (!signal.aborted) {
      const restMs = await this.#step(signal).catch((error) => {
        if (!signal.aborted) warn(`Cannot send to ${this.#receiver.line}`, error);
        return afterFailureMs;
      });
      const clear = clock.timer(restMs, this.wake);
      if (!signal.aborted && restMs > 0) await this.#wakeUp.next();
      clear();
    }
    unsubscribe();
    // What is not known to be given up is taken over once this worker is gone.
    await store.outbox.release(this.#receiver.line, this.#context.worker.id).catch(() => {});
  }

  /** What is committed while nothing is under way, and not wanted, need not be read again. */
  #listen({ tail }: Pick<Store, "tail">): () => void {
    return tail.subscribe(({ versionstamp, events }) => {
      if (events.some(({ event }) => this.#receiver.wants(event))) this.wake();
      else if (!this.#hasNews && this.#idleAt !== null && versionstamp > this.#idleAt) this.#idleAt = versionstamp;
    });
  }

  /** Sends one message, or finds that there is none; how long to rest then. */
  async #step(signal: AbortSignal): Promise<number> {
    const { store, clock } = this.#context;
    const { outbox } = store;
    const known = await this.#take();
    if (!known) return othersLookMs;
    const { place } = known;
    if (place.due_at !== null && place.due_at > clock.now() && !place.hurried) {
      return Math.min(lookMs, place.due_at - clock.now());
    }
    this.#hasNews = false;
    const from = this.#idleAt === null ? place : { after: this.#idleAt, done: 0 };
    // Until it is known what lies behind that, nothing is passed over: reading may fail.
    this.#idleAt = null;
    const { event, place: next } = await nextEvent(store, from, { wants: this.#receiver.wants, signal });
    if (event) return await this.#send(event, { known, next, signal });
    this.#idleAt = next.after;
    // Rarely: who begins anew reads from there.
    if (next.after !== place.after && clock.monotonic() - this.#savedAt >= lookMs) {
      this.#savedAt = clock.monotonic();
      await outbox.move(this.#receiver.line, { ...place, ...next }, { from: known.versionstamp });
    }
    return lookMs;
  }

  /** The place of the line when it is this worker's; null: another one has it. */
  async #take(): Promise<KnownPlace | null> {
    const { store: { outbox, shared }, worker } = this.#context;
    const { line, after } = this.#receiver;
    const known = await outbox.place(line) ?? { place: newPlace(after), versionstamp: null };
    const holder = known.place.worker;
    if (holder === worker.id) return known;
    if (shared && holder !== null && this.#parts.isAlive(holder)) return null;
    this.#idleAt = null;
    return await outbox.move(line, { ...known.place, worker: worker.id }, { from: known.versionstamp });
  }

  async #send(
    event: TaskEvent,
    { known, next, signal }: { known: KnownPlace; next: Pick<Place, "after" | "done">; signal: AbortSignal },
  ): Promise<number> {
    const { store: { outbox, id }, clock } = this.#context;
    const { line } = this.#receiver;
    const { versionstamp } = known;
    const { hurried, ...place } = known.place;
    const before = await this.#deliveryOf(event, place);
    const at = clock.now();
    const isEarly = hurried === true && before !== null && place.due_at !== null && place.due_at > at;
    const message = before?.message ?? `msg_${id.replaceAll("-", "").slice(0, 12)}_${line}_${event.task}_${event.seq}`;
    const request = await this.#receiver.request(event, { message, at });
    if (!request) {
      await outbox.move(line, { ...place, ...next, waiting: null, due_at: null }, { from: versionstamp });
      return 0;
    }
    const started = clock.monotonic();
    const answer = await this.#parts.post(request, signal);
    const failure = failureOf(answer);
    const delivery = withTry(
      isEarly
        ? { ...before, hurried: (before.hurried ?? 0) + 1 }
        : before ?? newDelivery(event, { number: place.last + 1, message }),
      failure === null ? "delivered" : "waiting",
      {
        ...{ at: new Date(at).toISOString(), status: answer.status, error: failure },
        duration_ms: Math.round(clock.monotonic() - started),
      },
    );
    const last = Math.max(place.last, delivery.number);
    if (failure === null) {
      const moved = { ...place, ...next, last, waiting: null, due_at: null };
      await outbox.move(line, moved, { from: versionstamp, delivery });
      return 0;
    }
    return await this.#putOff(event, { known: { place, versionstamp }, next, delivery, answer, failure, isEarly });
  }

  /** The message is tried again later, or never; how long to rest. */
  async #putOff(event: TaskEvent, { known: { place, versionstamp }, next, delivery, answer, failure, isEarly }: {
    known: KnownPlace;
    next: Pick<Place, "after" | "done">;
    delivery: Delivery;
    answer: PostAnswer;
    failure: string;
    /** Whether a person wanted it tried before it was due. */
    isEarly: boolean;
  }): Promise<number> {
    const { store: { outbox }, clock, random } = this.#context;
    const { line } = this.#receiver;
    const last = Math.max(place.last, delivery.number);
    // A try that a person wanted takes none of the others away.
    const pauseMs = retryAfterMs[delivery.tried - (delivery.hurried ?? 0) - 1];
    const isRefused = answer.status === gone || this.#receiver.drops?.(answer);
    if (!isRefused && (isEarly || pauseMs !== undefined)) {
      const spread = 1 + jitter * (random.float() * 2 - 1);
      const now = clock.now();
      const dueMs = isEarly ? place.due_at! : now + pauseMs! * spread;
      const due_at = Math.ceil(Math.max(dueMs, now + (answer.retryAfterSeconds ?? 0) * 1_000));
      await outbox.move(line, { ...place, last, waiting: delivery.number, due_at }, { from: versionstamp, delivery });
      return 0;
    }
    const sequel = await this.#receiver.giveUp(
      event,
      answer.status === gone
        ? "Its receiver answered 410 Gone: it wants nothing more"
        : `A message did not arrive in ${delivery.tried} tries; the last one: ${failure}`,
    );
    const stays = { ...place, last, waiting: null, due_at: null };
    await outbox.move(line, sequel === "skip" ? { ...stays, ...next } : stays, {
      from: versionstamp,
      delivery: { ...delivery, state: "failed" },
    });
    return sequel === "skip" ? 0 : lookMs;
  }

  /** The delivery that waits, if it is of this event: what is wanted may have changed meanwhile. */
  async #deliveryOf({ task, seq }: TaskEvent, { waiting }: Place): Promise<Delivery | null> {
    if (waiting === null) return null;
    const delivery = await this.#context.store.outbox.delivery(this.#receiver.line, waiting);
    return delivery?.task === task && delivery.seq === seq ? delivery : null;
  }
}

function newDelivery(
  { type, task, seq }: TaskEvent,
  { number, message }: Pick<Delivery, "number" | "message">,
): Delivery {
  return { number, message, type, task, seq, state: "waiting", tried: 0, tries: [] };
}

/** Why a try counts as failed; null: the message arrived. */
export function failureOf({ status, error }: PostAnswer): string | null {
  if (status === null) return error ?? "No answer";
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `${status}: a redirect, which is not followed` : `It answered ${status}`;
}
