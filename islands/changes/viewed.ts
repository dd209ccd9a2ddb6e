// Which files a reader has marked as viewed: by the content that was seen, so that a mark falls when the file changes. Pure,
// but for `loadViewed` and `saveViewed`, which keep them in the browser.

import type { DiffFile } from "./unified_diff.ts";

/** By path, what was seen. */
export type Viewed = Readonly<Record<string, string>>;

/** What a mark holds for: the content after the change, and of a deleted file the content that is gone. */
export function contentOf(file: DiffFile): string {
  if (file.change === "deleted") return `-${file.oldBlob ?? ""}`;
  return file.blob ?? `${file.from ?? ""}>${file.path} ${file.mode ?? ""}`;
}

export function isViewed(viewed: Viewed, file: DiffFile): boolean {
  return Object.hasOwn(viewed, file.path) && viewed[file.path] === contentOf(file);
}

/** The marks after one was set or taken away. */
export function withViewed(viewed: Viewed, file: DiffFile, on: boolean): Viewed {
  const { [file.path]: _, ...others } = viewed;
  return on ? { ...others, [file.path]: contentOf(file) } : others;
}

const keyOf = (task: number) => `coder.viewed.${task}`;

export function loadViewed(task: number): Viewed {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keyOf(task)) ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return {};
  }
}

export function saveViewed(task: number, viewed: Viewed): void {
  if (Object.keys(viewed).length === 0) localStorage.removeItem(keyOf(task));
  else localStorage.setItem(keyOf(task), JSON.stringify(viewed));
}
