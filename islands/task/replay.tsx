// The player: a scrubber over the task's whole life. What it shows is folded here, from the same events, by the same
// `evolve` as on the server; the present goes on arriving meanwhile, so going back to it loses nothing.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { isOver } from "../../core/domain/task.ts";
import { plural, timeOrDate } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { foldByItself, type OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { CompareMoments } from "./compare_moments.tsx";
import { Player } from "./player.ts";
import { ReplayLegend } from "./replay_legend.tsx";
import { ReplayTrack } from "./replay_track.tsx";

const speeds = [0.5, 1, 2, 5, 10, 20, 50];

interface PartProps {
  open: OpenTask;
  player: Player;
  disabled: boolean;
}

export function Replay({ open }: { open: OpenTask }) {
  const store = useStore();
  const player = useMemo(() => new Player(store, open), [open]);
  useEffect(() => {
    if (open.past.head < open.head.peek() && (open.head.peek() <= foldByItself || open.at.peek() !== null)) {
      void open.fold();
    }
  }, [open]);
  /** What a small screen has no room for. */
  const isUnfolded = useSignal(false);
  usePlaying(player);
  useKeys(player);
  // Drawn again when that changes, and not already when the page comes to life.
  const disabled = useComputed(() => store.asleep.value || !player.ready.value || open.head.value < 2).value;
  return (
    <section class={isUnfolded.value ? "replay unfolded" : "replay"} aria-label="Replay">
      <Buttons player={player} disabled={disabled} />
      <div class="track-box">
        <ReplayTrack open={open} player={player} disabled={disabled} />
        {!player.ready.value && <Loading open={open} />}
      </div>
      <Settings open={open} player={player} disabled={disabled} />
      <button
        type="button"
        class="quiet icon-only replay-toggle"
        aria-label="More of the player"
        title="More of the player"
        aria-expanded={isUnfolded.value}
        disabled={store.asleep}
        onClick={() => isUnfolded.value = !isUnfolded.peek()}
      >
        <Icon name="more" />
      </button>
      <div class="replay-more">
        <ReplayLegend open={open} player={player} disabled={disabled} />
        <div class="moment-actions">
          <CompareMoments open={open} player={player} disabled={disabled} />
          <ForkHere open={open} />
        </div>
      </div>
    </section>
  );
}

/** Moves on with every frame while it plays. */
function usePlaying(player: Player): void {
  useSignalEffect(() => {
    if (!player.playing.value) return;
    let last = performance.now();
    let frame = requestAnimationFrame(tick);
    function tick(now: number): void {
      // The first frame's time may lie before the press of the button.
      const passedMs = Math.max(0, now - last);
      last = now;
      if (player.advance(passedMs)) frame = requestAnimationFrame(tick);
    }
    return () => cancelAnimationFrame(frame);
  });
}

/** The player's keys work wherever the key means nothing to what has the focus. */
function useKeys(player: Player): void {
  const store = useStore();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || store.overlay.peek() || isTaken(event)) return;
      if (player.press(event)) event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}

/** A field takes every key, what can be pressed the space bar, a long text what scrolls it, what is wide the arrows. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("input, textarea, select, [contenteditable], [role=option]")) return true;
  if (key === " " && target.closest("button, a, summary")) return true;
  if ([" ", "Home", "End"].includes(key)) return target.closest(".changes, .raw-log") !== null;
  return key.startsWith("Arrow") && target !== document.body && target.scrollWidth > target.clientWidth;
}

function Buttons({ player, disabled }: Omit<PartProps, "open">) {
  const playing = player.playing.value;
  return (
    <div class="replay-buttons">
      <Button
        label="Previous step (Shift Left)"
        icon="previous"
        disabled={disabled}
        onClick={() => player.step(-1, "transition")}
      />
      <Button label="Previous event (Left)" icon="back" disabled={disabled} onClick={() => player.step(-1, "event")} />
      <Button
        label={playing ? "Pause (Space)" : "Play (Space)"}
        icon={playing ? "pause" : "play"}
        class="play"
        disabled={disabled}
        onClick={() => player.toggle()}
      />
      <Button label="Next event (Right)" icon="forward" disabled={disabled} onClick={() => player.step(1, "event")} />
      <Button
        label="Next step (Shift Right)"
        icon="next"
        disabled={disabled}
        onClick={() => player.step(1, "transition")}
      />
    </div>
  );
}

interface ButtonProps {
  label: string;
  icon: "previous" | "back" | "play" | "pause" | "forward" | "next";
  class?: string;
  disabled: boolean;
  onClick: () => void;
}

function Button({ label, icon, class: name = "", disabled, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      class={`quiet icon-only ${name}`}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Where it is, how it plays, and the way back to the present. */
function Settings({ open, player, disabled }: PartProps) {
  const store = useStore();
  const head = open.head.value;
  const at = open.at.value;
  const time = new Date(open.clock.value).toISOString();
  const hasEnded = isOver(open.task.value.status);
  return (
    <div class="replay-facts">
      <span class="num muted moment">
        {at === null
          ? plural(head, "event")
          : `${timeOrDate(time, store.today.value, store.locale)}, event ${at}/${head}`}
      </span>
      <label class="select">
        <span class="visually-hidden">Speed</span>
        <select
          disabled={disabled}
          value={String(player.speed.value)}
          onChange={(event) => player.playAt(Number(event.currentTarget.value))}
        >
          {speeds.map((one) => <option key={one} value={String(one)}>{one}×</option>)}
        </select>
      </label>
      <label
        class="check"
        title="Waits are cut to 1.5 s, and each step stands for 0.3 s at least, in a short task at any speed; else it plays in real time"
      >
        <input
          type="checkbox"
          checked={player.skipIdle.value}
          disabled={disabled}
          onChange={(event) => player.skip(event.currentTarget.checked)}
        />
        Skip idle
      </label>
      <button
        type="button"
        class={at === null ? "live-button now" : "live-button"}
        disabled={disabled || at === null}
        onClick={() => player.goLive()}
      >
        {hasEnded ? "End" : "Live"}
      </button>
    </div>
  );
}

/** A new task may go on from any moment, also one that is over or was imported. */
function ForkHere({ open }: { open: OpenTask }) {
  const store = useStore();
  if (open.isRecorded || open.task.value.trial) return null;
  const at = open.limit.value;
  return (
    <button
      type="button"
      class="quiet small"
      title="A new task with the files of this moment, told what was said until then"
      disabled={at === 0 || store.asleep.value}
      onClick={() => store.overlay.value = { kind: "fork", open, at }}
    >
      <Icon name="branch" />Fork from here
    </button>
  );
}

function Loading({ open }: { open: OpenTask }) {
  const store = useStore();
  const share = Math.floor(100 * open.folded.value / Math.max(1, open.head.value));
  if (!open.folding.value && (open.foldError.value || open.head.value > foldByItself)) {
    return (
      <button type="button" class="small" disabled={store.asleep} onClick={() => open.fold()}>
        {open.foldError.value
          ? `${open.foldError.value}. Try again`
          : `Read ${plural(open.head.value, "event")} to replay`}
      </button>
    );
  }
  return <span class="muted num loading">Reading the history {share} %</span>;
}
