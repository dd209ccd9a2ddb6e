// The task at any moment of its life, folded in the browser by the same `evolve` as on the server.
//
// Every event passes through once, in order; a copy of the fold is kept every `checkpointEvery` events, so that any moment
// costs at most that many steps. Bodies are not kept here: event_cache.ts has those that are drawn.

import type { TaskEvent } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask, type Task } from "../../core/domain/task.ts";
import { ToolGroups } from "../transcript/tool_groups.ts";
import { emptyTimeline, extendTimeline, type Timeline } from "./timeline.ts";

export const checkpointEvery = 200;

export class TaskPast {
  readonly timeline: Timeline = emptyTimeline();
  readonly groups: ToolGroups = new ToolGroups();
  readonly #checkpoints: Task[];
  #newest: Task;

  constructor(id: number) {
    this.#newest = emptyTask(id);
    this.#checkpoints = [this.#newest];
  }

  /** The last event folded in. */
  get head(): number {
    return this.#newest.seq;
  }

  /** Takes the next event; one that is not the next changes nothing and returns false. */
  take(event: TaskEvent): boolean {
    if (event.seq !== this.head + 1) return false;
    extendTimeline(this.timeline, event);
    this.groups.take(event);
    this.#newest = evolve(this.#newest, event);
    if (this.#newest.seq % checkpointEvery === 0) this.#checkpoints.push(this.#newest);
    return true;
  }

  /** The fold from which `at(seq)` starts: its events after this seq are needed. */
  checkpoint(seq: number): Task {
    const index = Math.floor(Math.min(seq, this.head) / checkpointEvery);
    return this.#checkpoints[index] ?? emptyTask(this.#newest.id);
  }

  /** The task right after event `seq`, or null while an event between the checkpoint and it is missing. */
  at(seq: number, event: (seq: number) => TaskEvent | undefined): Task | null {
    if (seq === this.head) return this.#newest;
    let task = this.checkpoint(seq);
    for (let next = task.seq + 1; next <= seq; next++) {
      const one = event(next);
      if (!one) return null;
      task = evolve(task, one);
    }
    return task;
  }
}
