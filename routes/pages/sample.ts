// The recorded sample task: a real run, shipped with the product, so that the player works before the first task of one's
// own. It is a file in the format of `GET /api/tasks/{id}/export`, folded here like any history; no store knows it.

import type { TaskEvent } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask } from "../../core/domain/task.ts";
import { type TaskView, taskView } from "../../core/view/task_view.ts";
import { sampleId } from "../../islands/state/location.ts";

const file = new URL("./sample_task.ndjson", import.meta.url);

export interface Sample {
  events: TaskEvent[];
  /** The task right after event `seq`. */
  at(seq: number): TaskView;
}

export async function readSample(): Promise<Sample> {
  const [_header, ...lines] = (await Deno.readTextFile(file)).trimEnd().split("\n");
  const events = lines.map((line) => ({ ...JSON.parse(line), task: sampleId }) as TaskEvent);
  return {
    events,
    at(seq) {
      return taskView(events.slice(0, seq).reduce(evolve, emptyTask(sampleId)));
    },
  };
}
