// Puts what the stream brings into the store, once per frame, and reads again what the stream does not bring.

import { batch } from "@preact/signals";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { Health } from "../../core/view/api_view.ts";
import { readBoard, readHealth, takeTasks } from "../state/actions.ts";
import { movesOthers } from "../state/board_state.ts";
import type { Store } from "../state/store.ts";
import { eventPlace, type StreamMessage } from "./stream_message.ts";

export class Arrivals {
  readonly #store: Store;
  #waiting: StreamMessage[] = [];
  #scheduled = false;
  #boardTimer: ReturnType<typeof setTimeout> | undefined;
  #lateTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  take(frames: StreamMessage[]): void {
    this.#waiting.push(...frames);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A hidden page gets no animation frames.
    if (document.hidden) setTimeout(() => this.#apply(), 200);
    else requestAnimationFrame(() => this.#apply());
  }

  #apply(): void {
    const store = this.#store;
    this.#scheduled = false;
    const frames = this.#waiting;
    this.#waiting = [];
    batch(() => {
      const tasks = new Map<number, TaskView>();
      const events: TaskEvent[] = [];
      for (const frame of frames) {
        if (frame.event === "reset") return location.reload();
        if (frame.event === "health") store.health.value = frame.data as Health;
        else if (frame.event === "task") tasks.set((frame.data as TaskView).id, frame.data as TaskView);
        else if (eventPlace(frame)) events.push(frame.data as TaskEvent);
      }
      store.open.peek()?.receive(events);
      if (tasks.size > 0) this.#takeSummaries([...tasks.values()]);
    });
  }

  #takeSummaries(tasks: TaskView[]): void {
    const store = this.#store;
    const known = store.board.peek()?.tasks;
    const open = store.open.peek()?.task.peek();
    const moved = tasks.some((task) =>
      movesOthers(known?.get(task.id) ?? (open?.id === task.id ? open : undefined), task)
    );
    takeTasks(store, tasks);
    // Its events follow at once; if they do not, they are read.
    const { id, head } = store.open.peek() ?? {};
    if (tasks.some((task) => task.id === id && task.seq > (head?.peek() ?? 0))) this.#catchUpSoon();
    if (moved) this.#readBoardSoon();
  }

  #catchUpSoon(): void {
    this.#lateTimer ??= setTimeout(() => {
      this.#lateTimer = undefined;
      void this.#store.open.peek()?.catchUp().catch(() => {});
    }, 2_000);
  }

  #readBoardSoon(): void {
    this.#boardTimer ??= setTimeout(() => {
      this.#boardTimer = undefined;
      void readBoard(this.#store);
      void readHealth(this.#store);
    }, 150);
  }
}
