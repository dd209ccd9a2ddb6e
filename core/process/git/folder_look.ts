// What a repository's git folder holds besides its history, looked at without git: files that decide which programs and
// settings git goes by, and where other worktrees are. An agent can write all of them, so nothing here follows a link, waits
// at a pipe, or reads more than a limit; and a file that has not changed since an earlier look is not read again.
//
// A *unit* is looked at whole: the folder itself (""), the record of a worktree (`worktrees/NAME`), the git folder of a
// submodule (`modules/NAME`). Units come and go by right; what is in one that stays does not.
//
// Everything is synchronous: a turn of the event loop for each of thousands of tiny files would take ten times as long.

import { dirname, join, resolve } from "@std/path";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { parseMark } from "./worktree_entry.ts";

/** Of a larger file it is known only whether it changed. */
export const largestKeptBytes = 1024 * 1024;
/** A file written this shortly before a look may be written again with the same stamp (coarse clocks of file systems). */
const settlingMs = 2_000;
const deepestModule = 12;

/** What is at a path, by lstat. Times in ms. */
export interface Stamp {
  ino: number;
  changedAt: number;
  size: number;
  mode: number;
}

/** Something at a path of the git folder. `isSettled`: the same stamp means the same content. */
export type Seen =
  & Stamp
  & { isSettled: boolean }
  & (
    /** `bytes`: null when it is too large, or cannot be read. */
    | { kind: "file"; bytes: Uint8Array | null }
    | { kind: "link"; target: string }
    /** A folder in the place of a file, a pipe, a socket, a device. */
    | { kind: "other"; isFolder: boolean }
  );

/** What a unit holds, by paths in it. */
export interface Unit {
  files: Map<string, Seen>;
  /** Of a worktree's record: its folder as it was, for whether names came or went. */
  folder: Stamp & { isSettled: boolean } | null;
  /** Of a worktree: where git noted it, and our mark's store and task. */
  path: string | null;
  mark: { store: string; task: number } | null;
}

/** By the units' paths in the git folder. */
export type Look = Map<string, Unit>;

/** What is in the folder of all worktrees' records. */
export interface Records {
  /** By their units. */
  units: Look;
  /** Names of those that are being made, or were when a git was killed. */
  unfinished: ReadonlySet<string>;
  /** Names of what is no folder, and so no record. */
  others: ReadonlySet<string>;
}

/** What was seen before. */
export type KnownUnits = Pick<Look, "get">;

/** The unit of the git folder itself. */
export const top = "";
export const worktreesFolder = "worktrees";
export const modulesFolder = "modules";
const markFile = "personal-coder";
/** For `guardedNames`. */
const inWorktree = ["gitdir", "commondir", "config.worktree", markFile];
/** Of any worktree, since it says which branch is checked out there. */
const seenInWorktree = [...inWorktree, "HEAD"];
const inOurs = [...seenInWorktree, "locked", "personal-coder-removing"];
/** What may be looked at in a worktree's record, first what is looked at in any. */
export const recordFiles: readonly string[] = inOurs;

const single = ["config", "config.worktree", "commondir", "gitdir"];
const singleInfo = ["attributes", "exclude", "grafts", "sparse-checkout"];
const alternates = ["alternates", "http-alternates"];
/** Folders of which every file counts; in the last two git looks for remotes besides the configuration. */
const trees = ["hooks", "branches", "remotes"];

/** What is looked at of a worktree's record. */
export function seenNames({ mark }: Pick<Unit, "mark">): readonly string[] {
  return mark === null ? seenInWorktree : inOurs;
}

/**
 * What is to stay as it is of a worktree's record. A person's own worktree is moved to other branches, and locked, by that person; one
 * of ours only by its runs.
 */
export function guardedNames(unit: Pick<Unit, "mark">): string[] {
  return unit.mark === null ? inWorktree : inOurs;
}

/**
 * Looks at all of a git folder but for the records of worktrees, which were looked at. `known`: earlier looks. Throws when the
 * folder itself cannot be looked at.
 */
