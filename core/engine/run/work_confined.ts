// What works for a task outside of its runs' programs, a cleanup or the check of a landing: as confined as a run, and with the
// same look at the git folder after it.

import type { NewEvent } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import { isFenced } from "../../domain/error.ts";
import type { Sandbox } from "../../process/sandbox/sandbox.ts";
import type { EngineContext } from "../context.ts";
import { confine, type ConfineOptions } from "./confine.ts";
import { guardGitFolder, recordAfterwards } from "./git_folder.ts";

export interface WorkConfinedOptions extends ConfineOptions {
  task: Task;
  name: "cleanup" | "landing";
  /** Writes what was changed in the git folder. */
  report(events: NewEvent[]): Promise<unknown>;
}

const graceMs = 2_000;

/**
 * Lets `action` work, of which nothing outside the sandbox may be alive when it is over. Then the sandbox ends, and the git
 * folder is put back; neither makes it reject. Rejects with what `action` or `confine` rejects with, and when the git folder
 * cannot be looked at before.
 */
export async function workConfined<T>(
  context: EngineContext,
  { task, name, report, ...options }: WorkConfinedOptions,
  action: (sandbox: Sandbox | null) => Promise<T>,
): Promise<T> {
  const { place, of } = options;
  const { epoch: run, seq } = await context.store.log.head(task.id) ?? task;
  const restoreGitFolder = await guardGitFolder(context, place, {
    // Each such work begins after an event of its own.
    ...{ task: task.id, run, during: `${name}-${seq}`, of },
    write: (events) =>
      report(events).catch(async (error) => {
        if (!isFenced(error)) throw error;
        await recordAfterwards(context, task.id, events);
      }),
  });
  try {
    const sandbox = await confine(context, options);
    try {
      return await action(sandbox);
    } finally {
      await sandbox?.end({ graceMs }).catch((error) => {
        context.warn(`Cannot end the sandbox of the ${name} of task ${task.id}`, error, { task: task.id });
      });
    }
  } finally {
    await restoreGitFolder();
  }
}
