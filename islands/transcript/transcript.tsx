// What was said and done, newest at the end. Live, or up to the moment that the player shows.

import { useComputed } from "@preact/signals";
import { isOver } from "../../core/domain/task.ts";
import { plural } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { ScrollWindow } from "../parts/scroll_window.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { waitsForBackground } from "../../core/view/task_state.ts";
import { inWhole } from "./tool_groups.ts";
import { firstOf, Item } from "./transcript_item.tsx";
import { type TranscriptItem, transcriptItems } from "../../core/view/transcript/transcript_items.ts";

export function Transcript({ open }: { open: OpenTask }) {
  const store = useStore();
  const { from, to } = open.window.value;
  const limit = open.limit.value;
  const drawn = useComputed(() => transcriptItems(open.events.value)).value;
  void open.folded.value;
  const isRunning = open.shown.value.status === "in_progress";
  const items = inWhole(drawn, { groups: open.past.groups, from, to, limit, isRunning });
  return (
    <>
      <ScrollWindow open={open} label="Transcript" class="transcript">
        {from > 1 && (
          <p class="edge">
            <button type="button" class="quiet small" disabled={store.asleep} onClick={() => open.showStart()}>
              {plural(from - 1, "earlier event")}. Go to the start
            </button>
            <button type="button" class="quiet small" disabled={store.asleep} onClick={() => open.showOlder()}>
              Show more
            </button>
          </p>
        )}
        {items.map((item) => <Item key={`${item.kind}${firstOf(item)}`} item={item} />)}
        <Tail open={open} />
      </ScrollWindow>
      <JumpToLive open={open} unseen={limit - to} />
      <Announcer open={open} items={items} />
    </>
  );
}

/** Says that more is to come, or that nothing was said yet. */
function Tail({ open }: { open: OpenTask }) {
  const task = open.shown.value;
  if (open.at.value !== null || open.window.value.to < open.limit.value) return null;
  if (task.status === "in_progress") {
    return (
      <p class="tail tone-run" data-seq="tail">
        <Icon name="run" />
        {waitsForBackground(task) ? "Waiting for background work" : "Working"}
      </p>
    );
  }
  if (task.status === "pending" && task.waiting) return <p class="tail muted" data-seq="tail">{task.waiting}</p>;
  return null;
}

function JumpToLive({ open, unseen }: { open: OpenTask; unseen: number }) {
  if (open.stuck.value && unseen <= 0) return null;
  const isPast = open.at.value !== null;
  const hasEnded = isPast || isOver(open.task.value.status);
  const word = isPast ? "Go to this moment" : hasEnded ? "Go to the end" : "Jump to live";
  return (
    <button type="button" class="jump" onClick={() => open.showEnd()}>
      <Icon name="down" />
      {word}
      {unseen > 0 && <span class="num">{hasEnded ? `${unseen} more` : `${unseen} new`}</span>}
    </button>
  );
}

/** For screen readers: the last thing said, not every line of it. */
function Announcer({ open, items }: { open: OpenTask; items: TranscriptItem[] }) {
  const last = items.at(-1);
  const live = open.at.value === null && open.stuck.value;
  const text = live && last?.kind === "said" ? last.text.slice(0, 200) : live && last?.kind === "line" ? last.text : "";
  return <p class="visually-hidden" aria-live="polite">{text}</p>;
}
