// A unified diff, read into files, hunks and lines; and the tree of its paths. Pure.

export type DiffLine =
  | { kind: "same"; text: string; before: number; after: number }
  | { kind: "del"; text: string; before: number }
  | { kind: "add"; text: string; after: number }
  /** `\ No newline at end of file`. */
  | { kind: "note"; text: string };

export interface DiffHunk {
  header: string;
  lines: DiffLine[];
}

export interface DiffFile {
  /** The new path, or the old one of a deleted file. */
  path: string;
  /** The old path of a renamed file. */
  from: string | null;
  change: "added" | "deleted" | "renamed" | "changed";
  binary: boolean;
  added: number;
  removed: number;
  hunks: DiffHunk[];
}

export function parseDiff(text: string): DiffFile[] {
  const files: DiffFile[] = [];
  let file: DiffFile | null = null;
  let hunk: DiffHunk | null = null;
  let before = 0;
  let after = 0;
  let oldLeft = 0;
  let newLeft = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith("diff --git ")) {
      file = startFile(line);
      files.push(file);
      hunk = null;
      continue;
    }
    if (!file) continue;
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$/.exec(line);
    if (header && oldLeft <= 0 && newLeft <= 0) {
      before = Number(header[1]);
      after = Number(header[3]);
      oldLeft = Number(header[2] ?? 1);
      newLeft = Number(header[4] ?? 1);
      hunk = { header: (header[5] ?? "").trim(), lines: [] };
      file.hunks.push(hunk);
      continue;
    }
    if (!hunk || (oldLeft <= 0 && newLeft <= 0)) {
      if (hunk && line.startsWith("\\")) hunk.lines.push({ kind: "note", text: line.slice(2) });
      else readHeader(file, line);
      continue;
    }
    const rest = line.slice(1);
    if (line.startsWith("+")) {
      hunk.lines.push({ kind: "add", text: rest, after: after++ });
      file.added++;
      newLeft--;
    } else if (line.startsWith("-")) {
      hunk.lines.push({ kind: "del", text: rest, before: before++ });
      file.removed++;
      oldLeft--;
    } else if (line.startsWith("\\")) {
      hunk.lines.push({ kind: "note", text: line.slice(2) });
    } else {
      hunk.lines.push({ kind: "same", text: rest, before: before++, after: after++ });
      oldLeft--;
      newLeft--;
    }
  }
  return files;
}

function startFile(line: string): DiffFile {
  // `diff --git a/x b/x`: both halves are the same unless the file was renamed, and then "rename to" follows.
  const names = line.slice("diff --git ".length);
  const quoted = /"b\/((?:[^"\\]|\\.)*)"$/.exec(names);
  const path = quoted ? unquoted(`"${quoted[1]}"`) : names.slice(Math.ceil(names.length / 2)).replace(/^b\//, "");
  return { path, from: null, change: "changed", binary: false, added: 0, removed: 0, hunks: [] };
}

function readHeader(file: DiffFile, line: string): void {
  if (line.startsWith("new file")) file.change = "added";
  else if (line.startsWith("deleted file")) file.change = "deleted";
  else if (line.startsWith("rename from ")) [file.change, file.from] = ["renamed", unquoted(line.slice(12))];
  else if (line.startsWith("rename to ")) file.path = unquoted(line.slice(10));
  else if (line.startsWith("Binary files ") || line.startsWith("GIT binary patch")) file.binary = true;
  else if (line.startsWith("--- ")) {
    const name = unquoted(line.slice(4).replace(/\t$/, ""));
    if (name !== "/dev/null") file.path = name.replace(/^a\//, "");
  } else if (line.startsWith("+++ ")) {
    const name = unquoted(line.slice(4).replace(/\t$/, ""));
    if (name !== "/dev/null") file.path = name.replace(/^b\//, "");
  }
}

/** git quotes names with unusual bytes as C strings. */
function unquoted(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const escapes: Record<string, number> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11 };
  const bytes: number[] = [];
  const inner = name.slice(1, -1);
  for (let index = 0; index < inner.length; index++) {
    const char = inner[index] ?? "";
    if (char !== "\\") {
      bytes.push(...new TextEncoder().encode(char));
      continue;
    }
    const octal = /^[0-7]{3}/.exec(inner.slice(index + 1, index + 4));
    if (octal) {
      bytes.push(parseInt(octal[0], 8));
      index += 3;
    } else {
      const next = inner[++index] ?? "";
      bytes.push(escapes[next] ?? next.charCodeAt(0));
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

export interface SplitRow {
  left: DiffLine | null;
  right: DiffLine | null;
}

/** Side by side: a run of removals stands beside the run of additions that follows it. */
export function splitRows(lines: DiffLine[]): SplitRow[] {
  const rows: SplitRow[] = [];
  let dels: DiffLine[] = [];
  let adds: DiffLine[] = [];
  const flush = () => {
    for (let index = 0; index < Math.max(dels.length, adds.length); index++) {
      rows.push({ left: dels[index] ?? null, right: adds[index] ?? null });
    }
    dels = [];
    adds = [];
  };
  for (const line of lines) {
    if (line.kind === "del") {
      if (adds.length > 0) flush();
      dels.push(line);
    } else if (line.kind === "add") {
      adds.push(line);
    } else {
      flush();
      rows.push({ left: line, right: line });
    }
  }
  flush();
  return rows;
}

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
    for (const [name, child] of [...folder.folders].sort(([a], [b]) => a.localeCompare(b))) {
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
    for (const [name, index] of folder.files.sort(([a], [b]) => a.localeCompare(b))) {
      rows.push({ name, depth, file: index });
    }
  };
  walk(root, 0);
  return rows;
}
