// What is shown of a long text before somebody asks for all of it. Pure.

const shownAtFirst = 6_000;
const linesAtFirst = 60;

/** No browser draws more than this in one element without stopping to think, in UTF-16 units. */
export const shownMax = 400_000;

export function startOf(text: string): string {
  let end = -1;
  for (let line = 0; line < linesAtFirst; line++) {
    end = text.indexOf("\n", end + 1);
    if (end < 0) break;
  }
  return text.slice(0, Math.min(end < 0 ? text.length : end, shownAtFirst));
}

export function endOf(text: string): string {
  let start = text.trimEnd().length;
  for (let line = 0; line < linesAtFirst && start > 0; line++) start = text.lastIndexOf("\n", start - 1);
  return text.slice(Math.max(start + 1, text.length - shownAtFirst));
}
