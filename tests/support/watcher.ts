// The watcher beside a service (core/process/watcher.ts), for tests of what becomes of agents with and without it.

import { processTable } from "../../core/process/process_table.ts";
import type { TestService } from "./service.ts";

/** Its pid; null: nobody watches over that process. */
export async function watcherOf(service: number): Promise<number | null> {
  const children = (await processTable()).filter(({ parent, isZombie }) => parent === service && !isZombie);
  const isWatcher = (pid: number) => Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("watcher.pl");
  return children.find(({ pid }) => isWatcher(pid))?.pid ?? null;
}

/** Kills a service, and its watcher before: what it started lives on. */
export async function killUnwatched(service: TestService): Promise<void> {
  const watcher = await watcherOf(service.pid);
  if (watcher === null) throw new Error(`Nobody watches over ${service.pid}`);
  Deno.kill(watcher, "SIGKILL");
  await service.kill();
}
