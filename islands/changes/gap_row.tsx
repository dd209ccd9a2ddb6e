// What a diff does not show between its hunks, and the buttons that show it.

import { useStore } from "../state/store.ts";
import type { Gap } from "./diff_rows.ts";
import { plural } from "../../core/view/format.ts";

interface GapRowProps {
  gap: Gap;
  columns: number;
  /** Null: nothing more can be shown. */
  onOpen: ((gap: Gap, way: "down" | "up" | "all") => void) | null;
}

/** With this many lines left, one button shows them all. */
const fewLines = 20;

export function GapRow({ gap, columns, onOpen }: GapRowProps) {
  const { hidden, header } = gap;
  const disabled = useStore().asleep;
  const isFew = hidden !== null && hidden <= fewLines;
  return (
    <tr class="gap">
      <td colSpan={columns}>
        <span class="gap-content">
          {onOpen && !isFew && gap.down && (
            <button
              type="button"
              class="quiet small"
              disabled={disabled}
              onClick={() => onOpen(gap, "down")}
            >
              20 lines down
            </button>
          )}
          {onOpen && !isFew && gap.up && (
            <button
              type="button"
              class="quiet small"
              disabled={disabled}
              onClick={() => onOpen(gap, "up")}
            >
              Show 20 up
            </button>
          )}
          {onOpen && (
            <button type="button" class="quiet small" disabled={disabled} onClick={() => onOpen(gap, "all")}>
              {hidden === null ? "Show to the end" : `Show ${plural(hidden, "line")}`}
            </button>
          )}
          {!onOpen && hidden !== null && <span>{plural(hidden, "line")} not shown</span>}
          <bdi class="mono">{header}</bdi>
        </span>
      </td>
    </tr>
  );
}
