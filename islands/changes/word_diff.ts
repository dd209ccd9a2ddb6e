// What differs within a changed line, word by word. Pure, and bounded: of lines that are long or have little in common
// nothing is marked.

export interface WordMark {
  /** UTF-16 units from the start of the line. */
  from: number;
  to: number;
}

export interface WordDiff {
  before: WordMark[];
  after: WordMark[];
}

/** Longer lines are not compared, in UTF-16 units. */
const lengthMax = 1_000;
/** Table cells for what differs between the common start and end. */
const cellsMax = 40_000;
/** Lines that share a smaller part of what is not space are two different lines. */
const commonMin = 0.3;

/** Null: the lines have too little in common, or are too long. */
export function wordDiff(before: string, after: string): WordDiff | null {
  if (before.length > lengthMax || after.length > lengthMax || before === after) return null;
  const a = words(before);
  const b = words(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const [lastA, lastB] = [a.length - tail, b.length - tail];
  if ((lastA - head) * (lastB - head) > cellsMax) return null;
  const [keptA, keptB] = kept(a.slice(head, lastA), b.slice(head, lastB));
  const isKept = (index: number, last: number, inner: Set<number>) =>
    index < head || index >= last || inner.has(index - head);
  let common = 0;
  a.forEach((word, index) => common += isKept(index, lastA, keptA) ? weight(word) : 0);
  if (common < commonMin * Math.max(weight(before), weight(after))) return null;
  return {
    before: marks(a, (index) => isKept(index, lastA, keptA)),
    after: marks(b, (index) => isKept(index, lastB, keptB)),
  };
}

/** Names and numbers whole, spaces together, all else one by one. */
function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

function weight(text: string): number {
  return text.replace(/\s+/g, "").length;
}

/** The indices of a longest common subsequence, by dynamic programming. */
function kept(a: string[], b: string[]): [Set<number>, Set<number>] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const length = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const inA = new Set<number>();
  const inB = new Set<number>();
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      inA.add(i++);
      inB.add(j++);
    } else if (length(i + 1, j) >= length(i, j + 1)) i++;
    else j++;
  }
  return [inA, inB];
}

/** Neighbours are joined, also over a space between them. */
function marks(line: string[], isKept: (index: number) => boolean): WordMark[] {
  const found: WordMark[] = [];
  let at = 0;
  let isSpaceBetween = false;
  line.forEach((word, index) => {
    const last = found.at(-1);
    if (!isKept(index)) {
      if (last && (last.to === at || isSpaceBetween)) last.to = at + word.length;
      else found.push({ from: at, to: at + word.length });
      isSpaceBetween = false;
    } else {
      isSpaceBetween = last?.to === at && /^\s+$/.test(word);
    }
    at += word.length;
  });
  return found;
}
