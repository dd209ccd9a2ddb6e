// Where on the player's line the hits of a search are.

import { useComputed } from "@preact/signals";
import type { FindHit } from "../state/find.ts";
import type { OpenTask } from "../state/open_task.ts";
import { seqSince, shareOf } from "../state/timeline.ts";
import type { Player } from "./player.ts";

/** Parts of the line, each of which is marked once. */
const parts = 240;

export function FindMarks({ open, player, height }: { open: OpenTask; player: Player; height: number }) {
  /** Null where the time of a log's line is not known. */
  const placeOf = ({ place, type, at }: FindHit): number | null => {
    // A long history may not be read yet, and a search does not wait for that.
    const axis = player.ready.value ? player.axis.value : null;
    const inLog = () => axis !== null && at !== null ? seqSince(open.past.timeline, at) : null;
    const seq = type === null ? inLog() : place;
    return seq === null ? null : Math.floor(shareOf(axis, { seq, head: open.head.value }) * (parts - 1));
  };
  const places = useComputed(() => {
    return [...new Set(open.find.hits.value.map(placeOf))].filter((place) => place !== null);
  }).value;
  const current = open.find.hits.value[open.find.current.value];
  const at = current ? placeOf(current) : null;
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
