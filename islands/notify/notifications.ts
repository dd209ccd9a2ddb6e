// Notifications of the browser, where the person asked for them: while a board is open in a tab that is not looked at.

import { effect, type Signal, signal } from "@preact/signals";
import { type BoardNotice, noticesBetween } from "./board_notices.ts";
import type { BoardState } from "../state/board_state.ts";
import type { Store } from "../state/store.ts";

const choiceName = "coder_notify";

/** Whether this browser is to tell. */
export const isWanted: Signal<boolean> = signal(false);

/** Reads the choice, and from then on tells what the board says. */
export function startNotifications(store: Store): void {
  if (!("Notification" in globalThis)) return;
  isWanted.value = Notification.permission === "granted" && localStorage.getItem(choiceName) === "1";
  let before: BoardState | null = null;
  effect(() => {
    const after = store.board.value;
    const notices = noticesBetween(before, after);
    before = after;
    if (isWanted.peek() && document.visibilityState !== "visible") notices.forEach(show);
  });
}

/** Asks the person by the browser, once; what became of it. */
export async function chooseNotifications(wanted: boolean): Promise<"on" | "off" | "refused"> {
  const permission = wanted ? await Notification.requestPermission() : "default";
  isWanted.value = permission === "granted";
  localStorage.setItem(choiceName, isWanted.value ? "1" : "0");
  return isWanted.value ? "on" : wanted ? "refused" : "off";
}

function show({ title, text, task }: BoardNotice): void {
  // One for each task: the newest replaces the one before.
  const notification = new Notification(title, { body: text, tag: `coder-${task ?? "all"}` });
  notification.onclick = () => {
    focus();
    if (task !== null) location.assign(`/tasks/${task}`);
    notification.close();
  };
}
