// Labels: what a worker is (`gpu=1`), and what a task asks of the worker that runs it. Pure.

/** By key. */
export type Labels = Record<string, string>;

export const labelsAtMost = 16;
/** A letter or digit first, so that no key is one that objects have already. */
export const labelKeyPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
export const labelValuePattern = /^[A-Za-z0-9._-]{1,63}$/;
export const labelsWords =
  `at most ${labelsAtMost} key=value pairs with commas between them, each key and value 1 to 63 letters, digits, dots, ` +
  "hyphens or underscores";

/** Reads `gpu=1, os=linux`; null for what is not like that. Nothing but spaces: none. */
export function readLabels(text: string): Labels | null {
  const pairs = text.split(",").map((pair) => pair.trim()).filter((pair) => pair !== "").map(readPair);
  const keys = new Set(pairs.map((pair) => pair?.[0]));
  if (pairs.some((pair) => pair === null) || keys.size < pairs.length || pairs.length > labelsAtMost) return null;
  return Object.fromEntries(pairs as [string, string][]);
}

function readPair(pair: string): [key: string, value: string] | null {
  const at = pair.indexOf("=");
  const [key, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  return at > 0 && labelKeyPattern.test(key) && labelValuePattern.test(value) ? [key, value] : null;
}

/** Whether a worker with labels `own` is what `wanted` asks for. */
export function hasLabels(own: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(own, key) && own[key] === value);
}

/** As `readLabels` reads them. */
export function labelsText(labels: Labels): string {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(", ");
}
