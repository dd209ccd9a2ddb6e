// Copies of repositories' configurations, each in a stand-in for the git folder that git is to take it from
// (`GIT_COMMON_DIR`): between two reads of the real file, an agent may have changed it. All else in a stand-in is a link to
// the real folder. What is in a stand-in never changes; another content gets another.
//
// Where they are only the service writes: not in the git folder, which runs may write.

import { dirname, join } from "@std/path";
import { Buffer } from "node:buffer";
import { DomainError } from "../../domain/error.ts";
import { run } from "../subprocess.ts";

/** What git looks for in the common folder, besides `config`. Hooks are off for all our calls. */
const shared = [
  ...["objects", "refs", "packed-refs", "reftable", "logs", "info", "shallow", "worktrees", "modules"],
  ...["remotes", "branches", "lfs", "rr-cache"],
];

/** More than calls are at work at a time. */
const keptAtMost = 64;

/** By git folder and content; those that were used last are last. */
const standIns = new Map<string, Promise<string>>();
let root: string | null = null;

/** A git that outlived the service that started it, such as the move of a target, is at its end by then. */
const leftForMs = 3_600_000;

/**
 * Where copies are from now on: a folder of the service's alone. What an earlier service left there goes when no git can be at
 * work with it any more. Without it they are in a temporary one.
 */
export function keepCopiesIn(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { name } of Deno.readDirSync(folder)) {
    const { mtime } = Deno.lstatSync(join(folder, name));
    if (Date.now() - (mtime?.getTime() ?? 0) > leftForMs) removeAll(join(folder, name));
  }
  standIns.clear();
  root = folder;
}

/**
 * The stand-in for a git folder with this configuration, in bytes as characters. Throws `DomainError("unavailable")`, and what
 * the system says.
 */
export async function standInFor(common: string, config: string): Promise<string> {
  const key = `${common}\0${config}`;
  const known = standIns.get(key);
  const made = known !== undefined && await isThere(known) ? known : makeStandIn(common, config);
  standIns.delete(key);
  standIns.set(key, made);
  for (const [oldest, unused] of standIns) {
    if (standIns.size <= keptAtMost) break;
    standIns.delete(oldest);
    // A git that is still at work there fails, and runs nothing.
    unused.then(removeAll).catch(() => {});
  }
  return await made;
}

async function makeStandIn(common: string, config: string): Promise<string> {
  root ??= temporaryRoot();
  const folder = join(root, crypto.randomUUID());
  // One after the other: a data folder that was taken away must not come to be again.
  await Deno.mkdir(root, { mode: 0o700 }).catch(ignoreThere);
  await Deno.mkdir(folder, { mode: 0o700 });
  await linkAll(common, folder);
  await Deno.writeFile(join(folder, "config"), Buffer.from(config, "latin1"), { mode: 0o600 });
  return folder;
}

/** By git: Deno makes links only with all permissions, and no other program is always there. */
async function linkAll(common: string, folder: string): Promise<void> {
  // git takes a dangling link for nothing there, and writes through it.
  const links = shared.map((name) =>
    `diff --git a/${name} b/${name}\nnew file mode 120000\n--- /dev/null\n+++ b/${name}\n@@ -0,0 +1 @@\n` +
    `+${join(common, name)}\n\\ No newline at end of file\n`
  );
  const { code, stderr } = await run("git", ["-c", "core.symlinks=true", "apply", "--whitespace=nowarn"], {
    cwd: folder,
    // Whatever repository the folder is in.
    env: { GIT_CEILING_DIRECTORIES: dirname(folder) },
    stdin: links.join(""),
  });
  if (code !== 0) {
    throw new DomainError("unavailable", `Cannot link to ${common}: ${new TextDecoder().decode(stderr).trim()}`);
  }
}

function ignoreThere(error: unknown): void {
  if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
}

function temporaryRoot(): string {
  const folder = Deno.makeTempDirSync({ prefix: "personal-coder-git-" });
  addEventListener("unload", () => removeAll(folder));
  return folder;
}

/** Never follows a link. */
function removeAll(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Also somebody who tidies up may have removed it. */
async function isThere(made: Promise<string>): Promise<boolean> {
  try {
    return Deno.lstatSync(join(await made, "config")).isFile;
  } catch {
    return false;
  }
}
