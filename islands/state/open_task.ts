// The task that is open in the drawer or on its page: its newest state, the stretch of its history that is drawn, and
// the moment that is shown. `at` is null while it shows the present ("live").

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { Task } from "../../core/domain/task.ts";
import { noContext, type TaskView, taskView, workerOf } from "../../core/view/task_view.ts";
import { api, call } from "../stream/api.ts";
import { EventCache } from "../stream/event_cache.ts";
import { TaskFiles } from "../files/task_files.ts";
import { Review } from "../changes/review.ts";
import {
  type EventWindow,
  followed,
  grown,
  grownMax,
  newer,
  older,
  windowAround,
  windowAtEnd,
  windowAtStart,
  windowMax,
  windowStep,
} from "./event_window.ts";
import { Find } from "./find.ts";
import { noFilter } from "../../core/view/task_state.ts";
import { sampleId, urlOf } from "./location.ts";
import type { RelatedTask, Tab, TaskPageData } from "./page_data.ts";
import { stageEvents } from "../task/stages.ts";
import { checkpointEvery, TaskPast } from "./task_past.ts";

/** A longer history is folded only when somebody reaches for the player. */
export const foldByItself = 20_000;

export class OpenTask {
  readonly id: number;
  /** The newest summary. */
  readonly task: Signal<TaskView>;
  readonly related: Signal<RelatedTask[]>;
  readonly tab: Signal<Tab>;
  readonly at: Signal<number | null>;
  /** The wall clock's time at the moment shown, ms since 1970; the player moves it between events. */
  readonly momentMs: Signal<number | null> = signal(null);
  /** The last event that is known to exist. */
  readonly head: Signal<number>;
  readonly window: Signal<EventWindow>;
  /** Whether the transcript stands at its end. */
  readonly stuck: Signal<boolean> = signal(true);
  /** Rises with every change of the events held. */
  readonly version: Signal<number> = signal(0);
  /** How far the history is folded; the player works when it reaches the head. */
  readonly folded: Signal<number> = signal(0);
  readonly folding: Signal<boolean> = signal(false);
  readonly foldError: Signal<string | null> = signal(null);
  readonly review: Review;
  readonly find: Find;
  readonly files: TaskFiles;
  /** What stands beside its views. */
  readonly side: Signal<"facts" | "files"> = signal<"facts" | "files">("facts");
  readonly log: Signal<string | null>;

  /** The last event shown. */
  readonly limit: ReadonlySignal<number>;
  /** The task at the moment shown. */
  readonly shown: ReadonlySignal<TaskView>;
  /** The time at the moment shown. */
  readonly clock: ReadonlySignal<number>;
  /** The events in the window. */
  readonly events: ReadonlySignal<TaskEvent[]>;
  /** Events that tell the stages of its life, as far as they are known. */
  readonly stageEvents: Signal<TaskEvent[]>;

  readonly past: TaskPast;
  readonly cache: EventCache;
  #folding: Promise<void> | null = null;
  #jumping = false;
  #turn = 0;
  /** How many events the window may hold. */
  #size = windowMax;
  /** Stands in while the events of a moment are still being read. */
  #lastShown: TaskView | null = null;

  /** Whether it is the sample: a history without a task behind it. */
  get isRecorded(): boolean {
    return this.id === sampleId;
  }

