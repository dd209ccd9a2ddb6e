// The small repository that a first start without CODER_REPO works on.

import { basename, dirname, join } from "@std/path";
import { DomainError } from "../../domain/error.ts";
import { COMMITTER, git, inspectRepository } from "../git/git.ts";
import { removeFolder } from "../remove_folder.ts";

const FILES: Record<string, string> = {
  "README.md": `# Greeter

A few files to try Personal Coder on: give it a task and look at the branch that comes of it.

- \`greet.ts\` greets by name.
- \`greet_test.ts\` checks that.
`,
  "greet.ts": `/** A greeting for one person. */
export function greet(name: string): string {
  return \`Hello, \${name}!\`;
}

if (import.meta.main) console.log(greet(Deno.args[0] ?? "world"));
`,
  "greet_test.ts": `import { greet } from "./greet.ts";

Deno.test("greet() greets by name", () => {
  if (greet("Ada") !== "Hello, Ada!") throw new Error(greet("Ada"));
});
`,
  ".gitignore": "node_modules/\n",
};

/**
 * Makes the demo repository at `folder` unless it is there, and returns its path. Built beside and renamed, so that it is
 * there whole or not at all. Throws `DomainError("invalid")` when something else is there.
 */
export async function demoRepository(folder: string): Promise<string> {
  if (await isFilled(folder)) {
    const { root } = await inspectRepository(folder);
    if (root === await Deno.realPath(folder)) return folder;
    // git found a repository *around* it.
    throw new DomainError("invalid", `Cannot use demo repository ${folder}: it is not a git repository`);
  }
  await removeLeftovers(folder);
  const draft = `${folder}${DRAFT}${crypto.randomUUID()}`;
  await Deno.mkdir(draft, { recursive: true });
  try {
    for (const [name, content] of Object.entries(FILES)) await Deno.writeTextFile(join(draft, name), content);
    const at = { cwd: draft, env: COMMITTER };
    await git(["init", "--quiet", "--initial-branch=main", "--template="], at);
    await git(["add", "-A"], at);
    await git(["commit", "--quiet", "--no-gpg-sign", "-m", "Add a greeter to try things on"], at);
    await Deno.rename(draft, folder);
  } catch (error) {
    await removeFolder(draft);
    throw error;
  }
  return folder;
}

const DRAFT = ".draft-";

async function isFilled(folder: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(folder)) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

/** Drafts of a process that was killed. */
async function removeLeftovers(folder: string): Promise<void> {
  const parent = dirname(folder);
  await Deno.mkdir(parent, { recursive: true });
  for await (const entry of Deno.readDir(parent)) {
    if (entry.name.startsWith(`${basename(folder)}${DRAFT}`)) await removeFolder(join(parent, entry.name));
  }
}
