// What the marks on the player's line mean, how many there are, and the way from one to the next.

import { useComputed } from "@preact/signals";
import type { OpenTask } from "../state/open_task.ts";
import { countsOf, type Mark } from "../state/timeline.ts";
import type { Player } from "./player.ts";

const kinds: { mark: Mark; word: string; one: string }[] = [
  { mark: "error", word: "Errors", one: "error" },
  { mark: "tool", word: "Tools", one: "tool call" },
  { mark: "message", word: "Messages", one: "message" },
  { mark: "transition", word: "Steps", one: "step of its life" },
];

export function ReplayLegend({ open, player, disabled }: { open: OpenTask; player: Player; disabled: boolean }) {
  const counts = useComputed(() => {
    void open.folded.value;
    return countsOf(open.past.timeline);
  }).value;
  return (
    <div class="legend" role="group" aria-label="Marks">
      {kinds.map(({ mark, word, one }) => (
        <button
          key={mark}
          type="button"
          class="quiet small"
          title={`Next ${one}; with Shift the one before`}
          disabled={disabled || counts[mark] === 0}
          onClick={(event) => player.stepTo(mark, event.shiftKey ? -1 : 1)}
        >
          <svg class="swatch" viewBox="0 0 4 12" aria-hidden="true">
            <line class={`mark mark-${mark}`} x1="2" x2="2" y1="0" y2="12" />
          </svg>
          {word} <span class="num muted">{counts[mark]}</span>
        </button>
      ))}
    </div>
  );
}
