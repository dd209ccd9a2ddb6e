// What a search looks for, and where it is in a text. Pure; the same on the server and in the browser.

/** The words of a query, in small letters: each must be found, in any order. */
export function searchWords(q: string): string[] {
  return q.toLowerCase().split(/\s+/).filter((word) => word !== "");
}

/** Whether all words are in `text`, which is in small letters; `#12` is the number of a task, whole. */
export function hasWords(words: readonly string[], { id, text }: { id: number; text: string }): boolean {
  return words.every((word) => word.startsWith("#") && /^#\d*$/.test(word) ? word === `#${id}` : text.includes(word));
}

const shownBefore = 40;
const shownAfter = 160;

/** The text around the first place of one of `words`, on one line; null where none is. */
export function excerptAround(text: string, words: readonly string[]): string | null {
  const small = text.toLowerCase();
  const places = words.map((word) => small.indexOf(word)).filter((at) => at >= 0);
  if (places.length === 0) return null;
  // Small letters may be longer than the letters they stand for; where they are not, the place is exact.
  const at = Math.min(...places, text.length);
  const [from, to] = [Math.max(0, at - shownBefore), Math.min(text.length, at + shownAfter)];
  const shown = text.slice(from, to).toWellFormed().replaceAll("\ufffd", " ").replace(/\s+/g, " ").trim();
  return `${from > 0 ? "…" : ""}${shown}${to < text.length ? "…" : ""}`;
}
