// What the task changed against its base: a file tree, and the diff unified or side by side.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { call, Problem } from "../stream/api.ts";
import { plural } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { Counts } from "../parts/state_badge.tsx";
import { useStore } from "../state/store.ts";
import { type DiffFile, type DiffLine, parseDiff, splitRows, treeRows } from "./unified_diff.ts";

/** A file with more changed lines is drawn when asked for. */
const linesAtFirst = 400;
const linesMax = 5_000;
const textMax = 8_000_000;

export function Changes({ open }: { open: OpenTask }) {
  const split = useSignal(false);
  const error = useSignal<string | null>(null);
  const task = open.task.value;
  useEffect(() => {
    split.value = localStorage.getItem("coder.diff") === "split";
  }, []);
  // A running task's diff is read again when its agent has done something, at most every 3 s.
  const stamp = task.status === "in_progress" ? task.last_step : `${task.status}${task.runs}`;
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const response = await call(`/api/tasks/${open.id}/diff`, { signal: stop.signal });
        open.diff.value = (await response.text()).slice(0, textMax);
        error.value = null;
      } catch (cause) {
        if (!stop.signal.aborted) {
          error.value = cause instanceof Problem ? cause.message : "The changes could not be read";
        }
      }
    }, open.diff.peek() === null || task.status !== "in_progress" ? 0 : 3_000);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [open, stamp]);

  const text = open.diff.value;
  const files = useMemo(() => text === null ? null : parseDiff(text), [text]);
  if (!files) return <p class="panel-note muted" role="status">{error.value ?? "Reading the changes"}</p>;
  if (files.length === 0) {
    return (
      <p class="panel-note muted" role="status">
        {error.value ?? (task.runs === 0 ? "Nothing yet: the task has not started." : "No file differs from the base.")}
      </p>
    );
  }
  return (
    <div class="changes" tabIndex={0} role="region" aria-label="Changes">
      <Bar open={open} files={files} split={split} error={error.value} />
      <FileTree files={files} />
      <div class="diff-files">
        {files.map((file, index) => <FileDiff key={file.path} file={file} index={index} split={split.value} />)}
      </div>
    </div>
  );
}

/** What the diff is of and how long it is, and how it is laid out. */
function Bar({ open, files, split, error }: {
  open: OpenTask;
  files: DiffFile[];
  split: Signal<boolean>;
  error: string | null;
}) {
  const store = useStore();
  const task = open.task.value;
  const added = files.reduce((sum, file) => sum + file.added, 0);
  const removed = files.reduce((sum, file) => sum + file.removed, 0);
  const choose = (value: boolean) => {
    split.value = value;
    localStorage.setItem("coder.diff", value ? "split" : "unified");
  };
  return (
    <p class="bar">
      <span class="num">
        {plural(files.length, "file")} <span class="add">+{added}</span> <span class="del">−{removed}</span>
      </span>
      {task.snapshot && <span class="muted">from the saved work</span>}
      {task.status === "in_progress" && <span class="muted">as it stands now</span>}
      {error && <span class="tone-fail">{error}</span>}
      <span class="grow" />
      <span class="segmented" role="group" aria-label="Layout">
        <button type="button" aria-pressed={!split.value} disabled={!store.alive.value} onClick={() => choose(false)}>
          Unified
        </button>
        <button type="button" aria-pressed={split.value} disabled={!store.alive.value} onClick={() => choose(true)}>
          Split
        </button>
      </span>
    </p>
  );
}

function FileTree({ files }: { files: DiffFile[] }) {
  return (
    <nav class="file-tree" aria-label="Changed files">
      <ul>
        {treeRows(files).map((row) => (
          <li key={`${row.depth}${row.name}${row.file}`} class={`depth-${Math.min(8, row.depth)}`}>
            {row.file === null
              ? (
                <span class="muted">
                  <Icon name="folder" />
                  <bdi>{row.name}</bdi>
                </span>
              )
              : (
                <a href={`#file-${row.file}`}>
                  <Icon name="file" />
                  <bdi>{row.name}</bdi> <FileCounts file={files[row.file]} />
                </a>
              )}
          </li>
        ))}
      </ul>
    </nav>
  );
}

