// What tools answer, read back into its parts. Pure. Null: it is not what that tool usually says, and is shown as it is.

/** Lines of one file. */
export interface FileLines {
  /** The number of the first line. */
  first: number;
  lines: string[];
  /** What stands after them. */
  rest: string;
}

/** What Read answers: `   12→const a = 1;`, a line each, in newer versions with a tab after the number. */
export function numberedLines(text: string): FileLines | null {
  const lines: string[] = [];
  let first = 0;
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end);
    const [, number, content] = /^ *(\d{1,9})[→\t](.*)$/s.exec(line) ?? [];
    if (number === undefined || content === undefined) break;
    if (lines.length === 0) first = Number(number);
    else if (Number(number) !== first + lines.length) break;
    lines.push(content);
    at = end < 0 ? text.length : end + 1;
  }
  return lines.length === 0 ? null : { first, lines, rest: text.slice(at).trim() };
}

/** What was found in one file: runs of lines that follow one another. */
export interface FoundFile {
  path: string;
  runs: { first: number; lines: string[] }[];
}

/** What Grep answers with line numbers: `src/a.ts:12:const a = 1;`, context as `src/a.ts-11-`, `--` between stretches. */
export function foundLines(text: string): FoundFile[] | null {
  const files: FoundFile[] = [];
  for (const line of text.trimEnd().split("\n")) {
    if (line === "--" || line === "") continue;
    const [, path, number, content] = matchOf(line, files.at(-1)?.path) ?? [];
    if (path === undefined || number === undefined || content === undefined) return null;
    let file = files.at(-1);
    if (file?.path !== path) files.push(file = { path, runs: [] });
    const run = file.runs.at(-1);
    if (run && Number(number) === run.first + run.lines.length) run.lines.push(content);
    else file.runs.push({ first: Number(number), lines: [content] });
  }
  return files.length === 0 ? null : files;
}

/** Context belongs to the file before it: a name may hold `-7-` itself. */
function matchOf(line: string, path: string | undefined): string[] | null {
  if (path !== undefined && line.startsWith(`${path}-`)) {
    const [, number, content] = /^(\d{1,9})-(.*)$/s.exec(line.slice(path.length + 1)) ?? [];
    if (number !== undefined && content !== undefined) return [line, path, number, content];
  }
  return /^([^:\n]{1,1000}):(\d{1,9}):(.*)$/s.exec(line) ?? /^(.{1,1000}?)-(\d{1,9})-(.*)$/s.exec(line);
}

/** What Glob answers, and Grep when it lists files: a path a line, perhaps after a line that counts them. */
export function listedPaths(text: string): string[] | null {
  const lines = text.trimEnd().split("\n");
  const isCounted = /^Found \d+ files?/.test(lines[0] ?? "");
  if (isCounted) lines.shift();
  const isPath = (line: string) => canBePath(line) && (isCounted || looksLikePath(line));
  return lines.length > 0 && lines.every(isPath) ? lines : null;
}

function canBePath(line: string): boolean {
  return line !== "" && line.length <= 1_000 && !/[\0:*?"<>|]|^\s|\s$|^No /.test(line);
}

/** Code, which may hold no sign that is in no path, has spaces beside signs of its own, or neither folder nor ending. */
function looksLikePath(line: string): boolean {
  if (/\s/.test(line) && /[=;(){}]|^\/\/|\s\//.test(line)) return false;
  return line.includes("/") || /\.\w{1,12}$/.test(line);
}
