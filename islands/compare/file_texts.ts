// A unified diff cut into the texts of its files. Pure.

/** In the order of the diff, each from its `diff --git` line on. */
export function fileTexts(diff: string): string[] {
  return diff.split(/^(?=diff --git )/m).filter((text) => text.startsWith("diff --git "));
}