function FileCounts({ file }: { file: DiffFile | undefined }) {
  if (!file) return null;
  return <Counts added={file.added} removed={file.removed} />;
}

const changeWords = { added: "added", deleted: "deleted", renamed: "renamed", changed: "" };

function FileDiff({ file, index, split }: { file: DiffFile; index: number; split: boolean }) {
  const shown = useSignal(file.added + file.removed <= linesAtFirst);
  let left = linesMax;
  return (
    <section class="diff-file" id={`file-${index}`} aria-label={file.path}>
      <p class="diff-title">
        <bdi class="mono">{file.from && file.from !== file.path ? `${file.from} → ${file.path}` : file.path}</bdi>
        <span class="muted">{changeWords[file.change]}</span>
        <span class="grow" />
        <FileCounts file={file} />
      </p>
      {file.binary && <p class="panel-note muted">Binary file</p>}
      {!shown.value && (
        <button type="button" class="quiet small" onClick={() => shown.value = true}>
          Show {plural(file.added + file.removed, "changed line")}
        </button>
      )}
      {shown.value && file.hunks.length > 0 && (
        <div class="diff-scroll" tabIndex={0} role="group" aria-label={`Diff of ${file.path}`}>
          <table class={split ? "diff split" : "diff"}>
            {split && (
              <colgroup>
                <col class="number" />
                <col />
                <col class="number" />
                <col />
              </colgroup>
            )}
            <tbody>
              {file.hunks.map((hunk, at) => {
                const lines = hunk.lines.slice(0, Math.max(0, left));
                left -= lines.length;
                return (
                  <>
                    <tr key={`h${at}`} class="hunk">
                      <td colSpan={split ? 4 : 3}>{hunk.header || `Line ${firstLine(hunk.lines)}`}</td>
                    </tr>
                    {split
                      ? <SplitLines key={`s${at}`} lines={lines} />
                      : <UnifiedLines key={`u${at}`} lines={lines} />}
                  </>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {shown.value && left <= 0 && (
        <p class="panel-note muted">Longer than {linesMax} lines; the rest is in the branch.</p>
      )}
    </section>
  );
}

function firstLine(lines: DiffLine[]): number {
  const [line] = lines;
  return line ? numbers(line).after ?? numbers(line).before ?? 1 : 1;
}

function numbers(line: DiffLine): { before: number | null; after: number | null } {
  return { before: "before" in line ? line.before : null, after: "after" in line ? line.after : null };
}

function Code({ line }: { line: DiffLine | null }) {
  if (!line) return <td class="code none" />;
  const sign = line.kind === "add" ? "+" : line.kind === "del" ? "−" : " ";
  return (
    <td class={`code diff-${line.kind}`}>
      <span class="sign" aria-hidden="true">{sign}</span>
      <bdi>{line.text.slice(0, 4_000)}</bdi>
    </td>
  );
}

function UnifiedLines({ lines }: { lines: DiffLine[] }) {
  return (
    <>
      {lines.map((line, index) => {
        const { before, after } = numbers(line);
        return (
          <tr key={index} class={`diff-${line.kind}`}>
            <td class="number num">{before}</td>
            <td class="number num">{after}</td>
            <Code line={line} />
          </tr>
        );
      })}
    </>
  );
}

function SplitLines({ lines }: { lines: DiffLine[] }) {
  return (
    <>
      {splitRows(lines).map(({ left, right }, index) => (
        <tr key={index}>
          <td class={`number num diff-${left?.kind ?? "none"}`}>{left && numbers(left).before}</td>
          <Code line={left} />
          <td class={`number num diff-${right?.kind ?? "none"}`}>{right && numbers(right).after}</td>
          <Code line={right} />
        </tr>
      ))}
    </>
  );
}
