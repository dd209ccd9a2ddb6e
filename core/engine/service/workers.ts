// The workers of the store, and what they are asked to do. Each is known by what it tells with its beat; a local file has one.

import { DomainError } from "../../domain/error.ts";
import type { WorkerAbout } from "../../domain/worker.ts";
import { otherWorkerView, ownWorkerView, workerName, type WorkerView } from "../../view/workers_view.ts";
import type { EngineContext } from "../context.ts";
import type { Drains } from "../dispatch/drains.ts";
import type { Leases } from "../dispatch/leases.ts";
import type { Slots } from "../dispatch/slots.ts";
import type { Caller, Service } from "./service.ts";

export interface WorkersParts {
  lease: Pick<Leases, "known" | "isSure" | "beatAgeMs">;
  drains: Pick<Drains, "has" | "ask">;
  slots: Pick<Slots, "ask">;
  /** What this worker tells of itself now. */
  about: () => WorkerAbout;
}

/** In a path: the worker that answers. */
const self = "self";

export function workers(
  { worker }: Pick<EngineContext, "worker">,
  { lease, drains, slots, about }: WorkersParts,
): Pick<Service, "workers" | "drain" | "setSlots"> {
  function all(): WorkerView[] {
    const own = ownWorkerView(worker.id, about(), {
      state: lease.isSure ? "alive" : "silent",
      beatAgeMs: lease.beatAgeMs,
    });
    const others = [...lease.known].map(([id, known]) => otherWorkerView(id, known, drains.has(id)));
    return [own, ...others.sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id))];
  }

  function find(id: string): WorkerView {
    const found = all().find((one) => one.id === id || (id === self && one.self));
    if (!found) throw new DomainError("not_found", `There is no worker ${id}`);
    return found;
  }

  return {
    workers: all,
    async drain(name: string, wanted: boolean, { by }: Caller) {
      const { id } = find(name);
      await drains.ask(id, wanted, { by });
      return find(id);
    },
    async setSlots(worker, wanted, { by }) {
      const { id, name, slots: total } = find(worker);
      await slots.ask({ id, name, total }, wanted, { by });
      return find(id);
    },
  };
}

/** The name of a worker by its uuid, as far as this one knows it. */
export function workerNames(
  { worker }: Pick<EngineContext, "worker">,
  { lease }: { lease: Pick<Leases, "known"> },
): (id: string) => string {
  return (id) => workerName(id, id === worker.id ? worker.name : lease.known.get(id)?.name);
}
