// The player: a scrubber over the task's whole life. What it shows is folded here, from the same events, by the same
// `evolve` as on the server; the present goes on arriving meanwhile, so going back to it loses nothing.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { showMoment } from "../state/actions.ts";
import { dateTime, plural, timeOfDay } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { foldByItself, type OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { axisOf, drawingOf, type Mark, positionOf, seqAt, stepTransition, timeAt } from "../state/timeline.ts";

const speeds = [1, 2, 5, 10, 20, 50];
const parts = 240;
const height = 32;

export function Replay({ open }: { open: OpenTask }) {
  const store = useStore();
  const playing = useSignal(false);
  const speed = useSignal(5);
  const skipIdle = useSignal(true);
  const track = useRef<HTMLDivElement>(null);
  /** Between two events while it plays; the event's own place otherwise. */
  const between = useSignal<number | null>(null);

  const axis = useComputed(() => {
    void open.folded.value;
    return axisOf(open.past.timeline, { skipIdle: skipIdle.value });
  });
  const drawing = useComputed(() => drawingOf(open.past.timeline, axis.value, parts));
  const head = open.head.value;
  const ready = open.folded.value >= head;
  const at = open.at.value;
  const seq = at ?? head;
  const position = at === null ? axis.value.length : between.value ?? positionOf(axis.value, seq);

  useEffect(() => {
    if (open.past.head < open.head.peek() && (open.head.peek() <= foldByItself || open.at.peek() !== null)) {
      void open.fold();
    }
  }, [open]);

  const go = (next: number | null) => {
    between.value = null;
    open.stuck.value = true;
    if (next !== null && next >= open.head.peek()) next = null;
    showMoment(store, next === null ? null : Math.max(1, next));
  };
  const goToPosition = (to: number) => go(to >= axis.peek().length ? null : seqAt(axis.peek(), Math.max(0, to)));
  const play = (on: boolean) => {
    if (on) {
      open.stuck.value = true;
      if (open.at.peek() === null) go(1);
    }
    playing.value = on;
  };
  const step = (direction: 1 | -1, by: "event" | "transition") => {
    playing.value = false;
    const from = open.limit.peek();
    go(by === "event" ? from + direction : stepTransition(open.past.timeline, from, direction));
  };

  useSignalEffect(() => {
    if (!playing.value) return;
    let last = performance.now();
    let frame = requestAnimationFrame(tick);
    function tick(now: number): void {
      const line = axis.peek();
      const current = open.at.peek();
      if (current === null) {
        playing.value = false;
        return;
      }
      // The first frame's time may lie before the press of the button.
      const reached = (between.peek() ?? positionOf(line, current)) + Math.max(0, now - last) * speed.peek();
      last = now;
      if (reached >= line.length) {
        playing.value = false;
        go(null);
        return;
      }
      between.value = reached;
      showMoment(store, seqAt(line, reached), timeAt(open.past.timeline, line, reached));
      frame = requestAnimationFrame(tick);
    }
    return () => cancelAnimationFrame(frame);
  });

  const onKey = (event: KeyboardEvent): boolean => {
    if (event.metaKey || event.ctrlKey || event.altKey || !ready) return false;
    const by = event.shiftKey ? "transition" : "event";
    if (event.key === " ") play(!playing.peek());
    else if (event.key === "ArrowLeft") step(-1, by);
    else if (event.key === "ArrowRight") step(1, by);
    else if (event.key === "Home") go(1);
    else if (event.key === "End") go(null);
    else return false;
    return true;
  };
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.target !== document.body || store.overlay.peek()) return;
      if (onKey(event)) event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });

  const scrub = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (!box || !ready) return;
    playing.value = false;
    goToPosition((event.clientX - box.left) / box.width * axis.peek().length);
  };

  const disabled = !store.alive.value || !ready || head < 2;
  const share = axis.value.length === 0 ? 1 : Math.min(1, position / axis.value.length);
  const time = open.clock.value;
  const words = `Event ${seq} of ${head}`;
  return (
    <section class="replay" aria-label="Replay">
      <div class="replay-buttons">
        <Button
          label="Previous step (Shift Left)"
          icon="previous"
          {...{ disabled }}
          onClick={() => step(-1, "transition")}
        />
        <Button label="Previous event (Left)" icon="back" {...{ disabled }} onClick={() => step(-1, "event")} />
        <Button
          label={playing.value ? "Pause (Space)" : "Play (Space)"}
          icon={playing.value ? "pause" : "play"}
          {...{ disabled }}
          onClick={() => play(!playing.peek())}
        />
        <Button label="Next event (Right)" icon="forward" {...{ disabled }} onClick={() => step(1, "event")} />
        <Button label="Next step (Shift Right)" icon="next" {...{ disabled }} onClick={() => step(1, "transition")} />
      </div>
      <div class="track-box">
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
          aria-valuetext={at === null
            ? `Now, ${plural(head, "event")}`
            : `${words}, ${dateTime(iso(time), store.locale)}`}
          onKeyDown={(event) => {
            if (!onKey(event)) return;
            event.preventDefault();
            event.stopPropagation();
          }}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            scrub(event);
          }}
          onPointerMove={(event) => event.buttons === 1 && scrub(event)}
        >
          <svg viewBox={`0 0 ${parts} ${height}`} preserveAspectRatio="none" aria-hidden="true">
            <path class="density" d={densityPath(drawing.value.density)} />
            <rect class="played" x="0" y={height - 2} width={share * parts} height="2" />
            {drawing.value.marks.map((mark, index) => <MarkLine key={index} mark={mark} x={index + 0.5} />)}
          </svg>
          <svg class="playhead" aria-hidden="true">
            <line x1={`${share * 100}%`} x2={`${share * 100}%`} y1="0" y2="100%" />
            <circle cx={`${share * 100}%`} cy={height - 1} r="5" />
          </svg>
        </div>
        {!ready && <Loading open={open} />}
      </div>
      <div class="replay-facts">
        <span class="num muted moment">
          {at === null ? plural(head, "event") : `${timeOfDay(iso(time), store.locale)}, event ${seq}/${head}`}
        </span>
        <label class="select">
          <span class="visually-hidden">Speed</span>
          <select
            disabled={disabled}
            value={String(speed.value)}
            onChange={(event) => speed.value = Number(event.currentTarget.value)}
          >
            {speeds.map((one) => <option key={one} value={String(one)}>{one}×</option>)}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={skipIdle.value}
            disabled={disabled}
            onChange={(event) => {
              skipIdle.value = event.currentTarget.checked;
              between.value = null;
            }}
          />
          Skip idle
        </label>
        <button
          type="button"
          class={at === null ? "live-button now" : "live-button"}
          disabled={disabled || at === null}
          onClick={() => {
            playing.value = false;
            go(null);
          }}
        >
          Live
        </button>
      </div>
    </section>
  );
}

interface ButtonProps {
  label: string;
  icon: "previous" | "back" | "play" | "pause" | "forward" | "next";
  disabled: boolean;
  onClick: () => void;
}

function Button({ label, icon, disabled, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      class="quiet icon-only"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function Loading({ open }: { open: OpenTask }) {
  const store = useStore();
  const share = Math.floor(100 * open.folded.value / Math.max(1, open.head.value));
  if (!open.folding.value && (open.foldError.value || open.head.value > foldByItself)) {
    return (
      <button type="button" class="small" disabled={!store.alive.value} onClick={() => open.fold()}>
        {open.foldError.value
          ? `${open.foldError.value}. Try again`
          : `Read ${plural(open.head.value, "event")} to replay`}
      </button>
    );
  }
  return <span class="muted num loading">Reading the history {share} %</span>;
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

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
