// The repositories that the service works on, and where their worktrees are. Every path is resolved through symbolic links
// and must lie directly in the root folder of its repository.

import { basename, dirname, join } from "@std/path";
import { DomainError } from "../../domain/error.ts";
import { keepCopiesIn } from "./configuration_copies.ts";
import { FolderBaselines } from "./folder_baselines.ts";
import { gitLine } from "./git.ts";
import { trustConfiguration } from "./trusted_configuration.ts";
import { Turns } from "./turns.ts";
import { isFolder } from "./small_files.ts";
import { newEntry } from "./worktree_entry.ts";
import { followMove } from "./worktree_move.ts";
import type { Place } from "./worktrees.ts";

/** Where repositories, worktrees and their owner are. */
export interface SitesOptions {
  /** Name -> top folder of the working tree. */
  repos: ReadonlyMap<string, string>;
  /** The folder in which a repository's worktrees are made; created when it is missing. */
  root: (repo: string) => string;
  /** The uuid of the store whose log knows these worktrees. */
  store: string;
  /** For copies of configurations: a folder of this service's alone, which is emptied. Default: a temporary one. */
  copies?: string;
}

/** One repository. */
export interface Site {
  /** The top folder of its working tree. */
  readonly repo: string;
  /** Its git folder, shared by all its worktrees; a real path. */
  readonly common: string;
  /** The real path of the folder with the worktrees. */
  readonly root: string;
  /** The uuid of the store whose worktrees are ours. */
  readonly store: string;
  /** What the git folders of runs' repositories were like before. */
  readonly baselines: FolderBaselines;
  /** Runs an action that changes refs or worktrees, when no other one does (turns.ts). */
  takeTurn<T>(action: () => Promise<T>): Promise<T>;
}

/** A place, found. */
export interface Located {
  site: Site;
  /** The place's real path. */
  path: string;
}

/** Finds repositories by their names and worktrees by their places. */
export class Sites implements AsyncDisposable {
  readonly #options: SitesOptions;
  readonly #turns = new Turns();
  readonly #baselines = new FolderBaselines();
  /** Asked once: a repository does not change its git folder while it is served. */
  readonly #commonFolders = new Map<string, string>();

  constructor(options: SitesOptions) {
    this.#options = options;
    if (options.copies !== undefined) keepCopiesIn(options.copies);
  }

  /** The top folder of a repository's working tree; undefined for a name that is not configured. */
  folderOf(name: string): string | undefined {
    return this.#options.repos.get(name);
  }

  /** Throws `DomainError("unavailable")` when the repository is not configured, or its folder is gone. */
  async of(name: string): Promise<Site> {
    const repo = this.folderOf(name);
    if (repo === undefined) {
      throw new DomainError("unavailable", `Cannot use repository ${name}: it is not configured on this worker`);
    }
    if (!isFolder(repo)) {
      throw new DomainError("unavailable", `Cannot use repository ${name}: the folder ${repo} is gone`);
    }
    const common = Deno.realPathSync(await this.#commonFolder(repo));
    trustConfiguration(common, this.#baselines);
    const folder = this.#options.root(name);
    Deno.mkdirSync(folder, { recursive: true });
    return {
      ...{ repo, common, root: Deno.realPathSync(folder), store: this.#options.store },
      baselines: this.#baselines,
      takeTurn: (action) => this.#turns.take(common, action),
    };
  }

  /**
   * The site of a place and the place's real path. A worktree that was moved to that path is followed there. Throws
   * `DomainError("conflict")` when the path does not lie directly in the site's root, and what `of` throws.
   */
  async locate(place: Place): Promise<Located> {
    const site = await this.of(place.repo);
    const parent = await Deno.realPath(dirname(place.path)).catch(() => null);
    const path = join(site.root, basename(place.path));
    const isName = !/^\.{0,2}$/.test(basename(place.path));
    if (isName && (parent === site.root || await follow(site, path))) return { site, path };
    throw new DomainError(
      "conflict",
      `Cannot use worktree ${place.path}: it is not in ${site.root}; move it there, or set CODER_WORKTREES or CODER_REPO back`,
    );
  }

  /** Ends what watches their git folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#baselines[Symbol.asyncDispose]();
  }

  async #commonFolder(repo: string): Promise<string> {
    const known = this.#commonFolders.get(repo);
    if (known !== undefined) return known;
    const common = await gitLine(["rev-parse", "--path-format=absolute", "--git-common-dir"], { cwd: repo });
    this.#commonFolders.set(repo, common);
    return common;
  }
}

/** The sites themselves, or new ones: ports that are given the same share its turns. */
export function sitesOf(at: SitesOptions | Sites): Sites {
  return at instanceof Sites ? at : new Sites(at);
}

/** The service makes, moves or removes a worktree, by the name of its record: what was known of it does not hold any more. */
export function forgetEntry({ common, baselines }: Site, name: string): void {
  baselines.forgetWorktree(common, name);
}

/** Whether a worktree of ours is at `path`, having been moved there; then git knows it there from now on. */
export async function follow(site: Site, path: string): Promise<boolean> {
  return await site.takeTurn(async () => {
    const isThere = await followMove(site.common, { store: site.store, name: basename(path), to: path });
    const entry = isThere ? newEntry(site.common, path) : null;
    if (entry !== null) forgetEntry(site, basename(entry.folder));
    return isThere;
  });
}
