// Moves through a task's life: to an event, by steps, or by itself in playing time. No drawing here; replay.tsx shows it.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { showMoment } from "../state/actions.ts";
import type { OpenTask } from "../state/open_task.ts";
import type { Store } from "../state/store.ts";
import {
  type Axis,
  axisOf,
  type Mark,
  nextOf,
  pointedAt,
  positionOf,
  seqAt,
  stepTransition,
  timeAt,
} from "../state/timeline.ts";

/** How near the pointer must be to a mark: a share of the whole line. */
const reachShare = 1 / 160;

export class Player {
  readonly playing = signal(false);
  readonly speed = signal(1);
  readonly skipIdle = signal(true);
  /** The event from whose files to those of another one a person wants to compare. */
  readonly remembered = signal<number | null>(null);
  readonly axis: ReadonlySignal<Axis>;
  /** The whole history is here, so that every moment can be shown. */
  readonly ready: ReadonlySignal<boolean>;
  /** Where the playhead is on the axis, ms of playing time. */
  readonly position: ReadonlySignal<number>;
  readonly #store: Store;
  readonly #open: OpenTask;
  /** Between two events while it plays; null: the event's own place. */
  readonly #between = signal<number | null>(null);

  constructor(store: Store, open: OpenTask) {
    this.#store = store;
    this.#open = open;
    this.axis = computed(() => {
      void open.folded.value;
      return axisOf(open.past.timeline, { skipIdle: this.skipIdle.value, speed: this.speed.value });
    });
    this.ready = computed(() => open.folded.value >= open.head.value);
    this.position = computed(() => {
      const at = open.at.value;
      if (at === null) return this.axis.value.length;
      return this.#between.value ?? positionOf(this.axis.value, at);
    });
  }

  /** Shows event `seq`, or the present when it is null or the last. */
  go(seq: number | null): void {
    this.#between.value = null;
    this.#open.stuck.value = true;
    const isPast = seq !== null && seq < this.#open.head.peek();
    showMoment(this.#store, isPast ? Math.max(1, seq) : null);
  }

  /** Stops, and shows the present. */
  goLive(): void {
    this.playing.value = false;
    this.go(null);
  }

  /** Stops, and shows what is at a share (0..1) of the axis. */
  scrub(share: number): void {
    this.playing.value = false;
    const axis = this.axis.peek();
    const to = share * axis.length;
    this.go(to >= axis.length ? null : seqAt(axis, Math.max(0, to)));
  }

  /** What stands at a share (0..1) of the axis, as a person points at it. */
  pointed(share: number): number {
    const axis = this.axis.peek();
    const options = { position: share * axis.length, reach: axis.length * reachShare };
    return pointedAt(this.#open.past.timeline, axis, options);
  }

  /** Stops, and shows what a person points at. */
  point(share: number): void {
    this.playing.value = false;
    this.go(share >= 1 ? null : this.pointed(share));
  }

  /** Stops, and goes to the next or previous event of a kind, around the ends. */
  stepTo(kind: Mark, direction: 1 | -1): void {
    this.playing.value = false;
    const { timeline } = this.#open.past;
    const kinds = [kind];
    const from = this.#open.at.peek() ?? (direction === 1 ? 0 : timeline.kinds.length + 1);
    const around = direction === 1 ? 0 : timeline.kinds.length + 1;
    const to = nextOf(timeline, from, { direction, kinds }) ?? nextOf(timeline, around, { direction, kinds });
    if (to !== null) this.go(to);
  }

  /** Plays, from the start when the present is shown; or stops where it is. */
  toggle(): void {
    const on = !this.playing.peek();
    if (on) {
      this.#open.stuck.value = true;
      if (this.#open.at.peek() === null) this.go(1);
    }
    this.playing.value = on;
  }

  /** Stops, and goes on or back by one event, or to the next event that changed the task's state. */
  step(direction: 1 | -1, by: "event" | "transition"): void {
    this.playing.value = false;
    const from = this.#open.limit.peek();
    this.go(by === "event" ? from + direction : stepTransition(this.#open.past.timeline, from, direction));
  }

  /** Whether idle time is cut short; the playhead goes to its event's place on the other axis. */
  skip(idle: boolean): void {
    this.skipIdle.value = idle;
    this.#between.value = null;
  }

  /** The same of a speed, by which the axis is another one, too. */
  playAt(speed: number): void {
    this.speed.value = speed;
    this.#between.value = null;
  }

  /** Plays `ms` of real time on; what it reaches is shown. False once it has stopped: a frame may come after a pause. */
  advance(ms: number): boolean {
    if (!this.playing.peek()) return false;
    const axis = this.axis.peek();
    const current = this.#open.at.peek();
    if (current === null) {
      this.playing.value = false;
      return false;
    }
    const reached = (this.#between.peek() ?? positionOf(axis, current)) + ms * this.speed.peek();
    if (reached >= axis.length) {
      this.goLive();
      return false;
    }
    this.#between.value = reached;
    showMoment(this.#store, seqAt(axis, reached), timeAt(this.#open.past.timeline, axis, reached));
    return true;
  }

  /** Does what a key says; false when it says nothing here. */
  press(event: KeyboardEvent): boolean {
    if (event.metaKey || event.ctrlKey || event.altKey || !this.ready.peek()) return false;
    const by = event.shiftKey ? "transition" : "event";
    if (event.key === " ") this.toggle();
    else if (event.key === "ArrowLeft") this.step(-1, by);
    else if (event.key === "ArrowRight") this.step(1, by);
    else if (event.key === "Home") this.go(1);
    else if (event.key === "End") this.go(null);
    else return false;
    return true;
  }
}
