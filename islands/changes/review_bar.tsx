// What is compared and how long it is, how much of it was viewed, and how it is laid out.

import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { pointOptions } from "./points.ts";
import { plural } from "../../core/view/format.ts";
import type { Review } from "./review.ts";
import type { DiffFile } from "./unified_diff.ts";
import { isViewed } from "./viewed.ts";

export function ReviewBar({ open, files }: { open: OpenTask; files: DiffFile[] }) {
  const { review } = open;
  const task = open.task.value;
  const added = files.reduce((sum, file) => sum + file.added, 0);
  const removed = files.reduce((sum, file) => sum + file.removed, 0);
  const viewed = files.filter((file) => isViewed(review.viewed.value, file)).length;
  const isNow = open.at.value === null && review.to.value === "now";
  return (
    <div class="bar review-bar">
      <span class="num">
        {plural(files.length, "file")} <span class="add">+{added}</span> <span class="del">−{removed}</span>
      </span>
      {files.length > 0 && <span class="num muted">{viewed} of {files.length} viewed</span>}
      {isNow && task.snapshot && <span class="muted">from the saved work</span>}
      {isNow && task.status === "in_progress" && <span class="muted">as it stands now</span>}
      {open.at.value !== null && <span class="muted">as it was at event {open.at.value}</span>}
      {review.error.value && <span class="tone-fail">{review.error.value}</span>}
      <span class="grow" />
      {open.at.value === null && <Compare open={open} />}
      <Layout review={review} />
    </div>
  );
}

function Compare({ open }: { open: OpenTask }) {
  const store = useStore();
  const { review } = open;
  const { points, comments } = open.task.value;
  // Of those that were sent, what came since can be looked at alone.
  const named = comments.total > comments.unsent ? [...points, { name: "review" }] : points;
  const ends = [
    { end: "from", label: "Compare from", value: review.from.value },
    { end: "to", label: "Compare to", value: review.to.value },
  ] as const;
  return (
    <span class="points">
      <span class="muted">Compare</span>
      {ends.map(({ end, label, value }) => (
        <select
          key={end}
          aria-label={label}
          value={value}
          disabled={store.asleep}
          onChange={(event) => review.setPoints({ [end]: event.currentTarget.value })}
        >
          {pointOptions(named, { end, chosen: value }).map(({ name, words }) => (
            <option key={name} value={name} selected={name === value}>{words}</option>
          ))}
        </select>
      ))}
    </span>
  );
}

function Layout({ review }: { review: Review }) {
  const disabled = useStore().asleep;
  const split = review.split.value;
  return (
    <>
      <label class="viewed">
        <input
          type="checkbox"
          checked={review.hidesSpace.value}
          disabled={disabled}
          onChange={(event) => review.setHidesSpace(event.currentTarget.checked)}
        />
        Hide white space
      </label>
      <span class="segmented" role="group" aria-label="Layout">
        <button type="button" aria-pressed={!split} disabled={disabled} onClick={() => review.setSplit(false)}>
          Unified
        </button>
        <button type="button" aria-pressed={split} disabled={disabled} onClick={() => review.setSplit(true)}>
          Split
        </button>
      </span>
    </>
  );
}
