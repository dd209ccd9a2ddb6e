// How the service is: in words for people (`health`), in numbers for machines (`measures`), and the end of a pause.

import type { Health } from "../../view/api_view.ts";
import type { EngineContext } from "../context.ts";
import type { Drains } from "../dispatch/drains.ts";
import type { DiskWatch } from "../dispatch/disk_watch.ts";
import type { DispatchPause } from "../dispatch/dispatch_pause.ts";
import type { Leases } from "../dispatch/leases.ts";
import type { RepositoryPauses } from "../dispatch/repository_pause.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import type { Slots } from "../dispatch/slots.ts";
import type { Counters } from "./counters.ts";
import type { Queries } from "./queries.ts";
import type { Service } from "./service.ts";
import { type StoreCondition, storeCondition } from "./store_condition.ts";

/** The parts of `Health` that the engine cannot know. */
export type Surroundings = Pick<
  Health,
  "version" | "agent" | "git" | "repos" | "root" | "containment" | "sandbox" | "token" | "stored"
>;

/** What of the service tells of itself. */
export type Condition = Pick<Service, "health" | "obstacle" | "resume" | "measures">;

/** What the condition is made of. */
export interface ConditionParts {
  queries: Queries;
  scheduler: Scheduler;
  pause: DispatchPause;
  repositories: RepositoryPauses;
  disk: DiskWatch;
  lease: Leases;
  drains: Drains;
  slots: Slots;
  counters: Counters;
  surroundings: () => Surroundings;
  /** What recovery and the worktree review found, in sentences. */
  notices: () => string[];
  isStopping: () => boolean;
}

export function condition(context: EngineContext, parts: ConditionParts): Condition {
  const { pause, scheduler } = parts;
  const ofStore = storeCondition(context, () => parts.queries.counts());
  const health = () => healthOf(context, { ...parts, ofStore });
  return {
    health,
    obstacle: async () => parts.isStopping() ? "The service is stopping" : (await ofStore()).trouble,
    async resume() {
      pause.resume();
      // What else holds dispatch back is looked at anew.
      scheduler.retry();
      return await health();
    },
    measures: () => measuresOf(parts),
  };
}

async function healthOf(
  { store, worker, settings }: EngineContext,
  { ofStore, scheduler, pause, repositories, lease, drains, slots, surroundings, notices, isStopping }:
    & ConditionParts
    & {
      ofStore: () => Promise<StoreCondition>;
    },
): Promise<Health> {
  const { counts, trouble } = await ofStore();
  const broken = repositories.current();
  const brokenNotices = [...broken].map(([repo, reason]) => `Repository ${repo} is paused: ${reason}`);
  const reason = scheduler.obstacle() ?? (settings.repos.every((repo) => broken.has(repo)) ? brokenNotices[0] : null);
  const words = trouble ?? reason;
  const paused = pause.current() ?? (words ? { reason: words, until: null } : null);
  const { total, configured } = slots;
  const around = surroundings();
  return {
    status: isStopping() ? "stopping" : paused ? "paused" : "ok",
    ...around,
    store: store.id,
    worker,
    slots: { busy: isStopping() ? 0 : scheduler.busySlots(), total, configured },
    tasks: counts,
    pause: paused,
    draining: drains.isDraining,
    workers: 1 + [...lease.known.values()].filter(({ state }) => state !== "dead").length,
    notices: [around.agent.notice, around.stored.notice, ...brokenNotices, ...notices()].filter((one) => one !== null),
  };
}

async function measuresOf(
  { queries, scheduler, pause, repositories, disk, lease, slots, counters, surroundings }: ConditionParts,
): ReturnType<Condition["measures"]> {
  const isShort = disk.shortage() !== null;
  const around = surroundings();
  return {
    tasks: await queries.counts(),
    pending: queries.pendingCounts(),
    slots: { free: scheduler.view().free_slots, total: slots.total },
    paused: {
      environment: pause.current() !== null,
      repository: repositories.current().size > 0,
      agent: !isShort && scheduler.obstacle() !== null,
      disk: isShort,
      lease: !lease.isSure,
    },
    sandbox: around.sandbox.level,
    stored: around.stored,
    counted: counters.counted,
  };
}
