// The points that changes can be compared between, in words. Pure.

import type { ReviewPoint } from "../../core/view/review_view.ts";

export interface PointOption {
  name: string;
  words: string;
}

/** What a diff may start from (`from`) or end at (`to`). */
export function pointOptions(points: readonly Pick<ReviewPoint, "name">[], end: "from" | "to"): PointOption[] {
  const fixed = end === "from"
    ? [{ name: "merge-base", words: "merge base" }, { name: "base", words: "base at its start" }]
    : [{ name: "now", words: "now" }];
  return [...fixed, ...points.map(({ name }) => ({ name, words: pointWords(name) }))];
}

function pointWords(name: string): string {
  const [, kind, number] = /^(run|message|task)-(\d+)$/.exec(name) ?? [];
  if (kind === "run") return `end of run ${number}`;
  if (kind === "message") return `message at event ${number}`;
  if (kind === "task") return `task ${number}`;
  if (name === "message") return "my last message";
  if (name === "review") return "my last comments";
  return name;
}
