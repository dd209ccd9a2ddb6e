// One change at a time per repository, by an OS lock on a file in its git folder: git's own locks fail instead of waiting,
// and another service on the repository must not take what is being made for what was left half-made.

import { join } from "@std/path";
import { endTree } from "../process_tree.ts";

const LOCK = "personal-coder.lock";
const TERM_GRACE_MS = 2_000;

/** The turns of all repositories that one process serves. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Runs the actions on the repository whose git folder is `common` one after another, in the order of the calls and across
   * processes. Returns and throws what `action` does; `DomainError("unavailable")` when the git of a killed holder cannot be
   * ended.
   */
  take<T>(common: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(common) ?? Promise.resolve()).then(() => withLock(common, action));
    this.#last.set(common, turn.catch(() => {}));
    return turn;
  }
}

async function withLock<T>(common: string, action: () => Promise<T>): Promise<T> {
  // The OS releases it with its holder, however that ends.
  using file = Deno.openSync(join(common, LOCK), { write: true, create: true });
  if (!file.tryLockSync(true)) await file.lock(true);
  // But the git of a holder that was killed lives on, and may still be checking out. A holder that was not killed emptied
  // the file, and that is all there is to know then: no look at all processes.
  if (file.statSync().size > 0) await endTree({ mark: await turnMark(common), graceMs: TERM_GRACE_MS });
  else file.writeSync(new TextEncoder().encode("held"));
  try {
    return await action();
  } finally {
    file.truncateSync(0);
  }
}

/** The mark of the git that writes a worktree of ours in a repository, of which there is one at most. */
export async function turnMark(common: string): Promise<string> {
  return await commonMark("git", common);
}

/** The mark of processes that do something in a repository; `what`: a word for it. */
export async function commonMark(what: string, common: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(common));
  return `${what}-${new Uint8Array(digest).toHex().slice(0, 32)}`;
}
