// Text from tools, contained: colours kept, control sequences gone, and only a part of what is very long until asked for.

import { useSignal } from "@preact/signals";
import { ansiSegments, plainText } from "./ansi.ts";
import { exactColours } from "./ansi_style.ts";
import { bytes } from "../../core/view/format.ts";
import { CopyButton } from "./copy_button.tsx";
import { TextWithPlaces } from "./place_link.tsx";
import { endOf, shownMax, startOf } from "./text_part.ts";

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
      <CopyButton text={() => plainText(text)} what={`Copy: ${label}`} />
      {from === "end" && more}
      <pre class="plain" tabIndex={0} role="group" aria-label={label}>
        {ansiSegments(shown).map(({ text, class: name }, index) => {
          const words = <TextWithPlaces key={index} text={text} />;
          return name ? <span key={`${index} ${name}`} class={name} ref={paint}>{words}</span> : words;
        })}
      </pre>
      {from === "start" && more}
      {all.value && text.length > shownMax && <p class="muted">The rest is in the events.</p>}
    </div>
  );
}

/** Sets colours that have no name by the element's own style object: the page's policy allows no style in its HTML. */
function paint(span: HTMLElement | null): void {
  if (!span) return;
  const { colour, ground } = exactColours(span.className);
  if (colour) span.style.setProperty("--ansi-colour", colour);
  if (ground) span.style.setProperty("--ansi-ground", ground);
}
