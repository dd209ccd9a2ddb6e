// The review of one task's changes: what is compared, the files that differ, and what the reader folded, viewed and opened.

import { type Signal, signal } from "@preact/signals";
import { api } from "../stream/api.ts";
import { isOf, linesOf, type Opened } from "./diff_rows.ts";
import { ReviewComments } from "./task_comments.ts";
import { inTreeOrder } from "./tree_rows.ts";
import { type DiffFile, DiffParser, parseDiff } from "./unified_diff.ts";
import type { TextStart } from "../state/page_data.ts";
import { loadViewed, saveViewed, type Viewed, withViewed } from "./viewed.ts";

/** Longer diffs are cut, in UTF-16 units. */
const textMax = 16_000_000;
/** How long a diff is read at a stretch before the page may do other work. */
const sliceMs = 12;
/** What is read without looking at the time, in UTF-16 units. */
const pieceLength = 65_536;

export const firstFrom = "merge-base";
export const firstTo = "now";

export interface FileContext {
  lines: readonly string[];
  opened: Opened;
}

/** Of one content on each side. */
export function contextKey({ path, oldBlob, blob }: DiffFile): string {
  return `${path}\n${oldBlob} ${blob}`;
}

export class Review {
  readonly task: number;
  readonly comments: ReviewComments;
  readonly from: Signal<string> = signal(firstFrom);
  readonly to: Signal<string> = signal(firstTo);
  readonly hidesSpace: Signal<boolean> = signal(false);
  readonly split: Signal<boolean> = signal(false);
  /** In the order of the tree, and the moment that they are of; null until they were read. */
  readonly #read: Signal<{ files: DiffFile[]; at: number | null } | null>;
  readonly error: Signal<string | null> = signal(null);
  /** A line to be brought into view once it is there. */
  readonly target: Signal<{ path: string; line: number } | null> = signal(null);
  readonly viewed: Signal<Viewed> = signal({});
  /** What the reader folded or opened, by path; else a file is folded when it is viewed. */
  readonly folded: Signal<ReadonlyMap<string, boolean>> = signal(new Map());
  /** What is shown between the hunks, by `contextKey`. */
  readonly context: Signal<Readonly<Record<string, FileContext>>> = signal({});
  /** Rises when what is shown is known to be old. */
  readonly stale: Signal<number> = signal(0);

  /** The page brought all of it, and nothing was read since. */
  #isStart: boolean;

  /** `diff`: its start at the moment `at`, where the page brought it. */
  constructor(task: number, { diff, at }: { diff: TextStart | null; at: number | null }) {
    this.task = task;
    this.comments = new ReviewComments(task);
    this.#read = signal(diff && { files: inTreeOrder(parseDiff(diff.text)), at });
    this.#isStart = diff?.isWhole ?? false;
  }

  /** What differs at a moment; null until that was read. */
  filesAt(at: number | null): DiffFile[] | null {
    const read = this.#read.value;
    return read?.at === at ? read.files : null;
  }

  /** At that moment nothing can be shown. */
  showNone(at: number | null): void {
    this.#read.value = { files: [], at };
  }

  /** Whether what the page brought is what would be read now; the first who asks is told. */
  takeStart(): boolean {
    const isStart = this.#isStart && !this.hidesSpace.peek();
    this.#isStart = false;
    return isStart;
  }

  /** What the browser keeps. */
  load(): void {
    this.split.value = localStorage.getItem("coder.diff") === "split";
    this.hidesSpace.value = localStorage.getItem("coder.diff.space") === "hidden";
    this.viewed.value = loadViewed(this.task);
    this.comments.drafts.load();
  }

  setSplit(split: boolean): void {
    this.split.value = split;
    localStorage.setItem("coder.diff", split ? "split" : "unified");
  }

  /** Compares other points. */
  setPoints(points: { from?: string; to?: string }): void {
    this.from.value = points.from ?? this.from.peek();
    this.to.value = points.to ?? this.to.peek();
    this.context.value = {};
  }

  setHidesSpace(hides: boolean): void {
    this.hidesSpace.value = hides;
    this.context.value = {};
    localStorage.setItem("coder.diff.space", hides ? "hidden" : "shown");
  }

  setViewed(file: DiffFile, on: boolean): void {
    this.viewed.value = withViewed(this.viewed.peek(), file, on);
    this.setFolded(file, on);
    saveViewed(this.task, this.viewed.value);
  }

  setFolded({ path }: DiffFile, on: boolean): void {
    this.folded.value = new Map([...this.folded.peek(), [path, on]]);
  }

  /**
   * Shows more of a gap: `lines` after what is above it, before what is below it, or on both sides. False when the file is no
   * longer what the diff is of; then the diff is read again. Throws `Problem`.
   */
  async openGap(file: DiffFile, gap: number, way: "down" | "up" | "all", lines = 20): Promise<boolean> {
    const key = contextKey(file);
    const known = this.context.peek()[key] ??
      { lines: linesOf(await api.file(this.task, file.path, this.to.peek())), opened: {} };
    if (!isOf(file, known.lines)) {
      this.stale.value++;
      return false;
    }
    const { head, tail } = known.opened[gap] ?? { head: 0, tail: 0 };
    const more = {
      head: way === "all" ? Infinity : way === "down" ? head + lines : head,
      tail: way === "up" ? tail + lines : tail,
    };
    const context = { lines: known.lines, opened: { ...known.opened, [gap]: more } };
    this.context.value = { ...this.context.peek(), [key]: context };
    return true;
  }

  /** Reads what differs; of a past moment when `at` is one. Throws `Problem`. */
  async read(at: number | null, signal: AbortSignal): Promise<void> {
    const [from, to] = [this.from.peek(), this.to.peek()];
    const query: Record<string, string> = {
      ...(at === null && from !== firstFrom && { from }),
      ...(at === null && to !== firstTo && { to }),
      ...(this.hidesSpace.peek() && { w: "1" }),
      ...(at !== null && { at: String(at) }),
    };
    const response = await api.diff(this.task, query, signal);
    const files = await readDiff(response, signal);
    this.#read.value = { files: inTreeOrder(files), at };
  }
}

/** Between slices the page does other work. */
async function readDiff(response: Response, signal: AbortSignal): Promise<DiffFile[]> {
  const reader = (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream()).getReader();
  const parser = new DiffParser();
  let left = textMax;
  let startedAt = performance.now();
  while (left > 0) {
    const { done, value } = await reader.read();
    if (done) break;
    for (let at = 0; at < value.length && left > 0; at += pieceLength) {
      const piece = value.slice(at, at + Math.min(left, pieceLength));
      parser.write(piece);
      left -= piece.length;
      if (performance.now() - startedAt < sliceMs) continue;
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      startedAt = performance.now();
    }
  }
  if (left <= 0) await reader.cancel();
  return parser.end();
}
