// The player's line: how much happened when, what kind it was, and where the playhead stands. It is a slider for pointer
// and keys.

import { useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { dateTime, plural, timeOrDate } from "../../core/view/format.ts";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { drawingOf, type Mark } from "../state/timeline.ts";
import { FindMarks } from "./find_marks.tsx";
import type { Player } from "./player.ts";

const parts = 240;
const height = 32;

export function ReplayTrack({ open, player, disabled }: { open: OpenTask; player: Player; disabled: boolean }) {
  const store = useStore();
  const track = useRef<HTMLDivElement>(null);
  /** What the pointer is over, as a share of the line. */
  const pointed = useSignal<number | null>(null);
  const head = open.head.value;
  const at = open.at.value;
  const seq = at ?? head;
  const shareAt = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    return box && player.ready.peek() ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : null;
  };
  const scrub = (event: PointerEvent) => {
    const share = shareAt(event);
    if (share !== null) player.scrub(share);
  };
  return (
    <div
      class="track"
      ref={track}
      role="slider"
      tabIndex={disabled ? -1 : 0}
      aria-disabled={disabled}
      aria-label="Moment"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, head)}
      aria-valuenow={seq}
      aria-valuetext={at === null ? `Now, ${plural(head, "event")}` : [
        `Event ${seq} of ${head}`,
        open.past.timeline.words[seq - 1],
        dateTime(new Date(open.clock.value).toISOString(), store.locale),
      ].filter(Boolean).join(", ")}
      onKeyDown={(event) => {
        if (!player.press(event)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const share = shareAt(event);
        if (share !== null) player.point(share);
      }}
      onPointerMove={(event) => {
        pointed.value = shareAt(event);
        if (event.buttons === 1) scrub(event);
      }}
      onPointerLeave={() => pointed.value = null}
    >
      <Line open={open} player={player} />
      {pointed.value !== null && <Pointed open={open} player={player} share={pointed.value} />}
    </div>
  );
}

/** `Bash npm test, failed, 10:02:11` */
function Pointed({ open, player, share }: { open: OpenTask; player: Player; share: number }) {
  const store = useStore();
  const tip = useRef<HTMLSpanElement>(null);
  const { times, words } = open.past.timeline;
  const seq = player.pointed(share);
  const time = timeOrDate(new Date(times[seq - 1] ?? 0).toISOString(), store.today.value, store.locale);
  // By the element's own style object: the page's policy allows no style in its HTML.
  useLayoutEffect(() => {
    const span = tip.current;
    if (!span?.parentElement) return;
    const room = span.parentElement.clientWidth - span.offsetWidth;
    span.style.left = `${Math.max(0, Math.min(room, share * span.parentElement.clientWidth - span.offsetWidth / 2))}px`;
  });
  return (
    <span class="pointed num" aria-hidden="true" ref={tip}>
      <bdi>{words[seq - 1] ?? `Event ${seq}`}</bdi>, {time}
    </span>
  );
}

function Line({ open, player }: { open: OpenTask; player: Player }) {
  const drawing = useComputed(() => drawingOf(open.past.timeline, player.axis.value, parts));
  const { length } = player.axis.value;
  const share = length === 0 ? 1 : Math.min(1, player.position.value / length);
  return (
    <>
      <svg viewBox={`0 0 ${parts} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="density" d={densityPath(drawing.value.density)} />
        <rect class="played" x="0" y={height - 2} width={share * parts} height="2" />
        {drawing.value.marks.map((mark, index) => <MarkLine key={index} mark={mark} x={index + 0.5} />)}
        <FindMarks open={open} player={player} height={height} />
      </svg>
      <svg class="playhead" aria-hidden="true">
        <line x1={`${share * 100}%`} x2={`${share * 100}%`} y1="0" y2="100%" />
        <circle cx={`${share * 100}%`} cy={height - 1} r="5" />
      </svg>
    </>
  );
}

const markHeights: Record<Mark, number> = { none: 0, tool: 6, message: 18, transition: 24, error: 28 };

function MarkLine({ mark, x }: { mark: Mark; x: number }) {
  if (mark === "none") return null;
  return <line class={`mark mark-${mark}`} x1={x} x2={x} y1={height - 2 - markHeights[mark]} y2={height - 2} />;
}

function densityPath(density: number[]): string {
  const top = (value: number) => (height - 2 - value * (height - 6)).toFixed(1);
  return `M0 ${height - 2}${density.map((value, index) => `V${top(value)}H${index + 1}`).join("")}V${height - 2}Z`;
}
