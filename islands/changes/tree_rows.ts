// The changed files as a tree, row by row. Pure.

export interface TreeRow {
  /** A folder with everything between it and its first fork, or a file's name. */
  name: string;
  depth: number;
  /** Index into the files; null for a folder. */
  file: number | null;
}

/** The files as a tree, drawn row by row; folders with one child are joined. */
export function treeRows(files: { path: string }[]): TreeRow[] {
  interface Folder {
    folders: Map<string, Folder>;
    files: [name: string, index: number][];
  }
  const root: Folder = { folders: new Map(), files: [] };
  files.forEach(({ path }, index) => {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    let folder = root;
    for (const part of parts) {
      let next = folder.folders.get(part);
      if (!next) folder.folders.set(part, next = { folders: new Map(), files: [] });
      folder = next;
    }
    folder.files.push([name, index]);
  });
  const rows: TreeRow[] = [];
  const walk = (folder: Folder, depth: number) => {
    for (const [name, child] of [...folder.folders].sort(byName)) {
      let label = name;
      let inner = child;
      while (inner.files.length === 0 && inner.folders.size === 1) {
        const [[next, only]] = inner.folders as Iterable<[string, Folder]> as [[string, Folder]];
        label += `/${next}`;
        inner = only;
      }
      rows.push({ name: label, depth, file: null });
      walk(inner, depth + 1);
    }
    for (const [name, index] of folder.files.sort(byName)) {
      rows.push({ name, depth, file: index });
    }
  };
  walk(root, 0);
  return rows;
}

/** The same order on the server and in every browser. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The files in the order in which the tree names them. */
export function inTreeOrder<File extends { path: string }>(files: File[]): File[] {
  return treeRows(files).flatMap(({ file }) => file === null ? [] : files[file] ?? []);
}
