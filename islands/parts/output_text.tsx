// Text from tools, contained: colours kept, control sequences gone, and only the start of what is very long until asked for.

import { useSignal } from "@preact/signals";
import { ansiSegments } from "./ansi.ts";
import { bytes } from "./format.ts";

const shownAtFirst = 6_000;
const linesAtFirst = 60;
/** No browser draws more than this in one element without stopping to think. */
const shownMax = 400_000;

export function OutputText({ text, label }: { text: string; label: string }) {
  const all = useSignal(false);
  const start = startOf(text);
  const shown = all.value ? text.slice(0, shownMax) : start;
  return (
    <div class="output">
      <pre class="plain" tabIndex={0} role="group" aria-label={label}>
        {ansiSegments(shown).map((segment, index) => {
          const name = `${segment.colour ? `ansi-${segment.colour}` : ""}${segment.bold ? " ansi-bold" : ""}`;
          return name ? <span key={index} class={name}>{segment.text}</span> : segment.text;
        })}
      </pre>
      {!all.value && start.length < text.length && (
        <button
          type="button"
          class="quiet small"
          onClick={() => all.value = true}
        >
          Show all, {bytes(text.length)}
        </button>
      )}
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
