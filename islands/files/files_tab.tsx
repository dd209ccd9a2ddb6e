// A look into the work as a tab: its folders, and the file that was chosen.

import type { FilePlace } from "../parts/places.ts";
import { Resizer } from "../parts/resizer.tsx";
import { showFile } from "../state/actions.ts";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { fileUrlOf } from "./file_opener.ts";
import { FileView } from "./file_view.tsx";
import { FolderTree } from "./folder_tree.tsx";
import { useFolders } from "./use_folders.ts";

/** Of a past moment, since files are kept a little after the tool that changed them. */
function MomentNote({ open }: { open: OpenTask }) {
  if (open.at.value === null) return null;
  return <p class="muted tree-note">The files as they were at event {open.at.value}, as far as they were kept.</p>;
}

export function FilesTab({ open }: { open: OpenTask }) {
  const store = useStore();
  const stamp = useFolders(open);
  const place = open.files.place.value;
  const show = (next: FilePlace) => showFile(store, next);
  return (
    <div class="files" role="region" aria-label="Files">
      <div class={`files-tree${place ? " has-file" : ""}`} tabIndex={0}>
        <MomentNote open={open} />
        <FolderTree files={open.files} onShow={show} href={(next) => fileUrlOf(store, open, next)} />
      </div>
      <Resizer name="files" of="previous" min={160} max={560} label="Width of the folders" />
      {place
        ? <FileView open={open} place={place} stamp={stamp} />
        : <p class="panel-note muted">Choose a file to read it.</p>}
    </div>
  );
}
