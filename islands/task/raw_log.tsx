// The agent's own output, line by line as it came; the end of it, and the whole as a download.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ansiSegments } from "../parts/ansi.ts";
import { call, Problem } from "../stream/api.ts";
import { bytes } from "../parts/format.ts";
import type { OpenTask } from "../state/open_task.ts";

/** Characters of the log's end that are drawn. */
const shownMax = 200_000;

export function RawLog({ open }: { open: OpenTask }) {
  const size = useSignal(0);
  const error = useSignal<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    readEnd(open.id, stop.signal).then((end) => {
      open.log.value = end.text;
      size.value = end.size;
    }).catch((cause) => {
      if (!stop.signal.aborted) error.value = cause instanceof Problem ? cause.message : "The log could not be read";
    });
    return () => stop.abort();
  }, [open, open.task.value.runs, open.task.value.status]);
  const text = open.log.value;
  return (
    <div class="raw-log" tabIndex={0} role="region" aria-label="Log">
      <p class="bar muted">
        <span>
          {error.value ?? (text === null ? "Reading the log" : text === "" ? "The agent has written nothing yet." : "")}
          {size.value > shownMax && `The last ${bytes(shownMax)} of ${bytes(size.value)}`}
        </span>
        <a class="button small" href={`/api/tasks/${open.id}/log`} download={`task-${open.id}.log`}>Download</a>
      </p>
      {text && <pre class="plain">{ansiSegments(text).map((segment) => segment.text).join("")}</pre>}
    </div>
  );
}

async function readEnd(id: number, signal: AbortSignal): Promise<{ text: string; size: number }> {
  const response = await call(`/api/tasks/${id}/log`, { signal });
  let text = "";
  let size = 0;
  const reader = (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream()).getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    text += value;
    if (text.length > shownMax * 2) text = text.slice(-shownMax);
  }
  return { text: text.slice(-shownMax), size };
}
