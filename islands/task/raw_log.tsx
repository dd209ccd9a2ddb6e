// The agent's own output from its start, line by line: in words, or as it came. The whole is a download.

import { useSignal } from "@preact/signals";
import { Component } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { CodeBlock } from "../code/code_block.tsx";
import { plainText } from "../parts/ansi.ts";
import { bytes } from "../../core/view/format.ts";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { Problem } from "../stream/api.ts";
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
  const lines = left === null ? (open.log.value ?? "").split("\n").filter(Boolean) : reader.lines.value;
  return (
    <div class="raw-log" tabIndex={0} role="region" aria-label="Log">
      <div class="bar muted">
        <span>
          {error.value ?? (lines.length > 0 ? "" : left === null ? "Reading the log" : "Nothing is written yet.")}
        </span>
        <span class="grow" />
        <button
          type="button"
          class="small"
          aria-pressed={isRaw.value}
          disabled={!store.alive.value}
          onClick={() => {
            isRaw.value = !isRaw.peek();
            localStorage.setItem(key, isRaw.value ? "raw" : "words");
          }}
        >
          Raw
        </button>
        <a class="button small" href={`/api/tasks/${open.id}/log`} download={`task-${open.id}.log`}>Download</a>
      </div>
      {isRaw.value
        ? lines.length > 0 && <pre class="plain">{plainText(lines.join("\n"))}</pre>
        : <Lines lines={lines} first={left === null ? 1 : reader.first.value} />}
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

/** Runs one reading at a time, until the component is gone. */
function useReading(error: { value: string | null }): (read: (signal: AbortSignal) => Promise<void>) => Promise<void> {
  const stop = useRef<AbortController | null>(null);
  const isBusy = useRef(false);
  useEffect(() => () => stop.current?.abort(), []);
  return async (read) => {
    if (isBusy.current) return;
    isBusy.current = true;
    const { signal } = stop.current = new AbortController();
    try {
      await read(signal);
      error.value = null;
    } catch (cause) {
      if (!signal.aborted) error.value = cause instanceof Problem ? cause.message : "The log could not be read";
    }
    isBusy.current = false;
  };
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
      <li class={isError ? "log-line tone-fail" : "log-line"}>
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
