// Keeps the folders that are open read, at the moment that the player shows.

import { useEffect } from "preact/hooks";
import { pointAt } from "./task_files.ts";
import type { OpenTask } from "../state/open_task.ts";

/** How long a moment is looked at before its files are read. */
const settledMs = 200;

/** Reads the folders that are open, and again when the work may have changed; a word for that. */
export function useFolders(open: OpenTask): string {
  const task = open.task.value;
  // Each step of a running agent would be too often: its folders are read again when they are opened, or with the tab.
  const { files, at } = open;
  const stamp = `${task.status} ${task.runs} ${task.review} ${task.worktree} ${files.point.value}`;
  useEffect(() => {
    const point = pointAt(at.value);
    // While it plays, each event would be too often.
    const timer = setTimeout(() => files.point.value = point, files.point.peek() === point ? 0 : settledMs);
    return () => clearTimeout(timer);
  }, [open, at.value]);
  useEffect(() => void files.readAgain(), [open, stamp]);
  useEffect(() => void files.read(), [open, files.opened.value]);
  return stamp;
}
