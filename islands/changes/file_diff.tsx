// One file of the changes: its head, and its diff while it is near the view and not folded.

import { useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { toast } from "../state/actions.ts";
import { plural } from "../../core/view/format.ts";
import { CommentThread, GatheredComments, useAttempt } from "./comment_thread.tsx";
import { blockRows, DiffBlock, rowPx } from "./diff_block.tsx";
import { diffRows, type Gap, linesByPlace, withContext, withThreads } from "./diff_rows.ts";
import { FileHead } from "./file_head.tsx";
import { ImagePair, isImage } from "./image_pair.tsx";
import { languageOf } from "../code/languages.ts";
import { useNear } from "./near.ts";
import { commentsOf, placedComments } from "./placed_comments.ts";
import { contextKey, type Review } from "./review.ts";
import type { DiffFile, DiffLine } from "./unified_diff.ts";
import { isViewed } from "./viewed.ts";

/** Of a longer file the rest is not drawn. */
const rowsMax = 20_000;
/**
 * What the server draws, and the browser before it knows what is in view, in rows of the whole diff: some more than most windows
 * show, and no more, since a row costs a slow machine 2 ms before the page answers.
 */
export const rowsAtFirst = 40;
const headPx = 38;
const none: never[] = [];

interface FileDiffProps {
  open: OpenTask;
  file: DiffFile;
  index: number;
  /** Rows of the files before it. */
  rowsBefore: number;
}

export function FileDiff({ open, file, index, rowsBefore }: FileDiffProps) {
  const { review } = open;
  const folded = review.folded.value.get(file.path) ?? isViewed(review.viewed.value, file);
  const rows = folded ? 0 : Math.min(rowsMax, rowsOf(file));
  const { ref, near } = useNear<HTMLElement>(rowsBefore < rowsAtFirst, headPx + rows * rowPx);
  return (
    <section class="diff-file" id={`file-${index}`} data-file tabIndex={-1} aria-label={file.path} ref={ref}>
      {near.value && <FileHead review={review} file={file} folded={folded} />}
      {near.value && !folded && <FileBody open={open} file={file} rowsBefore={rowsBefore} />}
    </section>
  );
}

/** About how many rows a file is drawn as. */
export function rowsOf(file: DiffFile): number {
  return file.hunks.reduce((sum, hunk) => sum + hunk.lines.length + 1, 0);
}

function FileBody({ open, file, rowsBefore }: { open: OpenTask; file: DiffFile; rowsBefore: number }) {
  const { review } = open;
  const split = review.split.value;
  const isPast = open.at.value !== null;
  // A comment stands in the files as they are now. Before the page is alive it is only drawn, so that no row is drawn twice.
  const canComment = !isPast && review.to.value === "now";
  const context = review.context.value[contextKey(file)];
  const items = useMemo(() => withContext(file, context?.opened ?? {}, context?.lines ?? null), [file, context]);
  const list = review.comments.list.value ?? none;
  const placed = useMemo(() => {
    const own = isPast ? none : commentsOf(file, list);
    return placedComments(own, own.length > 0 ? linesByPlace(items) : new Map());
  }, [file, list, items, isPast]);
  const drafts = useDraftPlaces(review, file);
  const rows = useMemo(() => {
    const places = new Set([...placed.at.keys(), ...(isPast ? [] : drafts.split("\n").filter(Boolean))]);
    return withThreads(diffRows(items.slice(0, rowsMax), split), places);
  }, [items, split, placed, drafts, isPast]);
  const onOpen = useOpenGap(review, file);
  const outdated = placed.elsewhere.filter((one) => one.outdated);
  const thread = (place: string, line: DiffLine) => (
    <CommentThread
      comments={review.comments}
      list={placed.at.get(place) ?? none}
      target={targetOf(file, line)}
      place={draftOf(file, place)}
    />
  );
  return (
    <>
      <GatheredComments comments={review.comments} list={outdated} words={`${outdated.length} outdated`} />
      <GatheredComments
        comments={review.comments}
        list={placed.elsewhere.filter((one) => !one.outdated)}
        words={`${plural(placed.elsewhere.length - outdated.length, "comment")} on lines not shown`}
      />
      {isImage(file.path) && !isPast && <ImagePair review={review} file={file} />}
      <Notes file={file} />
      {blocks(rows.length).map((from) => (
        <DiffBlock
          key={from}
          rows={rows}
          from={from}
          isFirst={from === 0 || rowsBefore + from < rowsAtFirst}
          split={split}
          language={languageOf(file.path)}
          label={`Diff of ${file.path}`}
          onComment={canComment ? (place) => openDraft(review, file, place) : null}
          onOpen={isPast ? null : onOpen}
          thread={thread}
        />
      ))}
      {items.length > rowsMax && <p class="panel-note muted">Longer than {rowsMax} lines; the rest is in the branch.
      </p>}
    </>
  );
}

/** What is to be said of a file that has no lines to show. */
function Notes({ file }: { file: DiffFile }) {
  if (file.binary) return <p class="panel-note muted">Binary file</p>;
  if (file.hunks.length > 0) return null;
  const words = file.change === "renamed"
    ? "Renamed, with the same content"
    : file.mode
    ? "Only its mode changed"
    : file.change === "changed"
    ? "Nothing differs but white space"
    : "An empty file";
  return <p class="panel-note muted">{words}</p>;
}

/** The rows at which blocks begin. */
function blocks(rows: number): number[] {
  return Array.from({ length: Math.ceil(rows / blockRows) }, (_, index) => index * blockRows);
}

/** The places in a file at which a comment is being typed, a line each: the same text while only the words change. */
function useDraftPlaces(review: Review, file: DiffFile): string {
  const start = draftOf(file, "");
  return useComputed(() =>
    Object.keys(review.comments.drafts.all.value).flatMap((key) =>
      key.startsWith(start) ? [key.slice(start.length)] : []
    )
      .join("\n")
  ).value;
}

function draftOf(file: DiffFile, place: string): string {
  return `line ${file.path}\n${place}`;
}

function openDraft(review: Review, file: DiffFile, place: string): void {
  const { drafts } = review.comments;
  const key = draftOf(file, place);
  if (drafts.all.peek()[key] === undefined) drafts.set(key, "");
}

function targetOf(file: DiffFile, line: DiffLine) {
  const isOld = line.kind === "del";
  const blob = isOld ? file.oldBlob : file.blob;
  return {
    path: isOld ? file.from ?? file.path : file.path,
    side: isOld ? "old" as const : "new" as const,
    line: "after" in line ? line.after : "before" in line ? line.before : 1,
    quote: line.text.slice(0, 1_000),
    ...(blob !== null && { blob }),
  };
}

function useOpenGap(review: Review, file: DiffFile): (gap: Gap, way: "down" | "up" | "all") => void {
  const store = useStore();
  const attempt = useAttempt();
  return (gap, way) =>
    void attempt(async () => {
      if (await review.openGap(file, gap.index, way)) return;
      toast(store, { tone: "fail", text: "The file has changed; the changes are read again", task: null });
    });
}
