// The agent's own output from its start, line by line: in words, or as it came. The whole is a download.

import { useSignal, useSignalEffect } from "@preact/signals";
import { Component, type RefObject } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { CodeBlock } from "../code/code_block.tsx";
import { plainText } from "../parts/ansi.ts";
import { bytes } from "../../core/view/format.ts";
import type { FindHit } from "../state/find.ts";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { Problem } from "../stream/api.ts";
import { showFound } from "./found_row.ts";
import { logLine } from "./log_lines.ts";
import { LogReader } from "./log_reader.ts";

const key = "coder.log";

export function RawLog({ open }: { open: OpenTask }) {
  const store = useStore();
  const reader = useMemo(() => new LogReader(open.id), [open]);
  const isRaw = useSignal(false);
  const error = useSignal<string | null>(null);
  const read = useReading(error);
  const left = reader.left.value;
  const { runs, status, last_step } = open.task.value;
  useEffect(() => {
    isRaw.value = localStorage.getItem(key) === "raw";
  }, []);
  useEffect(() => {
    // What a running agent adds is read as it comes, unless the reader is still further up.
    if (reader.left.peek() === null || reader.left.peek() === 0) void read((signal) => reader.readMore(signal));
  }, [reader, runs, status, last_step]);
  // What the page brought, until the log was read.
  const lines = left === null ? linesOf(open.log.value ?? "") : reader.lines.value;
  const first = left === null ? 1 : reader.first.value;
  const box = useFoundLine(open, { reader, read });
  return (
    <div class="raw-log" tabIndex={0} role="region" aria-label="Log" ref={box}>
      <div class="bar muted">
        <span>
          {error.value ?? (lines.length > 0 ? "" : left === null ? "Reading the log" : "Nothing is written yet.")}
        </span>
        <span class="grow" />
        <button
          type="button"
          class="small"
          aria-pressed={isRaw.value}
          disabled={store.asleep}
          onClick={() => {
            isRaw.value = !isRaw.peek();
            localStorage.setItem(key, isRaw.value ? "raw" : "words");
          }}
        >
          Raw
        </button>
        <a class="button small" href={`/api/tasks/${open.id}/log`} download={`task-${open.id}.log`}>Download</a>
      </div>
      {first !== 1 && (
        <p class="bar">
          <button type="button" class="small" onClick={() => read((signal) => reader.readStart(signal))}>
            Go to the start
          </button>
        </p>
      )}
      {isRaw.value
        ? lines.length > 0 && <RawLines lines={lines} first={first} hit={open.find.shown.value} />
        : <Lines lines={lines} first={first} />}
      {left !== null && left > 0 && (
        <p class="bar">
          <button type="button" class="small" onClick={() => read((signal) => reader.readMore(signal))}>
            Show more, {bytes(left)} left
          </button>
          <button type="button" class="quiet small" onClick={() => read((signal) => reader.readEnd(signal))}>
            Go to the end
          </button>
        </p>
      )}
    </div>
  );
}

type Read = (reading: (signal: AbortSignal) => Promise<void>, options?: { waits: boolean }) => Promise<void>;

/** Runs one reading at a time, until the component is gone. `waits`: after the one that runs, else not at all. */
function useReading(error: { value: string | null }): Read {
  const stop = useRef<AbortController | null>(null);
  const busy = useRef<Promise<void> | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const run = async (reading: (signal: AbortSignal) => Promise<void>) => {
    const { signal } = stop.current = new AbortController();
    try {
      await reading(signal);
      error.value = null;
    } catch (cause) {
      if (!signal.aborted) error.value = cause instanceof Problem ? cause.message : "The log could not be read";
    }
    busy.current = null;
  };
  return async (reading, { waits } = { waits: false }) => {
    if (busy.current && !waits) return;
    while (busy.current) await busy.current;
    await (busy.current = run(reading));
  };
}

/** Goes to the line of the hit that is to be shown. */
function useFoundLine(
  open: OpenTask,
  { reader, read }: { reader: LogReader; read: Read },
): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  const { find } = open;
  useSignalEffect(() => {
    const hit = find.shown.value;
    if (hit === null || hit.offset === null) return;
    const { place: line, offset } = hit;
    void read((signal) => reader.readTo({ line, offset }, signal), { waits: true }).then(async () => {
      // The line is drawn with the next frame, or the one after it.
      for (let frame = 0; frame < 10 && find.shown.peek() === hit; frame++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const row = box.current?.querySelector<HTMLElement>(`[data-line="${line}"]`);
        if (row) return showFound(row);
      }
    });
  });
  return box;
}

/** Of the whole text, whose last line may have no end. */
function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function RawLines({ lines, first, hit }: { lines: readonly string[]; first: number | null; hit: FindHit | null }) {
  const at = hit === null || hit.offset === null || first === null ? -1 : hit.place - first;
  const line = lines[at];
  if (line === undefined) return <pre class="plain">{plainText(lines.join("\n"))}</pre>;
  return (
    <pre class="plain">
      {plainText(lines.slice(0, at).map((one) => `${one}\n`).join(""))}
      <span data-line={hit?.place}>{plainText(line)}</span>
      {plainText(lines.slice(at + 1).map((one) => `\n${one}`).join(""))}
    </pre>
  );
}

function Lines({ lines, first }: { lines: readonly string[]; first: number | null }) {
  return (
    <ol class="log-lines">
      {lines.map((line, index) => (
        <Line key={(first ?? 0) + index} line={line} number={first === null ? null : first + index} />
      ))}
    </ol>
  );
}

interface LineProps {
  line: string;
  number: number | null;
}

class Line extends Component<LineProps, { isOpen: boolean }> {
  override state = { isOpen: false };

  override shouldComponentUpdate(next: LineProps, state: { isOpen: boolean }): boolean {
    return next.line !== this.props.line || next.number !== this.props.number || state.isOpen !== this.state.isOpen;
  }

  override render() {
    const { line, number } = this.props;
    const { isOpen } = this.state;
    const { what, text, isError } = logLine(line);
    return (
      <li class={isError ? "log-line tone-fail" : "log-line"} data-line={number ?? undefined}>
        <button type="button" aria-expanded={isOpen} onClick={() => this.setState({ isOpen: !isOpen })}>
          <span class="muted num log-number">{number}</span>
          <span class="log-what">{what}</span>
          <bdi class="mono log-text">{text}</bdi>
        </button>
        {isOpen && <CodeBlock text={pretty(line)} name="json" language="json" />}
      </li>
    );
  }
}

function pretty(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line), null, 2);
  } catch {
    return line;
  }
}