export function lookAt(common: string, known: KnownUnits, { units, others }: Records): Look {
  const look: Look = new Map();
  const own = unitOf(known.get(top));
  look.set(top, own.unit);
  lookAtGitFolder(common, own);
  if (hasFolder(common, worktreesFolder, own)) {
    for (const name of others) see(common, `${worktreesFolder}/${name}`, own);
    for (const [path, unit] of units) look.set(path, unit);
  }
  if (hasFolder(common, modulesFolder, own)) {
    for (const path of modulesIn(common, modulesFolder, own)) {
      const module = unitOf(known.get(path));
      lookAtGitFolder(join(common, path), module);
      look.set(path, module.unit);
    }
  }
  return look;
}

/** The names in the folder of all worktrees' records. */
export function recordNames(common: string): string[] {
  if (!hasFolder(common, worktreesFolder, unitOf(undefined))) return [];
  return [...Deno.readDirSync(join(common, worktreesFolder))].map(({ name }) => name);
}

/** The names of all records that were looked at. */
export function namesOf({ units, unfinished }: Records): Set<string> {
  const names = new Set(unfinished);
  for (const unit of units.keys()) names.add(unit.slice(worktreesFolder.length + 1));
  return names;
}

/** Looks at one of them, by its unit. Null: it is not there. For the words see `Records`. */
export function lookAtRecord(common: string, path: string, known: Unit | null): Unit | "unfinished" | "other" | null {
  const stat = lstatAt(join(common, path));
  if (stat === null) return null;
  return stat.isDirectory ? lookAtWorktree(`${common}/${path}`, stat, known) ?? "unfinished" : "other";
}

/** What is at a path now. `known`: as it was. Null when nothing is there. */
export function seeAt(path: string, known: Seen | undefined): Seen | null {
  const stat = lstatAt(path);
  if (stat === null) return null;
  const stamp = stampOf(stat);
  if (known?.isSettled && isSameStamp(known, stamp)) return known;
  const seen = { ...stamp, isSettled: isSettled(stamp) };
  if (stat.isSymlink) return { ...seen, kind: "link", target: readLink(path) };
  if (!stat.isFile) return { ...seen, kind: "other", isFolder: stat.isDirectory };
  return { ...seen, kind: "file", bytes: readSmall(path, stamp) };
}

/** Whether two looks at a path saw the same. */
export function isSame(one: Seen, other: Seen): boolean {
  if (one === other) return true;
  if (one.kind === "link" && other.kind === "link") return one.target === other.target;
  if (one.kind === "other" && other.kind === "other") return one.isFolder === other.isFolder;
  if (one.kind !== "file" || other.kind !== "file" || one.mode !== other.mode || one.size !== other.size) return false;
  if (one.bytes === null || other.bytes === null) return one.bytes === other.bytes && isSameStamp(one, other);
  return one.bytes.every((byte, at) => byte === other.bytes![at]);
}

/** The text of a small file that was seen; empty for anything else. */
export function textOf(seen: Seen | undefined): string {
  return seen?.kind === "file" && seen.bytes !== null ? new TextDecoder().decode(seen.bytes) : "";
}

/** One in which nothing is. */
export function emptyUnit(): Unit {
  return { files: new Map(), folder: null, path: null, mark: null };
}

interface Looking {
  unit: Unit;
  known: Unit | null;
}

function unitOf(known: Unit | undefined): Looking {
  return { unit: emptyUnit(), known: known ?? null };
}

function see(folder: string, path: string, { unit, known }: Looking): void {
  const seen = seeAt(join(folder, path), known?.files.get(path));
  if (seen !== null) unit.files.set(path, seen);
}

/** Whether a folder is there; what is there instead of one was seen. */
function hasFolder(folder: string, path: string, looking: Looking): boolean {
  const stat = lstatAt(join(folder, path));
  if (stat === null) return false;
  if (!stat.isDirectory) see(folder, path, looking);
  // A folder that nobody may enter hides what is in it.
  else if ((stat.mode! & 0o700) !== 0o700) Deno.chmodSync(join(folder, path), stat.mode! & 0o777 | 0o700);
  return stat.isDirectory;
}

function lookAtGitFolder(folder: string, looking: Looking): void {
  for (const name of single) see(folder, name, looking);
  if (hasFolder(folder, "info", looking)) { for (const name of singleInfo) see(folder, `info/${name}`, looking); }
  if (hasFolder(folder, "objects", looking) && hasFolder(folder, "objects/info", looking)) {
    for (const name of alternates) see(folder, `objects/info/${name}`, looking);
  }
  const waiting = trees.filter((tree) => hasFolder(folder, tree, looking));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const { name, isDirectory } of Deno.readDirSync(join(folder, path))) {
      // A name that is no UTF-8 cannot be named here, nor is it one by which git looks for anything.
      if (name.includes("\ufffd")) continue;
      if (!isDirectory) see(folder, `${path}/${name}`, looking);
      else if (hasFolder(folder, `${path}/${name}`, looking)) waiting.push(`${path}/${name}`);
    }
  }
}

