import { assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { type Files, layerWords } from "../../../core/process/sandbox/layers.ts";

/** Of a tree: folders end with a slash, links say where they lead. */
function filesOf(tree: string[]): Files {
  const nodes = new Map(tree.map((line) => {
    const [path, to = null] = line.split(" -> ");
    return [path!.replace(/\/$/, ""), { isFolder: path!.endsWith("/"), to }] as const;
  }));
  return {
    exists: (path) => nodes.has(path),
    isFolder: (path) => nodes.get(path)?.isFolder ?? false,
    entries: (folder) => [...nodes.keys()].filter((path) => dirname(path) === folder),
    link: (path) => nodes.get(path)?.to ?? null,
  };
}

const home = filesOf([
  ...[
    "/home/",
    "/home/.ssh/",
    "/home/.netrc",
    "/home/.history",
    "/home/code/",
    "/home/code/data/",
    "/home/code/data/tmp/",
  ],
  ...[
    "/home/keys -> .ssh",
    "/home/.config/",
    "/home/.config/git/",
    "/home/.config/git/credentials",
    "/home/.config/git/config",
  ],
]);

Deno.test("layerWords() covers folders, and gives none of what is not there", () => {
  const words = layerWords([{ path: "/home/.ssh", as: "hidden" }, { path: "/home/.aws", as: "hidden" }], home);
  assertEquals(words, ["--tmpfs", "/home/.ssh", "--remount-ro", "/home/.ssh"]);
});

Deno.test("layerWords() takes the folder of a hidden file away and puts the rest of it back, links as links", () => {
  const words = layerWords([
    { path: "/home/.netrc", as: "hidden" },
    { path: "/home/.history", as: "hidden" },
    { path: "/home/.ssh", as: "hidden" },
    { path: "/home/.config/git/credentials", as: "hidden" },
  ], home);
  assertEquals(words.join(" ").replaceAll(" --", "\n--").split("\n"), [
    "--tmpfs /home",
    "--tmpfs /home/.ssh",
    "--ro-bind-try /home/code /home/code",
    "--symlink .ssh /home/keys",
    "--ro-bind-try /home/.config /home/.config",
    "--tmpfs /home/.config/git",
    "--ro-bind-try /home/.config/git/config /home/.config/git/config",
    "--remount-ro /home",
    "--remount-ro /home/.ssh",
    "--remount-ro /home/.config/git",
  ]);
});

Deno.test("layerWords() puts what is said of a path behind what is said of the folders above it", () => {
  const words = layerWords([
    { path: "/home/code/data/tmp", as: "write" },
    { path: "/home/code/data", as: "hidden" },
    { path: "/home/.netrc", as: "hidden" },
    { path: "/home/code", as: "read" },
    { path: "/home/code", as: "write" },
    { path: "/home/.config/state", as: "copy", from: "/copy" },
  ], home).join(" ");
  const order = ["--tmpfs /home ", "--bind /home/code ", "--tmpfs /home/code/data ", "--bind /home/code/data/tmp "];
  const places = order.map((word) => `${words} `.indexOf(word));
  assertEquals(places.includes(-1), false, words);
  assertEquals(places, places.toSorted((a, b) => a - b));
  assertEquals(words.includes("--ro-bind-try /home/code "), false, "the later of two counts");
  assertEquals(words.includes("--bind /copy /home/.config/state"), true);
});