  constructor(data: TaskPageData, now: ReadonlySignal<number>) {
    const { task } = data;
    this.id = task.id;
    this.task = signal(task);
    this.related = signal(data.related);
    this.tab = signal(data.tab);
    this.at = signal(data.at);
    this.head = signal(Math.max(task.seq, data.events.at(-1)?.seq ?? 0));
    this.find = new Find(task.id);
    this.review = new Review(task.id, data);
    this.files = new TaskFiles(task.id, data);
    this.log = signal(data.log);
    this.cache = new EventCache((after, limit) => api.events(this.id, after, limit));
    this.cache.put(data.events);
    this.past = new TaskPast(task.id);
    for (const event of data.events) this.past.take(event);
    this.folded.value = this.past.head;
    this.stageEvents = signal(stageEvents([], data.events));

    this.limit = computed(() => this.at.value ?? this.head.value);
    this.window = signal(windowAtEnd(this.limit.value));
    this.events = computed(() => {
      void this.version.value;
      const { from, to } = this.window.value;
      return this.cache.slice(from, Math.min(to, this.limit.value));
    });
    this.shown = computed(() => {
      void this.version.value;
      void this.folded.value;
      const at = this.at.value;
      if (at === null) return this.task.value;
      if (data.past && data.past.seq === at) return data.past;
      const task = at <= this.past.head ? this.past.at(at, (seq) => this.cache.get(seq)) : null;
      if (task) this.#lastShown = pastView(task, this.task.value);
      return this.#lastShown ?? this.task.value;
    });
    this.clock = computed(() => {
      if (this.at.value === null) return now.value;
      return this.momentMs.value ?? Date.parse(this.shown.value.updated_at);
    });
  }

  /** Live events, in any order, perhaps twice. */
  receive(events: TaskEvent[]): void {
    const fresh = events.filter((event) => event.task === this.id && !this.cache.get(event.seq));
    if (fresh.length === 0) return;
    batch(() => {
      const before = this.head.value;
      this.cache.put(fresh);
      const head = Math.max(before, ...fresh.map(({ seq }) => seq));
      this.stageEvents.value = stageEvents(this.stageEvents.value, fresh);
      this.head.value = head;
      for (let seq = this.past.head + 1; seq <= head; seq++) {
        const event = this.cache.get(seq);
        if (!event || !this.past.take(event)) break;
      }
      this.folded.value = this.past.head;
      if (!this.cache.has(before + 1, head)) void this.fill(before + 1, head);
      this.version.value++;
      this.#follow();
    });
  }

  /** A newer summary of the task itself. */
  update(task: TaskView): void {
    if (task.id !== this.id || task.seq < this.task.value.seq) return;
    // Summaries carry excerpts; a whole text that is known stays.
    const { prompt, plan, output, error } = this.task.value;
    const keep = (whole: string | null, excerpt: string | null) =>
      whole !== null && excerpt !== null && whole.startsWith(excerpt) ? whole : excerpt;
    this.task.value = {
      ...task,
      prompt: keep(prompt, task.prompt) ?? "",
      plan: keep(plan, task.plan),
      output: keep(output, task.output),
      error: keep(error, task.error),
    };
  }

  /** Reads the events that its summary speaks of and that did not come over the stream. */
  async catchUp(): Promise<void> {
    while (this.head.value < this.task.value.seq) {
      const events = await api.events(this.id, this.head.value, 1_000);
      if (events.length === 0) return;
      this.receive(events);
    }
  }

  /** Goes to a moment; null is the present. */
  moveTo(at: number | null, momentMs: number | null = null): void {
    this.#turn++;
    batch(() => {
      this.at.value = at === null ? null : Math.max(1, Math.min(at, this.head.value));
      this.momentMs.value = momentMs;
      this.#follow();
    });
    const { from, to } = this.window.value;
    if (to >= from && !this.cache.has(from, to)) void this.fill(from, to);
    if (this.at.value !== null) void this.readMoment(this.at.value);
  }

