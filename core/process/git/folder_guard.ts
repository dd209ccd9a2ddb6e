// "What comes out is looked at." A run's agent must be able to write the git folder that all worktrees share, to commit. But
// hooks, configuration and the like decide which programs git starts for whoever uses the repository next, and those of other
// worktrees where these are. So all of that (folder_look.ts) is compared with how it was before the run; a change is kept under
// a ref (folder_keep.ts), undone (folder_put_back.ts) and reported.
//
// Who made a change cannot be told: a person's own, during a run, is undone as well. What the service does to worktrees
// itself it says (`Site.forgetWorktree`), and HEAD of a worktree in which a run is at work is free.
//
// Each step can be cut short: changes are kept first; what is put back does not differ any more; and a call for the same run
// finds what is kept, and goes on.

import { readBaseline, writeBaseline } from "./folder_baseline_file.ts";
import { type Difference, differencesBetween } from "./folder_differences.ts";
import { keepChanges, type KeptChanges, keptCommit, keptOf, nameKept } from "./folder_keep.ts";
import type { Look, Unit } from "./folder_look.ts";
import { putBack } from "./folder_put_back.ts";
import type { Located, Site } from "./sites.ts";
import type { FolderChange, FolderChanges, FolderGuard, FolderWork } from "./worktrees.ts";

const namedAtMost = 50;

/** See `Worktrees.guardFolder`. */
export async function guardFolder({ site, path }: Located, file: string | null): Promise<FolderGuard> {
  const { look, own } = await site.baselines.hold(site.common, path);
  let isHeld = true;
  const guard = {
    worktree: own,
    [Symbol.dispose]() {
      if (isHeld) site.baselines.release(site.common, own);
      isHeld = false;
    },
  };
  try {
    if (file !== null) writeBaseline(file, { look, own });
    return guard;
  } catch (error) {
    guard[Symbol.dispose]();
    throw error;
  }
}

/** See `Worktrees.restoreFolder`. */
export async function restoreFolder(
  { site }: Located,
  guard: FolderGuard | { file: string },
  options: FolderWork,
): Promise<FolderChanges> {
  const stored = "file" in guard ? await readBaseline(guard.file) : null;
  const own = "file" in guard ? stored!.own : guard.worktree;
  const before = stored?.look ?? site.baselines.heldOf(site.common);
  const { common, baselines } = site;
  const differences = async () => {
    return before === null ? [] : differencesFrom(site, { before, now: await baselines.look(common, before), own });
  };
  let kept: KeptChanges | null = null;
  let ref: string | null = null;
  if ((await differences()).length > 0 || keptCommit(site, options) !== null) {
    [kept, ref] = await site.takeTurn(async () => {
      // Again: whoever had the turn until now may have been in the middle of something.
      const found = await differences();
      const kept = found.length > 0
        ? await keepAndPutBack(site, found, { before: before!, ...options })
        : await keptOf(site, options);
      if (kept === null) return [null, null];
      const ref = await nameKept(site, kept.commit, options);
      await baselines.settle(common, stored === null ? [] : found);
      return [kept, ref];
    });
  }
  if (!("file" in guard)) guard[Symbol.dispose]();
  const changes = kept?.changes ?? [];
  return { changes: changes.slice(0, namedAtMost), count: changes.length, ref, commit: kept?.commit ?? null };
}

function differencesFrom(
  site: Site,
  { before, now, own }: { before: Look; now: Look; own: string },
): Difference[] {
  const mayMove = (unit: string, { mark }: Unit) =>
    unit === own || site.baselines.isAtWork(site.common, unit) || mark?.store !== site.store;
  return differencesBetween(before, now, mayMove);
}

async function keepAndPutBack(
  site: Site,
  found: Difference[],
  { before, ...of }: FolderWork & { before: Look },
): Promise<KeptChanges> {
  // A git that opens a pipe waits for ever.
  const [special, rest] = [found.filter(isSpecial), found.filter((one) => !isSpecial(one))];
  const failed = new Map<string, string>();
  const putAllBack = async (differences: Difference[]) => {
    for (const one of differences) {
      const reason = await putBack(site.common, one);
      if (reason !== null) failed.set(one.path, reason);
    }
  };
  await putAllBack(special);
  const kept = await keepChanges(site, found, { before, ...of });
  await putAllBack(rest);
  return { ...kept, changes: kept.changes.map((change) => withReason(change, failed.get(change.path))) };
}

/** Neither file nor link: nothing of it can be kept. */
function isSpecial({ now }: Difference): boolean {
  return now?.kind === "other" && !now.isFolder;
}

function withReason({ note, ...change }: FolderChange, reason: string | undefined): FolderChange {
  const notes = [note, reason && `not undone: ${reason}`].filter((one) => one !== undefined);
  return notes.length > 0 ? { ...change, note: notes.join("; ") } : change;
}
