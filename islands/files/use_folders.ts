// Keeps the folders that are open read.

import { useEffect } from "preact/hooks";
import type { OpenTask } from "../state/open_task.ts";

/** Reads the folders that are open, and again when the work may have changed; a word for that. */
export function useFolders(open: OpenTask): string {
  const task = open.task.value;
  // Each step of a running agent would be too often: its folders are read again when they are opened, or with the tab.
  const stamp = `${task.status} ${task.runs} ${task.review}`;
  useEffect(() => void open.files.readAgain(), [open, stamp]);
  useEffect(() => void open.files.read(), [open, open.files.opened.value]);
  return stamp;
}