/** `stat`: of the record's folder. Null while it is being made. */
function lookAtWorktree(folder: string, stat: Deno.FileInfo, known: Unit | null): Unit | null {
  // The names in it are as they were then, too.
  const hasSameNames = known?.folder?.isSettled === true && hasStamp(stat, known.folder);
  if (hasSameNames && isAllAsKnown(folder, known)) return known;
  const stamp = stampOf(stat);
  const looking: Looking = { known, unit: { ...emptyUnit(), folder: { ...stamp, isSettled: isSettled(stamp) } } };
  const { unit } = looking;
  for (const name of inWorktree) see(folder, name, looking);
  const mark = parseMark(textOf(unit.files.get(markFile)));
  unit.mark = mark ?? known?.mark ?? null;
  if (known === null && mark === null && isHalfMade(folder, unit)) return null;
  unit.path = dirname(resolve(folder, textOf(unit.files.get("gitdir")).trim()));
  for (const name of seenNames(unit)) if (!inWorktree.includes(name)) see(folder, name, looking);
  return unit;
}

function isAllAsKnown(folder: string, { files }: Unit): boolean {
  for (const [name, known] of files) {
    const stat = known.isSettled ? lstatAt(`${folder}/${name}`) : null;
    if (stat === null || !hasStamp(stat, known)) return false;
  }
  return true;
}

function isHalfMade(folder: string, unit: Unit): boolean {
  if (["gitdir", "commondir"].some((name) => textOf(unit.files.get(name)).trim() === "")) return true;
  const lock = seeAt(join(folder, "locked"), undefined);
  return lock !== null && ["", "initializing"].includes(textOf(lock).trim());
}

/** The git folders of submodules, whose names may have slashes, and of those inside them. */
function modulesIn(common: string, folder: string, looking: Looking, depth = 0): string[] {
  if (depth > deepestModule) return [];
  const found: string[] = [];
  for (const { name } of Deno.readDirSync(join(common, folder))) {
    const path = `${folder}/${name}`;
    if (name.includes("\ufffd") || !hasFolder(common, path, looking)) continue;
    const isGitFolder = lstatAt(join(common, path, "HEAD")) !== null || lstatAt(join(common, path, "config")) !== null;
    if (isGitFolder) found.push(path);
    const inside = isGitFolder ? `${path}/${modulesFolder}` : path;
    if (!isGitFolder || hasFolder(common, inside, looking)) {
      found.push(...modulesIn(common, inside, looking, depth + 1));
    }
  }
  return found;
}

function lstatAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

function stampOf({ ino, ctime, size, mode }: Deno.FileInfo): Stamp {
  return { ino: ino ?? 0, changedAt: ctime?.getTime() ?? 0, size, mode: (mode ?? 0) & 0o7777 };
}

function isSettled({ changedAt }: Stamp): boolean {
  return changedAt < Date.now() - settlingMs;
}

/** For thousands of files: makes nothing. */
function hasStamp({ ino, ctime, size, mode }: Deno.FileInfo, known: Stamp): boolean {
  return ino === known.ino && size === known.size && ctime?.getTime() === known.changedAt &&
    ((mode ?? 0) & 0o7777) === known.mode;
}

function isSameStamp(one: Stamp, other: Stamp): boolean {
  return one.ino === other.ino && one.changedAt === other.changedAt && one.size === other.size &&
    one.mode === other.mode;
}

function readLink(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}

function readSmall(path: string, { ino, size }: Stamp): Uint8Array | null {
  if (size > largestKeptBytes) return null;
  try {
    // By now it may be a pipe, at which only this does not wait, or a link to another file, which has another number.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile() || Number(stat.ino) !== ino) return null;
      const bytes = new Uint8Array(size);
      let length = 0;
      while (length < size) {
        const read = readSync(file, bytes, length, size - length, null);
        if (read === 0) break;
        length += read;
      }
      return bytes.subarray(0, length);
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}
