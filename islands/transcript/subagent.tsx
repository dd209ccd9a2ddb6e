// What a subagent says and does, within the call that started it.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { plural } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { isWithin } from "./tool_groups.ts";
import { useFound } from "./use_found.ts";
import type { ShownCall, TranscriptItem } from "../../core/view/transcript/transcript_items.ts";

export type DrawItem = (item: TranscriptItem) => JSX.Element;

/** `isOpen`: it may still be at work. `draw`: an item of its own transcript. */
export function Subagent({ call, isOpen, draw }: { call: ShownCall; isOpen: boolean; draw: DrawItem }) {
  // Shown while it works; what a reader opened or closed stays so.
  const chosen = useSignal<boolean | null>(null);
  useFound(chosen, (seq) => isWithin(call.nested, seq));
  const open = chosen.value ?? (isOpen && call.result === null);
  const calls = call.nested.reduce((sum, item) => sum + (item.kind === "tools" ? item.calls.length : 0), 0);
  return (
    <div class="subagent">
      <button type="button" class="quiet small" aria-expanded={open} onClick={() => chosen.value = !open}>
        <Icon name="chevron" />
        Subagent, {plural(calls, "tool call")}
      </button>
      {open && <div class="of-subagent">{call.nested.map(draw)}</div>}
    </div>
  );
}
