// The menu of one card. Beside it every card shows whether it is picked.

import { useComputed } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { TaskView } from "../../core/view/task_view.ts";
import { Icon } from "../parts/icon.tsx";
import { Popover } from "../parts/popover.tsx";
import { useStore } from "../state/store.ts";
import { cardActions } from "./card_actions.ts";
import { pick } from "./queue_actions.ts";

export function CardTools({ task }: { task: TaskView }) {
  const store = useStore();
  const button = useRef<HTMLButtonElement>(null);
  const isOpen = useComputed(() => store.menu.value === task.id).value;
  const isPicked = useComputed(() => store.picked.value.has(task.id)).value;
  return (
    <div class="card-tools">
      <input
        type="checkbox"
        class="card-pick"
        aria-label={`Select task ${task.id}`}
        checked={isPicked}
        onChange={() => pick(store, task.id)}
      />
      <button
        type="button"
        ref={button}
        class="quiet icon-only tiny"
        aria-label={`Actions of task ${task.id}`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => store.menu.value = task.id}
      >
        <Icon name="more" />
      </button>
      {isOpen && <Menu task={task} anchor={() => button.current} />}
    </div>
  );
}

function Menu({ task, anchor }: { task: TaskView; anchor: () => HTMLElement | null }) {
  const store = useStore();
  const close = () => store.menu.value = null;
  const onKeyDown = (event: KeyboardEvent) => {
    const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items.at(to % items.length)?.focus();
  };
  return (
    <Popover anchor={anchor} label={`Task ${task.id}`} role="menu" class="menu" onClose={close} onKeyDown={onKeyDown}>
      {cardActions(store, task).map(({ word, icon, key, run }) => (
        <button
          key={word}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class="quiet"
          disabled={store.asleep}
          onClick={() => {
            close();
            run();
          }}
        >
          <Icon name={icon} />
          <span>{word}</span>
          {key && <kbd>{key === key.toUpperCase() && key !== key.toLowerCase() ? `Shift ${key}` : key}</kbd>}
        </button>
      ))}
    </Popover>
  );
}
