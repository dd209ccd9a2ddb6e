// A unified diff, read into files, hunks and lines. Pure.

export type DiffLine =
  | { kind: "same"; text: string; before: number; after: number }
  | { kind: "del"; text: string; before: number }
  | { kind: "add"; text: string; after: number }
  /** `\ No newline at end of file`. */
  | { kind: "note"; text: string };

export interface DiffHunk {
  header: string;
  /** The first line of each side, from 1; of a side without lines the one that would follow. */
  before: number;
  after: number;
  lines: DiffLine[];
}

export interface DiffFile {
  /** The new path, or the old one of a deleted file. */
  path: string;
  /** The old path of a renamed file. */
  from: string | null;
  change: "added" | "deleted" | "renamed" | "changed";
  /** Ids of the content before and after, as long as git wrote them; null where git named none. */
  oldBlob: string | null;
  blob: string | null;
  /** As git writes them (`100644`); null where the mode did not change. */
  oldMode: string | null;
  mode: string | null;
  binary: boolean;
  added: number;
  removed: number;
  hunks: DiffHunk[];
}

export function parseDiff(text: string): DiffFile[] {
  const parser = new DiffParser();
  parser.write(text);
  return parser.end();
}

/** Reads a diff piece by piece, so that a long one can be read between other work. */
export class DiffParser {
  readonly #files: DiffFile[] = [];
  #file: DiffFile | null = null;
  #hunk: DiffHunk | null = null;
  #rest = "";
  #before = 0;
  #after = 0;
  #oldLeft = 0;
  #newLeft = 0;

  /** Takes any piece of the text that follows. */
  write(piece: string): void {
    const text = this.#rest + piece;
    let from = 0;
    for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
      this.#line(text.slice(from, to));
      from = to + 1;
    }
    this.#rest = text.slice(from);
  }

  /** The files in the order of the diff. */
  end(): DiffFile[] {
    if (this.#rest !== "") this.#line(this.#rest);
    this.#rest = "";
    return this.#files;
  }

  #line(line: string): void {
    const isInside = this.#hunk !== null && (this.#oldLeft > 0 || this.#newLeft > 0);
    if (isInside && /^[-+ \\]|^$/.test(line)) return this.#content(this.#hunk!, line);
    if (line.startsWith("diff --git ")) {
      this.#file = startFile(line);
      this.#files.push(this.#file);
      this.#hunk = null;
      return;
    }
    if (!this.#file) return;
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$/.exec(line);
    if (header) this.#begin(this.#file, header);
    else if (this.#hunk && line.startsWith("\\")) this.#hunk.lines.push({ kind: "note", text: line.slice(2) });
    else if (!this.#hunk) readHeader(this.#file, line);
  }

  #begin(file: DiffFile, header: RegExpExecArray): void {
    this.#oldLeft = Number(header[2] ?? 1);
    this.#newLeft = Number(header[4] ?? 1);
    this.#before = Number(header[1]) + (this.#oldLeft === 0 ? 1 : 0);
    this.#after = Number(header[3]) + (this.#newLeft === 0 ? 1 : 0);
    this.#hunk = { header: (header[5] ?? "").trim(), before: this.#before, after: this.#after, lines: [] };
    file.hunks.push(this.#hunk);
  }

  #content(hunk: DiffHunk, line: string): void {
    const text = line.slice(1);
    if (line.startsWith("+")) {
      hunk.lines.push({ kind: "add", text, after: this.#after++ });
      this.#file!.added++;
      this.#newLeft--;
    } else if (line.startsWith("-")) {
      hunk.lines.push({ kind: "del", text, before: this.#before++ });
      this.#file!.removed++;
      this.#oldLeft--;
    } else if (line.startsWith("\\")) {
      hunk.lines.push({ kind: "note", text: line.slice(2) });
    } else {
      hunk.lines.push({ kind: "same", text, before: this.#before++, after: this.#after++ });
      this.#oldLeft--;
      this.#newLeft--;
    }
  }
}

function startFile(line: string): DiffFile {
  // `diff --git a/x b/x`: both halves are the same unless the file was renamed, and then "rename to" follows.
  const names = line.slice("diff --git ".length);
  const quoted = /"b\/((?:[^"\\]|\\.)*)"$/.exec(names);
  const path = quoted ? unquoted(`"${quoted[1]}"`) : names.slice(Math.ceil(names.length / 2)).replace(/^b\//, "");
  return {
    path,
    from: null,
    change: "changed",
    oldBlob: null,
    blob: null,
    oldMode: null,
    mode: null,
    binary: false,
    added: 0,
    removed: 0,
    hunks: [],
  };
}

function readHeader(file: DiffFile, line: string): void {
  const index = /^index ([0-9a-f]+)\.\.([0-9a-f]+)/.exec(line);
  if (index) [file.oldBlob, file.blob] = [index[1] ?? null, index[2] ?? null];
  else if (line.startsWith("new file")) file.change = "added";
  else if (line.startsWith("deleted file")) file.change = "deleted";
  else if (line.startsWith("old mode ")) file.oldMode = line.slice(9);
  else if (line.startsWith("new mode ")) file.mode = line.slice(9);
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
