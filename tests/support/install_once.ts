// Programs that tests bring themselves, kept in a cache folder of the user and made there once.

import { basename, dirname, join } from "@std/path";

/** Where this system keeps what can be made again. Throws when it has no such place. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  const caches = Deno.build.os === "darwin" ? "Library/Caches" : ".cache";
  const folder = Deno.env.get("XDG_CACHE_HOME") ?? Deno.env.get("LOCALAPPDATA") ?? (home && join(home, caches));
  if (!folder) throw new Error("Cannot find a cache folder: set HOME or XDG_CACHE_HOME");
  return folder;
}

/**
 * The absolute path of `executable` (relative) within `folder`. Where it is not there, `install` fills a folder that becomes
 * `folder`; processes that need it at the same time install it once. Throws what `install` throws.
 */
export async function installOnce(
  folder: string,
  { executable, install }: { executable: string; install: (staging: string) => Promise<void> },
): Promise<string> {
  const path = join(folder, executable);
  if (await isFile(path)) return path;
  await Deno.mkdir(dirname(folder), { recursive: true });
  // An OS lock: it ends with its holder, however that ends.
  using lock = await Deno.open(`${folder}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (await isFile(path)) return path;
  // Installed beside and renamed when it is whole, so that an install cut short is never taken for a good one. A new
  // folder each time, since the installer of a killed process may still be writing to the old one.
  const prefix = `${basename(folder)}.partial-`;
  for await (const entry of Deno.readDir(dirname(folder))) {
    if (entry.name.startsWith(prefix)) await Deno.remove(join(dirname(folder), entry.name), { recursive: true });
  }
  const staging = await Deno.makeTempDir({ dir: dirname(folder), prefix });
  await install(staging);
  await Deno.rename(staging, folder);
  return path;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
