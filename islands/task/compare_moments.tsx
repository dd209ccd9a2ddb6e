// Compares the files of two moments: one is remembered, then the view of the changes shows what differs from it to another.

import { Icon } from "../parts/icon.tsx";
import { showMoment, showTab } from "../state/actions.ts";
import type { OpenTask } from "../state/open_task.ts";
import { type Store, useStore } from "../state/store.ts";
import type { Player } from "./player.ts";

export function CompareMoments({ open, player, disabled }: { open: OpenTask; player: Player; disabled: boolean }) {
  const store = useStore();
  if (open.isRecorded) return null;
  const first = player.remembered.value;
  const here = open.limit.value;
  const compare = () => {
    if (first === null) return;
    compareMoments(store, open, [Math.min(first, here), Math.max(first, here)]);
    player.remembered.value = null;
  };
  return (
    <div class="compare-moments">
      {first === null
        ? (
          <button
            type="button"
            class="quiet small"
            title="Remember this moment, to compare its files with those of another"
            disabled={disabled}
            onClick={() => player.remembered.value = here}
          >
            <Icon name="file" />Compare from here
          </button>
        )
        : (
          <>
            <button type="button" class="small" disabled={disabled || first === here} onClick={compare}>
              <Icon name="file" />
              {first === here ? "Go to another moment" : `Compare event ${first} with this one`}
            </button>
            <button
              type="button"
              class="quiet icon-only tiny"
              aria-label="Do not compare"
              title="Do not compare"
              onClick={() => player.remembered.value = null}
            >
              <Icon name="close" />
            </button>
          </>
        )}
    </div>
  );
}

/** Shows what differs between two events in the view of the changes; where files were not kept, that says so. */
function compareMoments(store: Store, open: OpenTask, [from, to]: [number, number]): void {
  open.review.setPoints({ from: pointOf(open, from), to: to >= open.head.peek() ? "now" : pointOf(open, to) });
  showMoment(store, null);
  showTab(store, "changes");
}

/** Before there was a worktree, the files were those of its base. */
function pointOf({ past, cache }: OpenTask, seq: number): string {
  const then = past.at(seq, (one) => cache.get(one));
  return then && !then.place?.base_commit ? "base" : `event-${seq}`;
}
