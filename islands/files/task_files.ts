// The files of one task as a reader goes through them: folders are read when they are opened, and again when the work has
// changed.

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FilePlace } from "../parts/places.ts";
import { api, type Folder, Problem } from "../stream/api.ts";

/** A folder that was asked for. */
export type KnownFolder = Folder | { error: string } | "reading";

/** Of the player's moment; in the present the worktree as it stands, or what was saved of it. */
export function pointAt(at: number | null): string {
  return at === null ? "now" : `event-${at}`;
}

export class TaskFiles {
  readonly task: number;
  /** The file that is shown, and the line that is pointed at. */
  readonly place: Signal<FilePlace | null>;
  /** The moment that is looked at, as a point of the review: `now` or `event-41`. */
  readonly point: Signal<string>;
  readonly #folders = signal<ReadonlyMap<string, KnownFolder>>(new Map());
  readonly #opened = signal<ReadonlySet<string>>(new Set([""]));

  constructor(task: number, { file, at }: { file: FilePlace | null; at: number | null }) {
    this.task = task;
    this.place = signal(file);
    this.point = signal(pointAt(at));
    if (file) this.#open(parentsOf(file.path));
  }

  /** By path; the top is empty. */
  get folders(): ReadonlySignal<ReadonlyMap<string, KnownFolder>> {
    return this.#folders;
  }

  get opened(): ReadonlySignal<ReadonlySet<string>> {
    return this.#opened;
  }

  /** Shows a file, and opens the folders on its way. */
  show(place: FilePlace): void {
    this.#open(parentsOf(place.path));
    this.place.value = place;
  }

  /** Closes a folder, or opens it as it is now: what was known of it stays until it is read. */
  async toggle(path: string): Promise<void> {
    const opened = new Set(this.#opened.peek());
    const isOpened = !opened.delete(path);
    if (isOpened) opened.add(path);
    this.#opened.value = opened;
    if (isOpened) await this.#readFolder(path);
  }

  #open(paths: string[]): void {
    this.#opened.value = new Set([...this.#opened.peek(), ...paths]);
  }

  /** Reads what is open and not known. */
  async read(): Promise<void> {
    const missing = [...this.#opened.peek()].filter((path) => !this.#folders.peek().has(path));
    await Promise.all(missing.map((path) => this.#readFolder(path)));
  }

  /** Reads what is open again: the work has changed. */
  async readAgain(): Promise<void> {
    const opened = this.#opened.peek();
    this.#folders.value = new Map([...this.#folders.peek()].filter(([path]) => opened.has(path)));
    await Promise.all([...opened].map((path) => this.#readFolder(path)));
  }

  async #readFolder(path: string): Promise<void> {
    if (!this.#folders.peek().has(path)) this.#set(path, "reading");
    const point = this.point.peek();
    const folder = await api.folder(this.task, path, point).catch((cause) => ({
      error: cause instanceof Problem ? cause.message : "The folder could not be read",
    }));
    // Another moment may have been chosen meanwhile.
    if (this.point.peek() === point) this.#set(path, folder);
  }

  #set(path: string, folder: KnownFolder): void {
    this.#folders.value = new Map([...this.#folders.peek(), [path, folder]]);
  }
}

/** `a/b/c.ts` -> ``, `a`, `a/b`. */
export function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return ["", ...parts.map((_, index) => parts.slice(0, index + 1).join("/"))];
}
