// Tool calls: a folded group with one line for each, and what went in and came out when a line is opened.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { duration, plural } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { changeCounts, type LineChange, lineDiff } from "./line_diff.ts";
import { OutputText } from "../parts/output_text.tsx";
import { Counts } from "../parts/state_badge.tsx";
import { callNames, type ToolCall, type TranscriptItem } from "./transcript_items.ts";

export function ToolCalls({ item }: { item: Extract<TranscriptItem, { kind: "tools" }> }) {
  // Errors stand open; what a reader opened or closed stays so.
  const chosen = useSignal<boolean | null>(null);
  const open = chosen.value ?? item.failed > 0;
  const running = item.endedAt === null;
  const took = running ? null : Date.parse(item.endedAt ?? item.at) - Date.parse(item.at);
  return (
    <details
      class={`tools${item.failed > 0 ? " failed" : ""}`}
      open={open}
      onToggle={(event) => {
        const now = (event.currentTarget as HTMLDetailsElement).open;
        if (now !== open) chosen.value = now;
      }}
    >
      <summary>
        <Icon name="chevron" />
        <span class="tools-count">{plural(item.calls.length, "tool call")}</span>
        <span class="tools-names">
          {item.calls.length === 1 ? `${item.calls[0]?.name} ${item.calls[0]?.summary}` : callNames(item.calls)}
        </span>
        {item.failed > 0 && (
          <span class="tone-fail">
            <Icon name="fail" />
            {plural(item.failed, "error")}
          </span>
        )}
        <span class="num">{running ? "running" : duration(took ?? 0)}</span>
      </summary>
      {open && (
        <ol>
          {item.calls.map((call) => <Call key={call.id} call={call} />)}
        </ol>
      )}
    </details>
  );
}

function Call({ call }: { call: ToolCall }) {
  const chosen = useSignal<boolean | null>(null);
  const failed = call.result?.isError === true;
  const open = chosen.value ?? failed;
  const changes = useMemo(() => editChanges(call), [call.id]);
  const counts = changes && changeCounts(changes);
  const tone = failed ? "fail" : call.result ? "done" : "run";
  return (
    <li class={failed ? "failed" : undefined}>
      <button type="button" class="call" aria-expanded={open} onClick={() => chosen.value = !open}>
        <span class={`tone-${tone}`}>
          <Icon name={tone} />
          <span class="visually-hidden">{failed ? "Failed: " : call.result ? "Done: " : "Running: "}</span>
        </span>
        <span class="call-name">{call.name}</span>
        <code class="call-summary" dir="auto">{call.summary}</code>
        {call.subagent && <span class="muted">subagent</span>}
        {counts
          ? <Counts added={counts.added} removed={counts.removed} />
          : <span class="muted num">{call.result ? resultSize(call) : ""}</span>}
      </button>
      {open && (
        <div class="call-body">
          {changes ? <EditDiff changes={changes} /> : <Input call={call} />}
          {call.result && call.result.text !== "" && (!changes || failed) && (
            <OutputText text={call.result.text} label={`Output of ${call.name}`} />
          )}
          {!call.result && <p class="muted">No output yet.</p>}
        </div>
      )}
    </li>
  );
}

function resultSize(call: ToolCall): string {
  const text = call.result?.text ?? "";
  if (text === "") return "";
  const lines = text.split("\n", 1001).length;
  return lines > 1000 ? "1000+ lines" : plural(lines, "line");
}

/** What an editing tool changed; null for the others. */
function editChanges({ name, input }: ToolCall): LineChange[] | null {
  if (typeof input !== "object" || input === null) return null;
  const fields = input as Record<string, unknown>;
  const text = (value: unknown) => typeof value === "string" ? value : "";
  if (name === "Edit") return lineDiff(text(fields.old_string), text(fields.new_string));
  if (name === "Write") return lineDiff("", text(fields.content).replace(/\n$/, ""));
  if (name === "MultiEdit" && Array.isArray(fields.edits)) {
    return fields.edits.slice(0, 100).flatMap((edit) => lineDiff(text(edit?.old_string), text(edit?.new_string)));
  }
  return null;
}

const linesMax = 300;

function EditDiff({ changes }: { changes: LineChange[] }) {
  const signs = { same: " ", add: "+", del: "−" };
  return (
    <div class="output">
      <pre class="edit-diff" tabIndex={0} role="group" aria-label="Change">
        {changes.slice(0, linesMax).map((change, index) => (
          <span key={index} class={`diff-${change.kind}`}>{`${signs[change.kind]} ${change.text.slice(0, 2_000)}\n`}</span>
        ))}
      </pre>
      {changes.length > linesMax && <p class="muted">and {changes.length - linesMax} more lines, see Changes</p>}
    </div>
  );
}

function Input({ call }: { call: ToolCall }) {
  const { input } = call;
  if (input === null || input === undefined) return null;
  const fields = typeof input === "object" ? input as Record<string, unknown> : {};
  if (call.name === "Bash" && typeof fields.command === "string") {
    return <OutputText text={`$ ${fields.command}`} label="Command" />;
  }
  return <OutputText text={JSON.stringify(input, null, 2)} label={`Input of ${call.name}`} />;
}
