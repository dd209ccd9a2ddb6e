// What an editing tool changed, line by line and in the colours of its language.

import { useMemo } from "preact/hooks";
import { useColours } from "../code/code_lines.tsx";
import { languageOf } from "../code/languages.ts";
import { CodeText } from "../code/code_text.tsx";
import { CopyButton } from "../parts/copy_button.tsx";
import { type LineChange, lineDiff } from "./line_diff.ts";
import { fieldsOf, inputText, type ToolCall } from "../../core/view/transcript/tool_calls.ts";

/** What an editing tool changed; null for the others. */
export function editChanges(call: ToolCall): LineChange[] | null {
  const { name, input } = call;
  const { edits } = fieldsOf(input);
  const diff = (edit: unknown) =>
    lineDiff(inputText({ input: edit }, "old_string"), inputText({ input: edit }, "new_string"));
  if (name === "Edit") return diff(input);
  if (name === "Write") return lineDiff("", inputText(call, "content").replace(/\n$/, ""));
  if (name === "MultiEdit" && Array.isArray(edits)) return edits.slice(0, 100).flatMap(diff);
  return null;
}

const linesMax = 300;
const lengthMax = 2_000;
const signs = { same: " ", add: "+", del: "−" };

export function EditDiff({ changes, path }: { changes: LineChange[]; path: string }) {
  const shown = useMemo(
    () => changes.slice(0, linesMax).map((change) => ({ ...change, text: change.text.slice(0, lengthMax) })),
    [changes],
  );
  const language = languageOf(path);
  const before = useSide(shown, "add", language);
  const after = useSide(shown, "del", language);
  return (
    <div class="output">
      <CopyButton text={() => newText(changes)} what="Copy the new text" />
      <pre class="edit-diff" tabIndex={0} role="group" aria-label="Change">
        {shown.map((change, index) => (
          <span key={index} class={`diff-${change.kind}`}>
            {`${signs[change.kind]} `}
            <CodeText text={change.text} colours={(change.kind === "del" ? before : after).get(index)} />
            {"\n"}
          </span>
        ))}
      </pre>
      {changes.length > linesMax && <p class="muted">and {changes.length - linesMax} more lines, see Changes</p>}
    </div>
  );
}

function newText(changes: LineChange[]): string {
  return changes.filter(({ kind }) => kind !== "del").map(({ text }) => text).join("\n");
}

/** The colours of the lines of one version, by their place among all. */
function useSide(changes: LineChange[], without: LineChange["kind"], language: string | null) {
  const places = useMemo(() => [...changes.keys()].filter((at) => changes[at]?.kind !== without), [changes]);
  const lines = useMemo(() => places.map((at) => changes[at]?.text ?? ""), [places]);
  const colours = useColours(lines, language);
  return useMemo(() => new Map(places.map((at, index) => [at, colours?.[index]])), [colours, places]);
}
