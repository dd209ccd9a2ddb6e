// The points that changes can be compared between, in words. Pure.

import type { ReviewPoint } from "../../core/view/review_view.ts";

export interface PointOption {
  name: string;
  words: string;
}

/** What a diff may start from (`from`) or end at (`to`); what is chosen is always among it. */
export function pointOptions(
  points: readonly Pick<ReviewPoint, "name">[],
  { end, chosen }: { end: "from" | "to"; chosen: string },
): PointOption[] {
  const fixed = end === "from"
    ? [{ name: "merge-base", words: "merge base" }, { name: "base", words: "base at its start" }]
    : [{ name: "now", words: "now" }];
  const options = [...fixed, ...points.map(({ name }) => ({ name, words: pointWords(name) }))];
  return options.some(({ name }) => name === chosen)
    ? options
    : [...options, { name: chosen, words: pointWords(chosen) }];
}

function pointWords(name: string): string {
  const [, kind, number] = /^(run|message|task|left|event)-(\d+)$/.exec(name) ?? [];
  if (kind === "run") return `end of run ${number}`;
  if (kind === "event") return `event ${number}`;
  if (kind === "message") return `message at event ${number}`;
  if (kind === "left") return `what run ${number} had left elsewhere`;
  if (kind === "task") return `task ${number}`;
  if (name === "message") return "my last message";
  if (name === "review") return "my last comments";
  return name;
}
