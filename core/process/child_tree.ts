// A child that this process has started, with all that it starts: how it ended, and how all of it is ended.

import type { AgentExit } from "./agent.ts";
import type { Process } from "./process_table.ts";
import { endTree, findTree } from "./process_tree.ts";

/** A started child and its tree. */
export interface ChildTree {
  /** Resolves when the child itself has ended (its tree may live on). Never rejects. */
  readonly exited: Promise<AgentExit>;
  /** Notes who is of the tree now: the child is about to exit, and who is tied to it by it alone could not be told later. */
  look(): void;
  /** How many processes of it are alive. */
  living(): Promise<number>;
  /** TERM, then after `graceMs` KILL, to the whole tree; resolves when nothing of it is alive. Idempotent. */
  end(options: { graceMs: number }): Promise<void>;
}

/**
 * The tree of a child that was started with that mark. `isHeld`: all that is started below it stays below its helper, as long as
 * that is not killed (containment.ts), so nothing needs to be noted on the way: each look is one at all processes.
 */
export function childTree(
  child: Deno.ChildProcess,
  { mark, isHeld = false }: { mark: string; isHeld?: boolean },
): ChildTree {
  let stragglers: Promise<Process[]> = Promise.resolve([]);
  let family: Promise<Process[]> = Promise.resolve([]);
  /** The helper saw the program's end, and so was there for all that was started. */
  let isHelperWell = false;
  /** Nothing of it is alive, and nothing can come to be any more. */
  let isOver = false;
  const exited: Promise<AgentExit> = child.status.then(({ code, signal }) => {
    // While its group has members its number is not given away, so at this moment, and not much later, what is in the group
    // of that number is the run's for certain: also a child with an empty environment whose parent is gone.
    isHelperWell = isHeld && signal === null;
    if (!isHelperWell) stragglers = findTree({ mark, group: child.pid }).catch(() => []);
    return { code: signal === null ? code : null, signal };
  });
  return {
    exited,
    look() {
      if (!isHeld) family = findTree({ mark, group: child.pid }).catch(() => []);
    },
    async living() {
      return (await findTree({ mark })).filter((process) => !process.isReaper).length;
    },
    async end({ graceMs }) {
      if (isOver) return;
      await endTree({ mark, pid: child.pid, graceMs, known: [...await family, ...await stragglers] });
      await exited;
      isOver = isHelperWell;
    },
  };
}
