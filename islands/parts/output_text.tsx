// Text from tools, contained: colours kept, control sequences gone, and only a part of what is very long until asked for.

import { useSignal } from "@preact/signals";
import { ansiSegments } from "./ansi.ts";
import { bytes } from "./format.ts";

const shownAtFirst = 6_000;
const linesAtFirst = 60;
/** No browser draws more than this in one element without stopping to think. */
const shownMax = 400_000;

/** `from`: which part of a long text is shown at first; what goes on is best seen at its end. */
export function OutputText({ text, label, from = "start" }: { text: string; label: string; from?: "start" | "end" }) {
  const all = useSignal(false);
  const part = from === "start" ? startOf(text) : endOf(text);
  const shown = all.value ? text.slice(0, shownMax) : part;
  const more = !all.value && part.length < text.length && (
    <button
      type="button"
      class="quiet small"
      onClick={() => all.value = true}
    >
      Show all, {bytes(text.length)}
    </button>
  );
  return (
    <div class="output">
      {from === "end" && more}
      <pre class="plain" tabIndex={0} role="group" aria-label={label}>
        {ansiSegments(shown).map((segment, index) => {
          const name = `${segment.colour ? `ansi-${segment.colour}` : ""}${segment.bold ? " ansi-bold" : ""}`;
          return name ? <span key={index} class={name}>{segment.text}</span> : segment.text;
        })}
      </pre>
      {from === "start" && more}
      {all.value && text.length > shownMax && <p class="muted">The rest is in the events.</p>}
    </div>
  );
}

function startOf(text: string): string {
  let end = -1;
  for (let line = 0; line < linesAtFirst; line++) {
    end = text.indexOf("\n", end + 1);
    if (end < 0) break;
  }
  return text.slice(0, Math.min(end < 0 ? text.length : end, shownAtFirst));
}

function endOf(text: string): string {
  let start = text.trimEnd().length;
  for (let line = 0; line < linesAtFirst && start > 0; line++) start = text.lastIndexOf("\n", start - 1);
  return text.slice(Math.max(start + 1, text.length - shownAtFirst));
}
