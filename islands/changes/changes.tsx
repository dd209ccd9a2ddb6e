// What the task changed: a file tree, the diff of each file with its comments, and the bar that sends them.

import type { RefObject } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Problem } from "../stream/api.ts";
import type { OpenTask } from "../state/open_task.ts";
import { GatheredComments } from "./comment_thread.tsx";
import { FileDiff, rowsAtFirst, rowsOf } from "./file_diff.tsx";
import { FileTree } from "./file_tree.tsx";
import { Nearness, NearnessContext } from "./near.ts";
import { commentsElsewhere } from "./placed_comments.ts";
import { useComments } from "./read_comments.ts";
import { revealLine } from "./reveal_line.ts";
import { ReviewBar } from "./review_bar.tsx";
import { SendBar } from "./send_bar.tsx";
import type { DiffFile } from "./unified_diff.ts";

const noFiles: DiffFile[] = [];

export function Changes({ open }: { open: OpenTask }) {
  const { review } = open;
  const box = useRef<HTMLDivElement>(null);
  const nearness = useMemo(() => new Nearness(box), []);
  useEffect(() => review.load(), [review]);
  useChanges(open);
  useComments(open);
  useTarget(open, box);
  const shown = review.filesAt(open.at.value);
  const files = shown ?? noFiles;
  const before = useMemo(() => rowsBeforeEach(files), [files]);
  const note = noteOf(open);
  const list = review.comments.list.value ?? [];
  const elsewhere = shown && open.at.value === null ? commentsElsewhere(files, list) : [];
  return (
    <>
      <div class="changes" tabIndex={0} role="region" aria-label="Changes" ref={box}>
        <ReviewBar open={open} files={files} />
        {note ? <p class="panel-note muted" role="status">{note}</p> : <FileTree review={review} files={files} />}
        <div class="diff-files">
          <NearnessContext.Provider value={nearness}>
            {files.map((file, index) => (
              <FileDiff key={file.path} open={open} file={file} index={index} rowsBefore={before[index] ?? 0} />
            ))}
          </NearnessContext.Provider>
          {files.reduce((sum, file) => sum + rowsOf(file), 0) > rowsAtFirst && <WholeDiff open={open} />}
          <GatheredComments
            comments={review.comments}
            list={elsewhere}
            words={`${elsewhere.length} on files that no longer differ`}
          />
        </div>
      </div>
      {open.at.value === null && <SendBar comments={review.comments} />}
    </>
  );
}

/** The server draws the start of it. */
function WholeDiff({ open: { id, at } }: { open: OpenTask }) {
  const query = at.value === null ? "" : `?at=${at.value}`;
  return (
    <noscript>
      <p class="panel-note">
        Without JavaScript this is the start of it. <a href={`/api/tasks/${id}/diff${query}`}>The whole diff as text</a>
      </p>
    </noscript>
  );
}

/** What is said in place of files; null when there are some. */
function noteOf({ review, task, at }: OpenTask): string | null {
  const files = review.filesAt(at.value);
  if (files && files.length > 0) return null;
  if (review.error.value) return "No changes can be shown.";
  if (!files) return "Reading the changes";
  if (task.value.runs === 0) return "Nothing yet: the task has not started.";
  return at.value === null && review.from.value === "merge-base"
    ? "No file differs from the base."
    : "No file differs between these points.";
}

function rowsBeforeEach(files: readonly DiffFile[]): number[] {
  let sum = 0;
  return files.map((file) => {
    const before = sum;
    sum += rowsOf(file) + 1;
    return before;
  });
}

/** Brings the line into view that somebody asked for, once its file is there. */
function useTarget({ review, at }: OpenTask, box: RefObject<HTMLElement | null>): void {
  const target = review.target.value;
  const files = review.filesAt(at.value);
  useEffect(() => {
    const index = target && files ? files.findIndex(({ path }) => path === target.path) : -1;
    const section = box.current?.querySelector<HTMLElement>(`#file-${index}`);
    const file = files?.[index];
    if (!target || !file || !section) return;
    review.target.value = null;
    review.setFolded(file, false);
    void revealLine(section, target.line);
  }, [target, files]);
}

/** A running task's diff is read again when its agent has done something, at most every 3 s. */
function useChanges(open: OpenTask): void {
  const { review } = open;
  const task = open.task.value;
  const at = open.at.value;
  const isRunning = task.status === "in_progress" && at === null;
  const stamp = at !== null ? "" : isRunning ? task.last_step : `${task.status}${task.runs}`;
  const asked = `${at} ${review.from.value} ${review.to.value} ${review.hidesSpace.value} ${review.stale.value}`;
  const last = useRef<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const isSame = last.current === asked;
    if (last.current !== null && !isSame) review.error.value = null;
    const isFirst = last.current === null;
    last.current = asked;
    if (isFirst && review.takeStart()) return;
    const timer = setTimeout(async () => {
      try {
        await review.read(at, stop.signal);
        review.error.value = null;
      } catch (cause) {
        if (stop.signal.aborted) return;
        review.error.value = cause instanceof Problem ? cause.message : "The changes could not be read";
        if (at !== null) review.showNone(at);
      }
    }, isSame && isRunning ? 3_000 : at !== null ? 150 : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [open, stamp, asked]);
}
