// Where a comment is typed. What is typed survives a reload.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Drafts } from "./drafts.ts";

interface CommentFieldProps {
  drafts: Drafts;
  /** Of the draft. */
  place: string;
  label: string;
  action: string;
  /** False when it was refused; the page says why, and the text stays. */
  onSave(text: string): Promise<boolean>;
}

export function CommentField({ drafts, place, label, action, onSave }: CommentFieldProps) {
  const busy = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const text = drafts.all.value[place] ?? "";
  // A field that was opened now is typed into; one that a reload brought back is not.
  useEffect(() => {
    if (text === "") field.current?.focus({ preventScroll: true });
  }, []);
  const save = async () => {
    const words = text.trim();
    if (words === "" || busy.peek()) return;
    busy.value = true;
    if (await onSave(words)) drafts.set(place, null);
    busy.value = false;
  };
  return (
    <form
      class="comment-field"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        rows={Math.min(12, Math.max(3, text.split("\n").length))}
        aria-label={label}
        placeholder={label}
        value={text}
        onInput={(event) => drafts.set(place, event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && text === "") drafts.set(place, null);
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          void save();
        }}
      />
      <p class="comment-actions">
        <button type="submit" class="primary" disabled={busy.value || text.trim() === ""}>{action}</button>
        <button type="button" onClick={() => drafts.set(place, null)}>Discard</button>
      </p>
    </form>
  );
}
