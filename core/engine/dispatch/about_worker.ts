// What this worker tells the others of itself with each beat. Everything in it has a bound: it is written every 3 s.

import type { WorkerAbout } from "../../domain/worker.ts";
import type { EngineContext } from "../context.ts";
import type { DiskWatch } from "./disk_watch.ts";
import type { DispatchPause } from "./dispatch_pause.ts";
import type { Drains } from "./drains.ts";
import type { LiveRuns } from "./live_runs.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Slots } from "./slots.ts";

const reposTold = 100;
const runsTold = 50;
/** Characters of a reason. */
const reasonTold = 300;

interface AboutParts {
  /** Of the program. */
  version: string;
  pause: Pick<DispatchPause, "current">;
  disk: Pick<DiskWatch, "shortage">;
  drains: Pick<Drains, "isDraining">;
  slots: Pick<Slots, "total">;
  runs: Pick<LiveRuns, "ids">;
  scheduler: Pick<Scheduler, "view" | "obstacle">;
}

/** This worker as it is now. */
export function aboutWorker(
  { worker, settings, sandboxes }: Pick<EngineContext, "worker" | "settings" | "sandboxes">,
  { version, pause, disk, drains, slots, runs, scheduler }: AboutParts,
): WorkerAbout {
  const shortage = disk.shortage();
  return {
    name: worker.name,
    version,
    repos: settings.repos.slice(0, reposTold),
    labels: settings.labels ?? {},
    slots: slots.total,
    free: scheduler.view().free_slots,
    running: runs.ids().slice(0, runsTold),
    paused: shorten(pause.current()?.reason ?? (shortage === null ? scheduler.obstacle() : null)),
    draining: drains.isDraining,
    disk: shorten(shortage),
    confinement: sandboxes.level,
    url: settings.url ?? null,
  };
}

function shorten(reason: string | null): string | null {
  return reason === null || reason.length <= reasonTold ? reason : `${reason.slice(0, reasonTold).toWellFormed()}...`;
}
