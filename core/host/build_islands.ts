// Builds what the browser runs: scripts, bundled and minified, and one stylesheet, joined from the rooms' sheets, into
// islands/dist, with the type face and the icons. No dependency is needed at run time.

import { basename, fromFileUrl, join, relative } from "@std/path";

const root = fromFileUrl(new URL("../..", import.meta.url));
const islands = join(root, "islands");

/** The pages' script and each worker; what one needs later, or not at all, are files of their own in its folder. */
const programs = [
  { source: "main.tsx", folder: "page" },
  { source: "stream/stream_worker.ts", folder: "stream" },
  { source: "parts/markdown_worker.ts", folder: "markdown" },
  { source: "code/highlight_worker.ts", folder: "highlight" },
];

/** Files that are served as they are: the type face, and the icons of an installed page. */
const copied = ["inter.woff2", "icon-192.png", "icon-512.png", "icon-full-192.png", "icon-full-512.png"];

/** Every sheet, in the order in which they are joined: of two rules that weigh the same, the later one wins. */
export const sheets: readonly string[] = [
  "tokens.css",
  "brand/font.css",
  "base.css",
  "parts/controls.css",
  "parts/parts.css",
  "parts/text.css",
  "parts/rules.css",
  "parts/ansi.css",
  "code/code.css",
  "board/top_bar.css",
  "board/board.css",
  "board/queue.css",
  "task/task.css",
  "task/facts.css",
  "task/replay.css",
  "task/find.css",
  "transcript/transcript.css",
  "transcript/tools.css",
  "files/files.css",
  "changes/changes.css",
  "changes/file_tree.css",
  "changes/diff.css",
  "code/colours.css",
  "changes/comments.css",
  "form/form.css",
  "landing/landing.css",
  "compare/compare.css",
  "repositories/repositories.css",
  "workers/workers.css",
  "insights/insights.css",
  "settings/settings.css",
  "overlay/overlay.css",
  "screen.css",
  "small_screen.css",
];

/** Where the output is. */
export const islandsDist: string = join(islands, "dist");

/** Builds what is older than its sources. Of several processes that start at the same time one does, and the others wait for it. */
export async function ensureIslands(): Promise<void> {
  if (!islandsAreStale()) return;
  await inTurn(async () => {
    if (islandsAreStale()) await buildIslands();
  });
}

/** While nobody else builds here. */
async function inTurn(build: () => Promise<void>): Promise<void> {
  await Deno.mkdir(islandsDist, { recursive: true });
  using turn = await Deno.open(join(islandsDist, "lock"), { create: true, write: true });
  await turn.lock(true);
  await build();
}

/**
 * Bundles the scripts, joins the sheets, and makes them smaller. Throws with the bundler's words when it fails, and when
 * `sheets` does not name exactly the sheets there are.
 */
async function buildIslands(): Promise<void> {
  await Deno.writeTextFile(join(islandsDist, "style.css"), minifySheet(await joinSheets(islands, sheets)));
  for (const name of copied) await Deno.copyFile(join(islands, "brand", name), join(islandsDist, name));
  // The first one alone: it brings the bundler where that is not there yet, and several at once trip over each other.
  const [first, ...others] = programs;
  await bundle(first!);
  await Promise.all(others.map(bundle));
}

async function bundle({ source, folder }: typeof programs[number]): Promise<void> {
  const [to, made] = [join(islandsDist, folder), join(islandsDist, `${folder}.new`)];
  await Deno.remove(made, { recursive: true }).catch(() => {});
  const args = ["bundle", "--quiet", "--platform", "browser", "--code-splitting", "--minify", "--outdir", made];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, join(islands, source)],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(`Cannot bundle ${source}: ${new TextDecoder().decode(stderr).trim()}`);
  for (const { name } of Deno.readDirSync(made)) await hintCompiler(join(made, name));
  // Parts of an earlier build have other names.
  await Deno.remove(to, { recursive: true }).catch(() => {});
  await Deno.rename(made, to);
}

/**
 * Nearly all of a part is called before its page answers: with this said, a browser compiles it while it arrives, beside the
 * page's own thread, and not function by function on it. Source: https://v8.dev/blog/explicit-compile-hints.
 */
async function hintCompiler(path: string): Promise<void> {
  await Deno.writeTextFile(path, `//# allFunctionsCalledOnLoad\n${await Deno.readTextFile(path)}`);
}

/**
 * The text of the sheets of `folder` in the order of `names`.
 * @throws when a name has no sheet, or a sheet no name: a new room would be served without its looks
 */
export async function joinSheets(folder: string, names: readonly string[]): Promise<string> {
  for await (const path of sheetsIn(folder)) {
    const name = relative(folder, path).replaceAll("\\", "/");
    if (!names.includes(name)) throw new Error(`Cannot join the sheets: ${name} has no place in their order`);
  }
  const texts = await Promise.all(names.map((name) => Deno.readTextFile(join(folder, name))));
  return texts.join("\n");
}

/** Without comments, and without space that means nothing; what is quoted stays as it is. */
export function minifySheet(text: string): string {
  return text
    .replace(/("[^"]*")|\/\*[^]*?\*\//g, "$1")
    .replace(/("[^"]*")|\s*([{};,])\s*|(:)\s+|\s+/g, (_, quoted, mark, colon) => quoted ?? mark ?? colon ?? " ");
}

async function* sheetsIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory && path !== islandsDist) yield* sheetsIn(path);
    else if (name.endsWith(".css")) yield path;
  }
}

/**
 * Whether a source (also of what the browser shares with the server) is newer than the output, or there is none. Synchronous:
 * each start asks this of some hundred files, and waiting for each of them takes ten times as long.
 */
function islandsAreStale(): boolean {
  const outputs = [...programs.map(outputOf), ...copied, "style.css"];
  const built = Math.min(...outputs.map((output) => builtAt(join(islandsDist, output))));
  return [islands, join(root, "core", "domain"), join(root, "core", "view")].some((folder) =>
    isAnyNewer(folder, built)
  );
}

function outputOf({ source, folder }: typeof programs[number]): string {
  return join(folder, basename(source).replace(/\.tsx?$/, ".js"));
}

/** 0 when it is not there. */
function builtAt(path: string): number {
  try {
    return Deno.statSync(path).mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
}

function isAnyNewer(folder: string, than: number): boolean {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory && path !== islandsDist && isAnyNewer(path, than)) return true;
    if (isFile && (Deno.statSync(path).mtime?.getTime() ?? 0) > than) return true;
  }
  return false;
}

if (import.meta.main) await inTurn(buildIslands);
