// Ten free ports in a row for each run, so that the servers of two tasks do not meet. Blocks of ten from 20000 on, below those
// that Linux hands out by itself (32768); a task's search begins at one derived from its number, so that it mostly gets the
// same ones again and two machines' workers on one host seldom ask for the same.
//
// A block is free when no run of this process has it and each of its ports can be listened at on loopback at this moment. It
// is not held by sockets: another program may take one of its ports later.

import { DomainError } from "../../domain/error.ts";

/** How many ports a run has: `first` to `first + 9`. */
export const portsPerTask = 10;
const firstPort = 20_000;
const blocks = 1_276;

/** Which ports the runs of this process have. */
export interface TaskPorts {
  /**
   * The first of ten free ports, the run's until `release`. `wanted`: the first that an earlier run of the task had, to be
   * taken again if it is free; null: none. Throws `DomainError("unavailable")` when there is no free block.
   */
  reserve(options: { task: number; wanted: number | null }): Promise<number>;
  /** Gives back what `reserve` gave; a number that it did not give is let be. */
  release(first: number): void;
}

/** No block is reserved at first; `isFree` says whether a port can be listened at. */
export function taskPorts({ isFree = canListen }: { isFree?: (port: number) => boolean } = {}): TaskPorts {
  const reserved = new Set<number>();

  function tryReserve(first: number): boolean {
    if (reserved.has(first)) return false;
    for (let port = first; port < first + portsPerTask; port++) if (!isFree(port)) return false;
    reserved.add(first);
    return true;
  }

  return {
    // Nothing is waited for between the look and the note: two at once cannot get the same.
    // deno-lint-ignore require-await
    async reserve({ task, wanted }) {
      if (wanted !== null && isFirst(wanted) && tryReserve(wanted)) return wanted;
      for (let n = 0; n < blocks; n++) {
        const first = firstPort + ((task + n) % blocks) * portsPerTask;
        if (tryReserve(first)) return first;
      }
      const last = firstPort + blocks * portsPerTask - 1;
      throw new DomainError("unavailable", `No ${portsPerTask} ports in a row are free from ${firstPort} to ${last}`);
    },
    release(first) {
      reserved.delete(first);
    },
  };
}

/** Whether a block begins there. */
function isFirst(port: number): boolean {
  const block = (port - firstPort) / portsPerTask;
  return Number.isInteger(block) && block >= 0 && block < blocks;
}

/** On both loopback addresses; one that this machine does not have is no obstacle. */
function canListen(port: number): boolean {
  return ["127.0.0.1", "::1"].every((hostname) => {
    try {
      Deno.listen({ hostname, port }).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      return hostname === "::1" && !(error instanceof Deno.errors.AddrInUse);
    }
  });
}
