// The changed files as a tree, each a link to its diff.

import { Icon } from "../parts/icon.tsx";
import { Counts } from "../parts/state_badge.tsx";
import type { Review } from "./review.ts";
import { treeRows } from "./tree_rows.ts";
import type { DiffFile } from "./unified_diff.ts";
import { isViewed } from "./viewed.ts";

const letters = { added: "A", deleted: "D", renamed: "R", changed: "M" };
const words = { added: "added", deleted: "deleted", renamed: "renamed", changed: "modified" };

export function FileTree({ review, files }: { review: Review; files: DiffFile[] }) {
  const viewed = review.viewed.value;
  return (
    <nav class="file-tree" aria-label="Changed files">
      <ul>
        {treeRows(files).map((row) => {
          const file = row.file === null ? undefined : files[row.file];
          return (
            <li key={`${row.depth}${row.name}${row.file}`} class={`depth-${Math.min(8, row.depth)}`}>
              {file
                ? (
                  <a href={`#file-${row.file}`} class={isViewed(viewed, file) ? "seen" : undefined}>
                    <abbr class={`change-${file.change}`} title={words[file.change]}>{letters[file.change]}</abbr>
                    <bdi>{row.name}</bdi> <Counts added={file.added} removed={file.removed} />
                  </a>
                )
                : (
                  <span class="muted">
                    <Icon name="folder" />
                    <bdi>{row.name}</bdi>
                  </span>
                )}
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
