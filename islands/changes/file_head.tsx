// The head of a file: its path, what happened to it, how much, and the reader's mark.

import { CopyButton } from "../parts/copy_button.tsx";
import { useStore } from "../state/store.ts";
import { Icon } from "../parts/icon.tsx";
import { MiddlePath } from "../parts/middle_path.tsx";
import { Counts } from "../parts/state_badge.tsx";
import type { Review } from "./review.ts";
import type { DiffFile } from "./unified_diff.ts";
import { isViewed } from "./viewed.ts";

export function FileHead({ review, file, folded }: { review: Review; file: DiffFile; folded: boolean }) {
  const store = useStore();
  const disabled = store.asleep;
  return (
    <div class="diff-head">
      <button
        type="button"
        class="quiet icon-only tiny fold"
        aria-expanded={!folded}
        aria-label={`${folded ? "Unfold" : "Fold"} ${file.path}`}
        disabled={disabled}
        onClick={() => review.setFolded(file, !folded)}
      >
        <Icon name="chevron" />
      </button>
      {file.from && file.from !== file.path && (
        <>
          <MiddlePath path={file.from} /> →
        </>
      )}
      <MiddlePath path={file.path} />
      <CopyButton text={file.path} what={`Copy the path ${file.path}`} />
      <span class="muted">{changeWords(file)}</span>
      <span class="grow" />
      <Counts added={file.added} removed={file.removed} />
      <label class="viewed">
        <input
          type="checkbox"
          checked={isViewed(review.viewed.value, file)}
          disabled={disabled}
          onChange={(event) => review.setViewed(file, event.currentTarget.checked)}
        />
        Viewed
      </label>
    </div>
  );
}

function changeWords({ change, binary, oldMode, mode }: DiffFile): string {
  const words: string[] = change === "changed" ? [] : [change];
  if (binary) words.push("binary");
  if (oldMode && mode) words.push(`mode ${oldMode} → ${mode}`);
  return words.join(", ");
}
