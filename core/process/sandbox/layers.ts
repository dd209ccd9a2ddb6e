// The mounts of a sandbox, as bubblewrap makes them one after the other: what is said of a path counts more than what is said of
// a folder above it. Pure.
//
// A mount on a single file goes away when somebody outside puts another file in its place by renaming, as editors, git and
// whoever rotates a secret do. So a file that must not be read is not covered: its folder is taken away, and everything else
// that is in it is put back.

import { dirname } from "@std/path";

/**
 * What is to be seen at a path: nothing; what is there, or what is at `from`; what is there, to be written to; what is at `from`
 * (a copy, made for the sandbox), to be written to.
 */
export type Layer =
  | { path: string; as: "hidden" | "write" }
  | { path: string; as: "read"; from?: string }
  | { path: string; as: "copy"; from: string };

/** What is there. */
export interface Files {
  exists(path: string): boolean;
  isFolder(path: string): boolean;
  /** The paths of what is in a folder; none when it cannot be read. */
  entries(path: string): string[];
  /** Where a link leads, as it says; null for what is none. */
  link(path: string): string | null;
}

type Mount = Layer | { path: string; as: "link"; to: string };

/** bubblewrap's words for layers. Of two for one path the later counts; what is not there need not be hidden. */
export function layerWords(layers: Layer[], files: Files): string[] {
  const said = layers.filter(({ path, as }) => as !== "hidden" || files.exists(path));
  const isFile = ({ path, as }: Layer) => as === "hidden" && !files.isFolder(path);
  const hiddenFiles = new Set(said.filter(isFile).map(({ path }) => path));
  const takenAway = new Set([...hiddenFiles].map((path) => dirname(path)).filter((path) => path !== "/"));
  const mounts = new Map<string, Mount>();
  for (const folder of takenAway) {
    mounts.set(folder, { path: folder, as: "hidden" });
    for (const path of files.entries(folder)) {
      // One folder may be in another one.
      if (!hiddenFiles.has(path) && !takenAway.has(path)) mounts.set(path, putBack(path, files));
    }
  }
  for (const layer of said.filter((layer) => !isFile(layer))) mounts.set(layer.path, layer);
  const inOrder = [...mounts.values()].sort((a, b) => depthOf(a.path) - depthOf(b.path));
  // What is put there instead is memory: nobody is to fill it. Closed when all that belongs in it is there.
  const closed = inOrder.filter(({ as }) => as === "hidden").flatMap(({ path }) => ["--remount-ro", path]);
  return [...inOrder.flatMap(wordsOf), ...closed];
}

/** A link stays one: it may lead to what is hidden. */
function putBack(path: string, files: Files): Mount {
  const to = files.link(path);
  return to === null ? { path, as: "read" } : { path, as: "link", to };
}

function wordsOf(mount: Mount): string[] {
  const { path } = mount;
  switch (mount.as) {
    case "hidden":
      return ["--tmpfs", path];
    case "read":
      // It may be gone by now.
      return ["--ro-bind-try", mount.from ?? path, path];
    case "write":
      return ["--bind", path, path];
    case "copy":
      return ["--bind", mount.from, path];
    case "link":
      return ["--symlink", mount.to, path];
  }
}

function depthOf(path: string): number {
  return path.split("/").length;
}
