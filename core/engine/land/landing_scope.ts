// What all parts of one landing stand on.

import type { NewEvent } from "../../domain/event.ts";
import type { OpenLanding, Task, TaskPlace } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";

export interface LandingScope {
  context: EngineContext;
  task: Task;
  place: TaskPlace;
  landing: OpenLanding;
  /** Aborts when the landing was cancelled or the service stops. */
  signal: AbortSignal;
  /** Into the log of the task. Throws `DomainError("fenced")` when the landing is over. */
  write(events: NewEvent[]): Promise<void>;
}
