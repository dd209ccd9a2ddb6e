// The folders and files of a task's work; a folder is read when it is opened.

import { bytes } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import type { FilePlace } from "../parts/places.ts";
import { useStore } from "../state/store.ts";
import type { TaskFiles } from "./task_files.ts";

interface FolderTreeProps {
  files: TaskFiles;
  onShow(place: FilePlace): void;
  href(place: FilePlace): string;
}

export function FolderTree(props: FolderTreeProps) {
  return (
    <nav class="folder-tree" aria-label="Files">
      <FolderRows {...props} path="" depth={0} />
    </nav>
  );
}

function FolderRows(props: FolderTreeProps & { path: string; depth: number }) {
  const { files, path, depth } = props;
  const folder = files.folders.value.get(path);
  if (folder === undefined || folder === "reading") return <p class="muted tree-note">Reading the folder</p>;
  if ("error" in folder) return <p class="tree-note" role="status">{folder.error}</p>;
  if (folder.entries.length === 0) return <p class="muted tree-note">Nothing is in here.</p>;
  const inner = path === "" ? "" : `${path}/`;
  return (
    <ul>
      {folder.entries.map(({ name, kind, bytes }) => {
        const row = { ...props, name, path: `${inner}${name}` };
        return (
          <li key={name}>
            {kind === "folder" ? <FolderRow {...row} /> : <FileRow {...row} kind={kind} size={bytes} />}
          </li>
        );
      })}
      {folder.is_cut && <li class={`muted tree-note depth-${Math.min(8, depth)}`}>and more files</li>}
    </ul>
  );
}

function FolderRow(props: FolderTreeProps & { name: string; path: string; depth: number }) {
  const { files, name, path, depth } = props;
  const store = useStore();
  const isOpen = files.opened.value.has(path);
  return (
    <>
      <button
        type="button"
        class={`quiet tree-row depth-${Math.min(8, depth)}`}
        aria-expanded={isOpen}
        disabled={store.asleep}
        onClick={() => void files.toggle(path)}
      >
        <Icon name="chevron" />
        <Icon name="folder" />
        <bdi class="tree-name">{name}</bdi>
      </button>
      {isOpen && <FolderRows {...props} depth={depth + 1} />}
    </>
  );
}

const kindWords = { file: null, link: "link", repository: "repository" };

interface FileRowProps extends FolderTreeProps {
  name: string;
  path: string;
  depth: number;
  kind: "file" | "link" | "repository";
  /** In bytes. */
  size: number | null;
}

function FileRow({ files, name, path, depth, kind, size, onShow, href }: FileRowProps) {
  const classes = `tree-row depth-${Math.min(8, depth)}`;
  const words = (
    <>
      <Icon name="file" />
      <bdi class="tree-name">{name}</bdi>
      <span class="muted num">{size === null ? kindWords[kind] : bytes(size)}</span>
    </>
  );
  if (kind === "repository") return <span class={classes}>{words}</span>;
  const place = { path, line: null };
  return (
    <a
      class={classes}
      href={href(place)}
      aria-current={files.place.value?.path === path ? "page" : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onShow(place);
      }}
    >
      {words}
    </a>
  );
}
