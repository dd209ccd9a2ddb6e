// What an edit changed, line by line. Pure, and bounded: two texts too long to compare are shown as one replaced by the other.

export interface LineChange {
  kind: "same" | "del" | "add";
  text: string;
}

const cellsMax = 1_000_000;

export function lineDiff(before: string, after: string): LineChange[] {
  const a = before === "" ? [] : before.split("\n");
  const b = after === "" ? [] : after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (text: string): LineChange => ({ kind: "same", text });
  return [
    ...a.slice(0, head).map(same),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

export function changeCounts(changes: LineChange[]): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const { kind } of changes) {
    if (kind === "add") added++;
    if (kind === "del") removed++;
  }
  return { added, removed };
}

/** The longest common subsequence, by dynamic programming. */
function middle(a: string[], b: string[]): LineChange[] {
  const replaced: LineChange[] = [
    ...a.map((text): LineChange => ({ kind: "del", text })),
    ...b.map((text): LineChange => ({ kind: "add", text })),
  ];
  if (a.length === 0 || b.length === 0 || a.length * b.length > cellsMax) return replaced;
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const length = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const changes: LineChange[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      changes.push({ kind: "same", text: a[i++] ?? "" });
      j++;
    } else if (j >= b.length || (i < a.length && length(i + 1, j) >= length(i, j + 1))) {
      changes.push({ kind: "del", text: a[i++] ?? "" });
    } else {
      changes.push({ kind: "add", text: b[j++] ?? "" });
    }
  }
  return changes;
}
