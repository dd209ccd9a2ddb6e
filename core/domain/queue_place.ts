// Where a task is to stand among the pending ones of its priority, as a number: between those of its neighbours. Where no
// number is left between them, who comes after makes room. Pure.

import type { Ordered } from "./plan.ts";

export interface Place {
  id: number;
  order: number;
}

/**
 * What to write so that task `id` stands at `index` of `others`, which are in dispatch order: the places of those that make
 * room, the last one first, then its own. Written one after the other, none overtakes another meanwhile.
 */
export function placesAt(id: number, { index, others }: { index: number; others: Ordered[] }): Place[] {
  const orders = others.map((one) => one.order ?? one.id);
  const [below, above] = [orders[index - 1], orders[index]];
  if (below === undefined) return [{ id, order: above === undefined ? id : above - 1 }];
  // Few make room: numbers run out only where many were put into one gap.
  for (let end = index;; end++) {
    const moved = [id, ...others.slice(index, end).map((one) => one.id)];
    const spread = spreadBetween(below, orders[end] ?? below + moved.length + 1, moved.length);
    if (spread) return moved.map((one, at) => ({ id: one, order: spread[at]! })).reverse();
  }
}

/** `count` rising numbers between two, or null where there are not so many. */
function spreadBetween(below: number, above: number, count: number): number[] | null {
  const step = (above - below) / (count + 1);
  const numbers = Array.from({ length: count }, (_, at) => below + step * (at + 1));
  const isRising = [below, ...numbers, above].every((one, at, all) => at === 0 || one > all[at - 1]!);
  return isRising ? numbers : null;
}
