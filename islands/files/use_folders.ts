// Keeps the folders that are open read, at the moment that the player shows.

import { useEffect, useRef, useState } from "preact/hooks";
import { pointAt } from "./task_files.ts";
import type { OpenTask } from "../state/open_task.ts";

/** How long a moment is looked at before its files are read. */
const settledMs = 200;

/** A running agent's steps are followed at most every so often. */
const stepMs = 3_000;

/** Reads the folders that are open, and again when the work may have changed; a word for that. */
export function useFolders(open: OpenTask): string {
  const task = open.task.value;
  const { files, at } = open;
  const isAtWork = task.status === "in_progress" && at.value === null;
  const step = useNowAndThen(isAtWork ? task.last_step : null);
  const stamp = `${task.status} ${task.runs} ${task.review} ${task.worktree} ${files.point.value} ${step}`;
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

/** The newest value, later by up to `stepMs`. */
function useNowAndThen<Value>(value: Value): Value {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  newest.current = value;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setShown(newest.current);
    }, stepMs);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return shown;
}
