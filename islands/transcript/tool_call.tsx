// Tool calls: a folded group with one line for each, and what went in and came out when a line is opened.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { bytes, duration, plural } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { MiddlePath } from "../parts/middle_path.tsx";
import { Counts } from "../parts/state_badge.tsx";
import { editChanges, EditDiff } from "./edit_diff.tsx";
import { changeCounts } from "./line_diff.ts";
import { type DrawItem, Subagent } from "./subagent.tsx";
import { ToolBody } from "./tool_body.tsx";
import { callNames, type ToolCall, toolName } from "../../core/view/transcript/tool_calls.ts";
import { callsOf, isWithin } from "./tool_groups.ts";
import { useFound } from "./use_found.ts";
import type { ShownCall, TranscriptItem } from "../../core/view/transcript/transcript_items.ts";

type Group = Extract<TranscriptItem, { kind: "tools" }>;

const toneWords = { fail: "Failed: ", done: "Done: ", run: "Running: ", off: "Without an answer: " };

/** `draw`: what a subagent says and does. */
export function ToolCalls({ item, draw }: { item: Group; draw: DrawItem }) {
  // Errors stand open, and so does a subagent at work; what a reader opened or closed stays so.
  const chosen = useSignal<boolean | null>(null);
  useFound(chosen, (seq) => isWithin([item], seq));
  const open = chosen.value ?? (item.failed > 0 || (item.isOpen === true && item.calls.some(isAtWork)));
  const { whole } = item;
  const calls = callsOf(item);
  const count = whole?.calls ?? calls.length;
  const failed = whole?.failed ?? item.failed;
  const [only] = calls;
  return (
    <details
      class={`tools${failed > 0 ? " failed" : ""}`}
      open={open}
      onToggle={(event) => {
        const now = (event.currentTarget as HTMLDetailsElement).open;
        if (now !== open) chosen.value = now;
      }}
    >
      <summary>
        <Icon name="chevron" />
        <span class="tools-count">{count === 0 ? "Results of earlier calls" : plural(count, "tool call")}</span>
        <span class="tools-names">
          {count === 1 && only
            ? `${toolName(only.name)} ${only.summary}`
            : callNames(calls, { counted: count === calls.length })}
        </span>
        {failed > 0 && (
          <span class="tone-fail">
            <Icon name="fail" />
            {plural(failed, "error")}
          </span>
        )}
        <span class="num">{tookWords(item)}</span>
      </summary>
      {open && (
        <ol>
          {item.calls.map((call) => <Call key={call.id} call={call} isOpen={item.isOpen ?? false} draw={draw} />)}
        </ol>
      )}
    </details>
  );
}

/** How long all of it took; nothing where a call was never answered, or is in a part that is not here. */
function tookWords({ isOpen, whole, at, endedAt }: Group): string {
  if (isOpen) return "running";
  if (whole) return duration(whole.tookMs);
  return endedAt === null ? "" : duration(Date.parse(endedAt) - Date.parse(at));
}

function isAtWork(call: ShownCall): boolean {
  return call.nested.length > 0 && call.result === null;
}

/** `isOpen`: an answer may still come. */
function Call({ call, isOpen, draw }: { call: ShownCall; isOpen: boolean; draw: DrawItem }) {
  const chosen = useSignal<boolean | null>(null);
  useFound(chosen, (seq) => call.seq === seq || call.result?.seq === seq);
  const failed = call.result?.isError === true;
  const open = chosen.value ?? failed;
  const changes = useMemo(() => editChanges(call), [call.id]);
  const counts = changes && changeCounts(changes);
  const tone = failed ? "fail" : call.result ? "done" : isOpen ? "run" : "off";
  return (
    <li class={failed ? "failed" : undefined} data-seq={call.seq} data-answer={call.result?.seq}>
      <button type="button" class="call" aria-expanded={open} onClick={() => chosen.value = !open}>
        <span class={`tone-${tone}`}>
          <Icon name={tone} />
          <span class="visually-hidden">{toneWords[tone]}</span>
        </span>
        <span class="call-name">{toolName(call.name)}</span>
        <code class="call-summary" dir="auto">
          {isOfFile(call) ? <MiddlePath path={call.summary} /> : call.summary}
        </code>
        {call.subagent && <span class="muted">subagent</span>}
        {counts
          ? <Counts added={counts.added} removed={counts.removed} />
          : <span class="call-size muted num">{resultSize(call)}</span>}
      </button>
      {open && (
        <div class="call-body">
          {changes && <EditDiff changes={changes} path={call.summary} />}
          {(!changes || failed) && <ToolBody call={call} withInput={!changes} />}
          {!call.result && call.nested.length === 0 && <p class="muted">{isOpen ? "No output yet." : "No output."}</p>}
        </div>
      )}
      {call.nested.length > 0 && <Subagent call={call} isOpen={isOpen} draw={draw} />}
    </li>
  );
}

/** Whether its summary is a path. */
function isOfFile({ name, summary }: ToolCall): boolean {
  return ["Read", "Edit", "Write", "MultiEdit", "NotebookEdit"].includes(name) && summary !== "";
}

/** What opening it will show: `1 line`, `214 lines, 9.8 KB`, `2 images`. */
function resultSize({ result }: ToolCall): string {
  if (!result) return "";
  const { text, images } = result;
  const size = text.length < 1_024 ? "" : `, ${bytes(text.length)}`;
  if (images.length > 0) return `${plural(images.length, "image")}${size}`;
  if (text === "") return "no output";
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < text.length - 1; at = text.indexOf("\n", at + 1)) lines++;
  return plural(lines, "line") + size;
}
