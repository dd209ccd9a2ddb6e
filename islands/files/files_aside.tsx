// The same beside the views of a task, in less room: the folders, or the file with a way back to them.

import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { fileUrlOf } from "./file_opener.ts";
import { FileView } from "./file_view.tsx";
import { FolderTree } from "./folder_tree.tsx";
import { useFolders } from "./use_folders.ts";

export function FilesAside({ open }: { open: OpenTask }) {
  const store = useStore();
  const stamp = useFolders(open);
  const { files } = open;
  const place = files.place.value;
  return (
    <div class="files-aside">
      {place
        ? (
          <>
            <button type="button" class="quiet small" onClick={() => files.place.value = null}>
              <Icon name="back" />All files
            </button>
            <FileView open={open} place={place} stamp={stamp} />
          </>
        )
        : (
          <FolderTree
            files={files}
            onShow={(next) => files.show(next)}
            href={(next) => fileUrlOf(store, open, next)}
          />
        )}
    </div>
  );
}
