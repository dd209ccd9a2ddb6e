// Long texts as the head of a task carries them: short, and no character cut in two.

import type { Excerpt } from "./task.ts";

const excerptLength = 500;
const stepLength = 160;

/** The first `length` characters, never cutting a surrogate pair in two. */
function start(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** At most 500 characters of a text whose whole is elsewhere. */
export function clip(text: string): string {
  return start(text, excerptLength);
}

/** The start of a long text, and the event that holds the whole. */
export function excerpt(text: string, seq: number): Excerpt {
  return { text: clip(text), seq, whole: text.length <= excerptLength };
}

/** What a person sees of a step: on one line, white space as single spaces. Asked for every line of every agent, of which most need no change. */
export function step(text: string): string {
  const first = start(text, stepLength);
  const next = text.charAt(first.length);
  if (!/[^\S ]| {2}|^ /.test(first) && !(first.endsWith(" ") && /^\s?$/.test(next))) return first;
  return start(start(text, stepLength * 4).replace(/\s+/g, " ").trim(), stepLength);
}
