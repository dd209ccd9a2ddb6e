// The looks at git folders that runs are compared with. Of one repository there is one while any run is at work in it, however
// many there are: what the first one's agent changes must not pass for what was there before the second.

import { basename, join } from "@std/path";
import { pathOf } from "./folder_differences.ts";
import { WatchedRecords } from "./folder_records.ts";
import { isSame, type Look, lookAt, type Records, seeAt, top, type Unit, worktreesFolder } from "./folder_look.ts";

/** A path of a git folder, in its unit. */
interface UnitPath {
  unit: string;
  name: string;
}

interface Held {
  look: Look;
  /** How many runs are at work, by the units of their worktrees; `top` for a run whose worktree has no record. */
  runs: Map<string, number>;
}

/** The baselines of all repositories that one process serves, by their git folders. */
export class FolderBaselines implements AsyncDisposable {
  readonly #held = new Map<string, Held>();
  /** The last look, so that the next one reads only what changed since. */
  readonly #last = new Map<string, Look>();
  readonly #records = new Map<string, WatchedRecords>();

  /** A run begins in the worktree at `path`: what it will be compared with, and the unit of its worktree. */
  async hold(common: string, path: string): Promise<{ look: Look; own: string }> {
    const now = await this.look(common);
    const held = this.#held.get(common) ?? { look: now, runs: new Map<string, number>() };
    const { look, runs } = held;
    this.#held.set(common, held);
    for (const [unit, seen] of now) if (seen.path !== null && !look.has(unit)) look.set(unit, seen);
    // git names a record after the folder that it was made for.
    const named = `${worktreesFolder}/${basename(path)}`;
    const own = look.get(named)?.path === path ? named : [...look].find(([, unit]) => unit.path === path)?.[0] ?? top;
    runs.set(own, (runs.get(own) ?? 0) + 1);
    return { look, own };
  }

  /** What runs are compared with; null when none is at work. */
  heldOf(common: string): Look | null {
    return this.#held.get(common)?.look ?? null;
  }

  /** Whether a run is at work in the worktree of a unit. */
  isAtWork(common: string, unit: string): boolean {
    return this.#held.get(common)?.runs.has(unit) ?? false;
  }

  /** A run is over. Its worktree stays on the branch where the run left it; the last run drops the baseline. */
  release(common: string, own: string): void {
    const held = this.#held.get(common);
    if (held === undefined) return;
    const left = (held.runs.get(own) ?? 1) - 1;
    if (left > 0) held.runs.set(own, left);
    else held.runs.delete(own);
    if (held.runs.size === 0) this.#held.delete(common);
    else if (left <= 0) takePath(common, held.look, { unit: own, name: "HEAD" });
  }

  /** The service makes, moves or removes a worktree, by the name of its record: that is no run's doing. */
  forgetWorktree(common: string, name: string): void {
    this.#held.get(common)?.look.delete(`${worktreesFolder}/${name}`);
    this.#recordsOf(common).forget(name);
  }

  /** The records of all worktrees as they are now. Throws what the system says. */
  async records(common: string): Promise<Records> {
    return await this.#recordsOf(common).look();
  }

  /** What is there now. `known`: what was there once, as this process may not know. */
  async look(common: string, known: Look | null = null): Promise<Look> {
    const records = await this.#recordsOf(common).look(known);
    const last = this.#last.get(common);
    const look = lookAt(common, { get: (path) => last?.get(path) ?? known?.get(path) }, records);
    this.#last.set(common, look);
    return new Map(look);
  }

  /** Ends what watches the records. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const records of this.#records.values()) await records[Symbol.asyncDispose]();
  }

  #recordsOf(common: string): WatchedRecords {
    const records = this.#records.get(common) ?? new WatchedRecords(common);
    this.#records.set(common, records);
    return records;
  }

  /**
   * After what changed was put back: the same content has new stamps, and whole units came and went. `taken`: paths that are
   * right now, and were not when the baseline was taken.
   */
  async settle(common: string, taken: UnitPath[]): Promise<void> {
    const held = this.#held.get(common)?.look;
    if (held === undefined) return;
    for (const path of taken) takePath(common, held, path);
    const now = await this.look(common);
    for (const [path, unit] of held) {
      if (now.has(path)) held.set(path, refreshed(unit, now.get(path)!));
      else held.delete(path);
    }
    for (const [path, unit] of now) if (!held.has(path)) held.set(path, unit);
  }
}

function takePath(common: string, look: Look, { unit: path, name }: UnitPath): void {
  const unit = look.get(path);
  if (unit === undefined) return;
  const files = new Map(unit.files);
  const seen = seeAt(join(common, pathOf(path, name)), files.get(name));
  if (seen === null) files.delete(name);
  else files.set(name, seen);
  look.set(path, { ...unit, files });
}

/** `before`, with the stamps of now where the content is the same. */
function refreshed(before: Unit, now: Unit): Unit {
  const files = new Map(before.files);
  let isSameAll = before.files.size === now.files.size;
  for (const [name, seen] of before.files) {
    const other = now.files.get(name);
    if (other !== undefined && isSame(seen, other)) files.set(name, other);
    else isSameAll = false;
  }
  return isSameAll ? now : { ...before, files };
}
