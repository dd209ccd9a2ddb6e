// The keys of a page. A key typed into a field is the field's.

import type { TaskView } from "../../core/view/task_view.ts";
import { cardActions } from "../board/card_actions.ts";
import { pickNone } from "../board/queue_actions.ts";
import { isPopoverOpen } from "../parts/popover.tsx";
import { closeTask, openTask, showTab } from "../state/actions.ts";
import { tabs, tabsOf } from "../state/page_data.ts";
import { canStep, openFind, stepFind } from "../task/find_actions.ts";
import type { Store } from "../state/store.ts";
import { startTypeAhead } from "./type_ahead.ts";

export function startKeys(store: Store): void {
  startTypeAhead(store);
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      store.overlay.value = store.overlay.peek()?.kind === "palette" ? null : { kind: "palette", compareWith: null };
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    if (store.overlay.peek() || isPopoverOpen()) return;
    const { target } = event;
    if (target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (press(store, event.key)) event.preventDefault();
  });
}

/** False when the key means nothing here. */
export function press(store: Store, key: string): boolean {
  const open = store.open.peek();
  switch (key) {
    case "c":
      store.overlay.value = { kind: "new", from: null };
      return true;
    case "/":
      document.querySelector<HTMLElement>("#search")?.focus();
      return true;
    case "?":
      store.overlay.value = { kind: "help" };
      return true;
    case "Escape":
      if (open?.find.isOpen.peek()) {
        open.find.close();
        return true;
      }
      if (store.picked.peek().size > 0) {
        pickNone(store);
        return true;
      }
      if (!open) return false;
      closeTask(store);
      return true;
    case "j":
    case "k":
      return move(store, key === "j" ? 1 : -1);
    case "h":
    case "l":
      return moveColumn(key === "l" ? 1 : -1);
    case "n":
    case "p":
      // As N does, which would lead back from it.
      if (key === "n" && find(store, 1)) return true;
      return open?.tab.peek() === "changes" && moveFile(key === "n" ? 1 : -1);
    case "N":
      return find(store, -1);
    case "f":
      if (!open) return false;
      openFind(open);
      document.querySelector<HTMLElement>("#find")?.focus();
      return true;
    case "1":
    case "2":
    case "3":
    case "4":
    case "5": {
      const tab = tabs[Number(key) - 1];
      if (!open || !tab || !tabsOf(open).includes(tab)) return false;
      showTab(store, tab);
      return true;
    }
    case ".":
      return openMenu(store);
    default:
      return actOnCard(store, key);
  }
}

/** What the menu of the selected card says of the key. */
function actOnCard(store: Store, key: string): boolean {
  const task = selectedTask(store);
  const action = task && cardActions(store, task).find((one) => one.key === key);
  action?.run();
  return Boolean(action);
}

function openMenu(store: Store): boolean {
  const task = selectedTask(store);
  if (!task || !store.board.peek()) return false;
  store.menu.value = task.id;
  return true;
}

/** The open task, or the card that is selected. */
function selectedTask(store: Store): TaskView | null {
  const open = store.open.peek();
  if (open) return open.isRecorded || open.at.peek() !== null ? null : open.task.peek();
  return store.board.peek()?.tasks.get(store.selected.peek() ?? 0) ?? null;
}

/** To another hit of the search in the open task. */
function find(store: Store, by: 1 | -1): boolean {
  const open = store.open.peek();
  if (!open || !canStep(open)) return false;
  void stepFind(store, open, by);
  return true;
}

/** The next card in reading order; an open drawer follows. */
function move(store: Store, by: 1 | -1): boolean {
  const cards = [...document.querySelectorAll<HTMLElement>("[data-card]")];
  if (cards.length === 0) return false;
  const at = cards.findIndex((card) => Number(card.dataset.card) === store.selected.peek());
  const card = cards[Math.max(0, Math.min(cards.length - 1, at < 0 ? 0 : at + by))];
  card?.focus();
  card?.scrollIntoView({ block: "nearest" });
  if (card && store.open.peek()) void openTask(store, Number(card.dataset.card));
  return true;
}

/** To the next changed file: from the one that holds the focus, else from the one at the top of the view. */
function moveFile(by: 1 | -1): boolean {
  const files = [...document.querySelectorAll<HTMLElement>("[data-file]")];
  const box = files[0]?.closest(".changes")?.getBoundingClientRect();
  if (!box) return false;
  const tops = files.map((file) => file.getBoundingClientRect());
  const focused = files.findIndex((file) => file.contains(document.activeElement));
  const isSeen = focused >= 0 && tops[focused]!.bottom > box.top && tops[focused]!.top < box.bottom;
  const at = isSeen ? focused : tops.findLastIndex(({ top }) => top <= box.top + 4);
  const file = files[Math.max(0, Math.min(files.length - 1, at + by))];
  file?.focus({ preventScroll: true });
  file?.scrollIntoView({ block: "start" });
  return true;
}

function moveColumn(by: 1 | -1): boolean {
  const columns = [...document.querySelectorAll<HTMLElement>("[data-column]")].filter((one) =>
    one.querySelector("[data-card]")
  );
  if (columns.length === 0) return false;
  const at = columns.findIndex((column) => column.contains(document.activeElement));
  const column = columns[Math.max(0, Math.min(columns.length - 1, at < 0 ? 0 : at + by))];
  column?.querySelector<HTMLElement>("[data-card]")?.focus();
  return true;
}
