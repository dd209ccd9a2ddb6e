// Brings a line of the changes into view. Of a long diff most is not drawn: blocks are brought near, each nearer to the line.

import { placeName } from "./diff_rows.ts";
import type { DiffFile } from "./unified_diff.ts";

/** Whether line `line` of the new version stands in the diff. */
export function lineIsShown(file: DiffFile, line: number): boolean {
  return file.hunks.some(({ lines }) => lines.some((one) => "after" in one && one.after === line));
}

/** A block that is in view is drawn within that many frames, on a slow machine too. */
const framesMax = 60;

/** Does nothing when the line is not there. `section`: of its file. */
export async function revealLine(section: HTMLElement, line: number): Promise<void> {
  section.scrollIntoView({ block: "start" });
  await nextFrame();
  const blocks = [...section.querySelectorAll<HTMLElement>(".diff-block")];
  // Lines rise from block to block, and only what is in view tells its own.
  for (let from = 0, to = blocks.length - 1; from <= to;) {
    const middle = Math.floor((from + to) / 2);
    const numbers = await numbersIn(blocks[middle]!);
    if (numbers.includes(line)) return pointAt(blocks[middle]!, line);
    if ((numbers[0] ?? 0) > line) to = middle - 1;
    else from = middle + 1;
  }
}

function pointAt(block: HTMLElement, line: number): void {
  const row = block.querySelector(`[data-place="${placeName("new", line)}"]`)?.closest("tr");
  row?.scrollIntoView({ block: "center" });
  row?.classList.add("pointed-at");
}

/** Of the new version. */
async function numbersIn(block: HTMLElement): Promise<number[]> {
  for (let frame = 0; frame < framesMax && block.childElementCount === 0; frame++) {
    block.scrollIntoView({ block: "center" });
    await nextFrame();
  }
  const start = placeName("new", 0).slice(0, -1);
  return [...block.querySelectorAll<HTMLElement>(`[data-place^="${start}"]`)].map(({ dataset }) =>
    Number(dataset.place?.slice(start.length))
  );
}

function nextFrame(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}
