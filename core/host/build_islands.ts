// Builds what the browser runs: four scripts, bundled and minified, and one stylesheet, joined from the rooms' sheets, into
// islands/dist. No dependency is needed at run time.

import { fromFileUrl, join, relative } from "@std/path";

const root = fromFileUrl(new URL("../..", import.meta.url));
const islands = join(root, "islands");

/** Source and output of each script. */
const scripts = [
  { source: "main.tsx", output: "main.js" },
  { source: "stream/stream_worker.ts", output: "stream_worker.js" },
  { source: "parts/markdown_worker.ts", output: "markdown_worker.js" },
  { source: "changes/highlight_worker.ts", output: "highlight_worker.js" },
];

/** Every sheet, in the order in which they are joined: of two rules that weigh the same, the later one wins. */
export const sheets: readonly string[] = [
  "tokens.css",
  "base.css",
  "parts/controls.css",
  "parts/parts.css",
  "parts/text.css",
  "board/top_bar.css",
  "board/board.css",
  "task/task.css",
  "task/facts.css",
  "task/replay.css",
  "transcript/transcript.css",
  "changes/changes.css",
  "changes/file_tree.css",
  "changes/diff.css",
  "changes/colours.css",
  "changes/comments.css",
  "form/form.css",
  "landing/landing.css",
  "compare/compare.css",
  "repositories/repositories.css",
  "overlay/overlay.css",
  "screen.css",
];

/** Where `buildIslands` puts its output. */
export const islandsDist: string = join(islands, "dist");

/**
 * Bundles the scripts and joins the sheets. `minify` (of the scripts) is on unless it is turned off. Throws with the bundler's
 * words when it fails, and when `sheets` does not name exactly the sheets there are.
 */
export async function buildIslands({ minify = true }: { minify?: boolean } = {}): Promise<void> {
  await Deno.mkdir(islandsDist, { recursive: true });
  const style = await joinSheets(islands, sheets);
  await Deno.writeTextFile(join(islandsDist, "style.css"), style);
  // The first one alone: it brings the bundler where that is not there yet, and several at once trip over each other.
  const [first, ...rest] = scripts;
  await bundle(first!, { minify });
  await Promise.all(rest.map((script) => bundle(script, { minify })));
}

async function bundle({ source, output }: typeof scripts[number], { minify }: { minify: boolean }): Promise<void> {
  const args = ["bundle", "--quiet", "--platform", "browser", "--output", join(islandsDist, output)];
  if (minify) args.push("--minify");
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, join(islands, source)],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(`Cannot bundle ${source}: ${new TextDecoder().decode(stderr).trim()}`);
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

async function* sheetsIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory && path !== islandsDist) yield* sheetsIn(path);
    else if (name.endsWith(".css")) yield path;
  }
}

/** Whether a source (also of what the browser shares with the server) is newer than the output, or there is none. */
export async function islandsAreStale(): Promise<boolean> {
  let built = Infinity;
  for (const output of [...scripts.map(({ output }) => output), "style.css"]) {
    const info = await Deno.stat(join(islandsDist, output)).catch(() => null);
    built = Math.min(built, info?.mtime?.getTime() ?? 0);
  }
  for (const folder of [islands, join(root, "core", "domain"), join(root, "core", "view")]) {
    if (await isAnyNewer(folder, built)) return true;
  }
  return false;
}

async function isAnyNewer(folder: string, than: number): Promise<boolean> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory && path !== islandsDist && await isAnyNewer(path, than)) return true;
    if (isFile && ((await Deno.stat(path)).mtime?.getTime() ?? 0) > than) return true;
  }
  return false;
}

if (import.meta.main) await buildIslands();
