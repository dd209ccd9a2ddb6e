// The right-hand drawer: an open task over the board. Not modal: the board beside it stays usable.

import { useEffect, useRef } from "preact/hooks";
import { closeTask } from "../state/actions.ts";
import { Icon } from "../parts/icon.tsx";
import { type OpenTask, pageUrlOf } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { Resizer } from "../parts/resizer.tsx";
import { TaskDetail } from "./task_detail.tsx";

export function TaskDrawer({ open }: { open: OpenTask }) {
  const store = useStore();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!store.asleep.peek()) panel.current?.focus({ preventScroll: true });
  }, [open]);
  return (
    <aside class="drawer" aria-label={`Task ${open.id}`} tabIndex={-1} ref={panel}>
      <Resizer name="drawer" of="parent" min={480} max={1600} label="Width of the drawer" />
      <div class="drawer-bar">
        <a class="button quiet" href={pageUrlOf(open)}>
          <Icon name="expand" />Full page
        </a>
        <span class="grow" />
        <a
          class="button quiet"
          href="/"
          onClick={(event) => {
            event.preventDefault();
            closeTask(store);
          }}
        >
          <Icon name="close" />Close
        </a>
      </div>
      <TaskDetail open={open} drawer />
    </aside>
  );
}
