// Where on the player's line the hits of a search are.

import { useComputed } from "@preact/signals";
import type { OpenTask } from "../state/open_task.ts";
import { positionOf } from "../state/timeline.ts";
import type { Player } from "./player.ts";

/** Parts of the line, each of which is marked once. */
const parts = 240;

export function FindMarks({ open, player, height }: { open: OpenTask; player: Player; height: number }) {
  const places = useComputed(() => {
    const axis = player.axis.value;
    const isMarked = open.find.where.value === "events" && player.ready.value && axis.length > 0;
    const hits = isMarked ? open.find.hits.value : [];
    return [...new Set(hits.map(({ place }) => Math.floor(positionOf(axis, place) / axis.length * (parts - 1))))];
  }).value;
  const current = open.find.hits.value[open.find.current.value];
  const at = current && current.type !== null && player.axis.value.length > 0
    ? Math.floor(positionOf(player.axis.value, current.place) / player.axis.value.length * (parts - 1))
    : null;
  return (
    <g class="find-marks">
      {places.map((place) => (
        <rect
          key={place}
          class={place === at ? "current" : undefined}
          x={place}
          y="0"
          width="1"
          height={place === at ? height : 7}
        />
      ))}
    </g>
  );
}
