// What stands beside the views of a task where there is room: its facts, or its files.

import type { ComponentChildren } from "preact";
import { Resizer } from "../parts/resizer.tsx";
import { lazy } from "../parts/lazy.tsx";
import { useStore } from "../state/store.ts";
import type { OpenTask } from "../state/open_task.ts";

const files = lazy("FilesAside", () => import("../loaded/files.ts"));

const words = { facts: "Facts", files: "Files" };

/** `children`: the facts. */
export function SidePanel({ open, children }: { open: OpenTask; children: ComponentChildren }) {
  const store = useStore();
  const shown = open.isRecorded ? "facts" : open.side.value;
  return (
    <>
      <Resizer name="side" of="next" min={224} max={900} label="Width of the side panel" />
      <aside class={`side wide-only side-${shown}`} aria-label={words[shown]}>
        {!open.isRecorded && (
          <div class="side-head" role="group" aria-label="Beside the task">
            {(["facts", "files"] as const).map((one) => (
              <button
                key={one}
                type="button"
                class="quiet small"
                aria-pressed={shown === one}
                disabled={store.asleep}
                onClick={() => open.side.value = one}
              >
                {words[one]}
              </button>
            ))}
          </div>
        )}
        <div class="side-body" tabIndex={0}>{shown === "files" ? <files.View open={open} /> : children}</div>
      </aside>
    </>
  );
}
