// `coder init`: a `coder.json` from what a repository has.

import { dirname, join, resolve } from "@std/path";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import { findCommands, type Found, lockFiles } from "../init/find_commands.ts";
import type { Desk } from "../session.ts";

const fileName = "coder.json";

/** `print`: says what would be written, and writes nothing. What is there is never written over. */
export async function init(
  { out, isJson, note }: Pick<Desk, "out" | "isJson" | "note">,
  folder: string,
  { print = false }: { print?: boolean },
): Promise<ExitCode> {
  if (!await isFolder(folder)) throw new Failure("usage", `${folder} is no folder`);
  const top = await topOf(resolve(folder));
  // What git does not track is in no worktree.
  const tracked = await trackedOf(top, lockFiles);
  const found = await findCommands(async (name) =>
    lockFiles.includes(name) && !tracked.includes(name) ? null : await textOf(join(top, name))
  );
  if (found.setup === null && found.check === null) {
    throw new Failure(
      "failed",
      `Found nothing to go by in ${top}: no package.json, pyproject.toml, Cargo.toml, go.mod or Makefile that says how ` +
        "it is prepared or checked. Write a coder.json by hand, with setup and check",
    );
  }
  const text = `${JSON.stringify(fileOf(found), null, 2)}\n`;
  const path = join(top, fileName);
  if (print) out.write(text);
  else {
    await create(path, text);
    if (isJson) out.printJson({ path, ...fileOf(found) });
    else out.print(`Written to ${path}:`, text.trimEnd());
    note("Look at it and commit it: a task goes by what is in the commit that it starts from");
  }
  for (const word of found.notes) note(word);
  return exitCodes.done;
}

function fileOf({ setup, check }: Found): Record<string, string> {
  return { ...(setup !== null && { setup }), ...(check !== null && { check }) };
}

/** The top of the repository that a folder is in. */
async function topOf(folder: string): Promise<string> {
  for (let at = folder;; at = dirname(at)) {
    if (await exists(join(at, ".git"))) return at;
    if (dirname(at) === at) throw new Failure("failed", `${folder} is in no git repository`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

/** Those of `names` at the top of a repository that git tracks. */
async function trackedOf(top: string, names: string[]): Promise<string[]> {
  const cannot = (why: string) => new Failure("failed", `Cannot ask git what it tracks in ${top}: ${why}`);
  const command = new Deno.Command("git", { args: ["ls-files", "-z", "--", ...names], cwd: top, stdin: "null" });
  const { success, stdout, stderr } = await command.output().catch((error) => {
    throw cannot(error instanceof Error ? error.message : String(error));
  });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw cannot(text(stderr).trim());
  return text(stdout).split("\0");
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function textOf(path: string): Promise<string | null> {
  return await Deno.readTextFile(path).catch(() => null);
}

async function create(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new Failure("failed", `${path} is there already and is left as it is; --print shows what would be written`);
    }
    throw new Failure("failed", `Cannot write ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
