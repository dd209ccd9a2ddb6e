// Tags: words of a person's own on a task, by which tasks are found again. Unlike labels (labels.ts) they say nothing to a
// worker. Pure.

import { type Labels, labelsText } from "./labels.ts";

export const tagsAtMost = 8;
/** No space, comma or `=`: a tag can stand in a list and beside `key=value` labels. */
export const tagPattern = /^[\p{L}\p{N}][\p{L}\p{N}._/-]{0,31}$/u;
export const tagsWords =
  `at most ${tagsAtMost} words of 1 to 32 letters, digits, dots, slashes, hyphens or underscores`;

/** Reads `web, flaky`; null for what is not like that. Each once; nothing but spaces: none. */
export function readTags(text: string): string[] | null {
  const tags = [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ""))];
  return tags.length <= tagsAtMost && tags.every((tag) => tagPattern.test(tag)) ? tags : null;
}

/** Everything by which a task is filtered as by a label: its tags, and each `key=value` that it asks of a worker. */
export function labelWordsOf({ tags = [], labels = {} }: { tags?: string[]; labels?: Labels }): string[] {
  return [...tags, ...Object.entries(labels).map(([key, value]) => labelsText({ [key]: value }))];
}