  #follow(): void {
    const window = followed(this.window.value, this.limit.value, {
      stuck: this.stuck.value || this.at.value !== null,
      size: this.#size,
    });
    if (window !== this.window.value) this.window.value = window;
  }

  /** The events between the checkpoint before a moment and it. */
  async readMoment(seq: number): Promise<void> {
    const from = Math.floor(Math.min(seq, this.past.head) / checkpointEvery) * checkpointEvery + 1;
    if (this.past.at(seq, (one) => this.cache.get(one))) return;
    await this.fill(from, seq);
  }

  /** A step, unless a jump is on its way or overtakes it. */
  async showOlder(): Promise<void> {
    if (!this.#jumping) await this.#show(older(this.window.value, this.#size));
  }

  async showNewer(): Promise<void> {
    if (!this.#jumping) await this.#show(newer(this.window.value, this.limit.value, this.#size));
  }

  /** The window may hold more; false when it holds the most there may be. */
  grow(): boolean {
    const before = this.#size;
    const { from, to } = this.window.value;
    // A window that is not full has room already.
    if (to - from + 1 + windowStep > before) this.#size = grown(before);
    return to - from + 1 < grownMax;
  }

  async showStart(): Promise<void> {
    this.stuck.value = false;
    await this.#jump(windowAtStart(this.limit.value));
  }

  async showEnd(): Promise<void> {
    this.stuck.value = true;
    await this.#jump(windowAtEnd(this.limit.value));
  }

  /** Draws the stretch around an event. */
  async showEvent(seq: number): Promise<void> {
    this.stuck.value = false;
    const { from, to } = this.window.value;
    if (seq < from || seq > to) await this.#jump(windowAround(seq, this.limit.value));
  }

  async #jump(window: EventWindow): Promise<void> {
    this.#jumping = true;
    this.#size = windowMax;
    await this.#show(window);
    this.#jumping = false;
  }

  /** The last one asked for wins. */
  async #show(window: EventWindow): Promise<void> {
    const turn = ++this.#turn;
    await this.fill(window.from, window.to);
    if (turn === this.#turn) this.window.value = window;
  }

  /** Reads what is missing of a stretch; a failure shows itself by the connection's state, and is tried again later. */
  async fill(from: number, to: number): Promise<void> {
    if (this.cache.has(from, to)) return;
    try {
      await this.cache.load(from, to);
      this.version.value++;
    } catch { /* the service is away; the next scroll or event asks again */ }
  }

  /** Folds the whole history, once; afterwards live events keep it whole. */
  fold(): Promise<void> {
    this.#folding ??= this.#foldAll().finally(() => this.#folding = null);
    return this.#folding;
  }

  async #foldAll(): Promise<void> {
    this.foldError.value = null;
    this.folding.value = true;
    try {
      while (this.past.head < this.head.value) {
        const before = this.past.head;
        const response = await call(`/api/tasks/${this.id}/events?after=${before}`, {
          headers: { Accept: "application/x-ndjson" },
        });
        await this.#foldStream(response);
        if (this.past.head === before) return;
      }
    } catch {
      this.foldError.value = "The history could not be read";
    } finally {
      this.folding.value = false;
    }
  }

  async #foldStream(response: Response): Promise<void> {
    const reader = (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream()).getReader();
    const stages: TaskEvent[] = [];
    const recent: TaskEvent[] = [];
    let rest = "";
    let shownAt = performance.now();
    while (true) {
      const { done, value } = await reader.read();
      const lines = (rest + (value ?? "")).split("\n");
      rest = done ? "" : lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") continue;
        const event: TaskEvent = JSON.parse(line);
        if (!this.past.take(event)) continue;
        stages.push(event);
        if (this.head.value <= 2_000) recent.push(event);
      }
      if (done) break;
      if (performance.now() - shownAt > 100) {
        this.folded.value = this.past.head;
        shownAt = performance.now();
      }
    }
    batch(() => {
      this.cache.put(recent);
      this.stageEvents.value = stageEvents(this.stageEvents.value, stages);
      this.folded.value = this.past.head;
      this.version.value++;
    });
  }
}

/** The address of the task's own page with what is shown of it. */
export function pageUrlOf({ id, tab, at, files }: OpenTask): string {
  const file = files.place.value ?? undefined;
  return urlOf({ page: "task", task: id, tab: tab.value, at: at.value, filter: noFilter, file });
}

/** As it was, with the name of its worker as far as the present knows it. */
function pastView(task: Task, { worker }: TaskView): TaskView {
  return taskView(task, { ...noContext, worker_name: worker?.id === workerOf(task) ? worker?.name ?? null : null });
}
