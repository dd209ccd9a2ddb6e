// How the service is: in words for people (`health`), in numbers for machines (`measures`), and the end of a pause.

import type { Health } from "../../view/api_view.ts";
import type { EngineContext } from "../context.ts";
import type { DiskWatch } from "../dispatch/disk_watch.ts";
import type { DispatchPause } from "../dispatch/dispatch_pause.ts";
import type { Leases } from "../dispatch/leases.ts";
import type { RepositoryPauses } from "../dispatch/repository_pause.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import type { Counters } from "./counters.ts";
import type { Queries } from "./queries.ts";
import type { Service } from "./service.ts";

/** The parts of `Health` that the engine cannot know. */
export type Surroundings = Pick<Health, "version" | "agent" | "git" | "repos" | "root" | "containment" | "token">;

/** What of the service tells of itself. */
export type Condition = Pick<Service, "health" | "resume" | "measures">;

/** What the condition is made of. */
export interface ConditionParts {
  queries: Queries;
  scheduler: Scheduler;
  pause: DispatchPause;
  repositories: RepositoryPauses;
  disk: DiskWatch;
  lease: Leases;
  counters: Counters;
  surroundings: () => Surroundings;
  /** What the worktree review found, in sentences. */
  reviewNotices: () => string[];
  isStopping: () => boolean;
}

export function condition(context: EngineContext, parts: ConditionParts): Condition {
  const { pause, scheduler } = parts;
  return {
    health: () => healthOf(context, parts),
    async resume() {
      pause.resume();
      // What else holds dispatch back is looked at anew.
      scheduler.retry();
      return await healthOf(context, parts);
    },
    measures: () => measuresOf(context, parts),
  };
}

async function healthOf(
  { store, worker, settings }: EngineContext,
  { queries, scheduler, pause, repositories, surroundings, reviewNotices, isStopping }: ConditionParts,
): Promise<Health> {
  const broken = repositories.current();
  const brokenNotices = [...broken].map(([repo, reason]) => `Repository ${repo} is paused: ${reason}`);
  const reason = scheduler.obstacle() ?? (settings.repos.every((repo) => broken.has(repo)) ? brokenNotices[0] : null);
  const paused = pause.current() ?? (reason ? { reason, until: null } : null);
  const { free_slots } = scheduler.view();
  const total = settings.maxConcurrent;
  const around = surroundings();
  return {
    status: isStopping() ? "stopping" : paused ? "paused" : "ok",
    ...around,
    store: store.id,
    worker,
    slots: { busy: isStopping() ? 0 : total - free_slots, total },
    tasks: await queries.counts(),
    pause: paused,
    notices: [around.agent.notice, ...brokenNotices, ...reviewNotices()].filter((one) => one !== null),
  };
}

async function measuresOf(
  { settings }: EngineContext,
  { queries, scheduler, pause, repositories, disk, lease, counters }: ConditionParts,
): ReturnType<Condition["measures"]> {
  const isShort = disk.shortage() !== null;
  return {
    tasks: await queries.counts(),
    pending: queries.pendingCounts(),
    slots: { free: scheduler.view().free_slots, total: settings.maxConcurrent },
    paused: {
      environment: pause.current() !== null,
      repository: repositories.current().size > 0,
      agent: !isShort && scheduler.obstacle() !== null,
      disk: isShort,
      lease: !lease.isSure,
    },
    counted: counters.counted,
  };
}
