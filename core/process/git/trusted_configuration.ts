// Which configuration our calls of git go by. While a run is guarded (folder_guard.ts) the one from before it, so that what an
// agent writes there means nothing to them; else the one that is there. Either is read once (configuration_copies.ts).

import { join } from "@std/path";
import { Buffer } from "node:buffer";
import { DomainError, messageOf } from "../../domain/error.ts";
import type { FolderBaselines } from "./folder_baselines.ts";
import { largestKeptBytes, type Look, top } from "./folder_look.ts";
import type { GitFolders } from "./git_folders.ts";
import { hasWorktreeSettings } from "./git_programs.ts";
import { readRegular } from "./small_files.ts";

/** The text of a configuration. */
export interface Configuration {
  /** In bytes as characters; settings of one worktree are in it. Null where the service may not read it, and git may. */
  text: string | null;
  /** No agent can have written it, so what it names may be fetched from. */
  isTrusted: boolean;
}

/** The configuration for calls in some folders. */
export interface CurrentConfiguration extends Configuration {
  /** A run is at work in the repository. */
  isGuarded: boolean;
}

/** The repositories of the service, whose configurations are their owners', by their git folders. */
const guarded = new Map<string, Set<FolderBaselines>>();

/** Makes a repository known as one of the service, and what its git folder is compared with during runs. */
export function trustConfiguration(common: string, baselines: FolderBaselines): void {
  guarded.set(common, (guarded.get(common) ?? new Set()).add(baselines));
}

/** The configuration for calls in these folders. Throws `DomainError("unavailable")` when it cannot be read. */
export function configurationFor({ folder, common }: GitFolders): CurrentConfiguration {
  const isGuarded = heldOf(common) !== null;
  const shared = readOf(common, common, "config");
  if (shared.text === null || !hasWorktreeSettings(shared.text)) return { ...shared, isGuarded };
  const own = readOf(common, folder, "config.worktree");
  if (own.text === null) return { ...own, isGuarded };
  return {
    // Twice a newline: the first may be escaped.
    text: `${shared.text}\n\n${own.text}\n\n[extensions]\n\tworktreeConfig = false\n`,
    isTrusted: shared.isTrusted && own.isTrusted,
    isGuarded,
  };
}

/** A file of the shared git folder, or of a worktree's record in it. */
function readOf(common: string, folder: string, name: string): Configuration {
  const isInside = folder === common || folder.startsWith(`${common}/`);
  const look = heldOf(common);
  const before = isInside ? look?.get(folder === common ? top : folder.slice(common.length + 1)) : undefined;
  const seen = before?.files.get(name);
  if (before !== undefined && (seen === undefined || seen.kind === "file" && seen.bytes !== null)) {
    return { text: charactersOf(seen?.bytes), isTrusted: true };
  }
  // A repository inside a worktree is an agent's own.
  return {
    text: readNow(join(folder, name)),
    isTrusted: guarded.has(common) && isInside && look === null,
  };
}

function readNow(path: string): string | null {
  try {
    return charactersOf(readRegular(path, { maxBytes: largestKeptBytes }));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) return null;
    throw new DomainError("unavailable", `Cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

function charactersOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString("latin1");
}

/** As it was before the runs that are at work. */
function heldOf(common: string): Look | null {
  for (const baselines of guarded.get(common) ?? []) {
    const look = baselines.heldOf(common);
    if (look !== null) return look;
  }
  return null;
}
