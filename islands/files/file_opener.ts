// Where a file that the transcript names is opened: at its line in the changes, else the file itself, beside the transcript
// where there is room.

import { useMemo } from "preact/hooks";
import { lineIsShown } from "../changes/reveal_line.ts";
import type { FileOpener } from "../parts/file_opener.ts";
import type { FilePlace } from "../parts/places.ts";
import { currentPlace, showFile, showTab } from "../state/actions.ts";
import { urlOf } from "../state/location.ts";
import type { OpenTask } from "../state/open_task.ts";
import { type Store, useStore } from "../state/store.ts";

/** From here on a file fits beside the transcript, in CSS. */
const wide = "(min-width: 1100px)";

export function fileUrlOf(store: Store, open: OpenTask, place: FilePlace): string {
  return urlOf({ ...currentPlace(store), task: open.id, tab: "files", file: place });
}

/** Null for a recording, which has no files. */
export function useFileOpener(open: OpenTask, { drawer }: { drawer: boolean }): FileOpener | null {
  const store = useStore();
  return useMemo(() =>
    open.isRecorded ? null : {
      get worktree() {
        return worktreeOf(open);
      },
      href: (place) => fileUrlOf(store, open, place),
      open: (place) => void openFile(store, open, place, { drawer }),
    }, [store, open, drawer]);
}

/** Also of a place that is gone: the transcript goes on naming it. */
function worktreeOf(open: OpenTask): string | null {
  const added = open.stageEvents.peek().findLast((event) => event.type === "worktree.added");
  return open.task.peek().worktree ?? (added?.type === "worktree.added" ? added.data.path : null);
}

async function openFile(store: Store, open: OpenTask, place: FilePlace, { drawer }: { drawer: boolean }) {
  const { review, files, side } = open;
  if (place.line !== null && open.at.peek() === null) {
    // What cannot be compared is shown as the file that it is.
    if (!review.filesAt(null)) await review.read(null, AbortSignal.timeout(10_000)).catch(() => {});
    const changed = review.filesAt(null)?.find(({ path }) => path === place.path);
    if (changed && lineIsShown(changed, place.line)) {
      review.target.value = { path: place.path, line: place.line };
      return showTab(store, "changes", { isStep: true });
    }
  }
  if (!drawer && open.tab.peek() === "transcript" && matchMedia(wide).matches) {
    files.show(place);
    side.value = "files";
  } else showFile(store, place);
}
