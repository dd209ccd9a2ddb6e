// Builds what the browser runs: three scripts, bundled and minified into islands/dist. No dependency is needed at run time.

import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../..", import.meta.url));
const islands = join(root, "islands");

/** Source and output of each script. */
const scripts = [
  { source: "main.tsx", output: "main.js" },
  { source: "stream/stream_worker.ts", output: "stream_worker.js" },
  { source: "parts/markdown_worker.ts", output: "markdown_worker.js" },
];

/** Where `buildIslands` puts its output. */
export const islandsDist: string = join(islands, "dist");

/** Bundles the scripts. Throws with the bundler's words when it fails. `minify` is on unless it is turned off. */
export async function buildIslands({ minify = true }: { minify?: boolean } = {}): Promise<void> {
  await Deno.mkdir(islandsDist, { recursive: true });
  await Promise.all(scripts.map(async ({ source, output }) => {
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
  }));
}

/** Whether a source (also of what the browser shares with the server) is newer than the output, or there is none. */
export async function islandsAreStale(): Promise<boolean> {
  let built = Infinity;
  for (const { output } of scripts) {
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
