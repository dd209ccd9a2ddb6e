// A worktree with an open sandbox of each level around it, and single steps in there, timed.

import { join } from "@std/path";
import { type Spawn, spawnContained } from "../core/process/containment.ts";
import { findTree } from "../core/process/process_tree.ts";
import { openSandboxes } from "../core/process/sandbox/open_sandbox.ts";
import type { Sandbox } from "../core/process/sandbox/sandbox.ts";
import { tempDir, tempRepository } from "../tests/support/temp.ts";
import { timed } from "./row.ts";
import { addFiles, bareGit } from "./world.ts";

export const levels = ["files", "full"] as const;
type Level = typeof levels[number];

export interface Confined extends AsyncDisposable {
  worktree: string;
  /** Not confined, and in a sandbox of each level. */
  spawn: Record<"off" | Level, Spawn>;
  /** In the environment of all that is in the sandbox of that level. */
  marks: Record<Level, string>;
  open(level: Level, mark: string): Promise<Sandbox>;
  /** Where sandboxes have their folders. */
  folder: string;
}

const statusTimes = 10;
const megabytes = 50;

/** Throws `DomainError("unavailable")` where no sandbox can be opened. */
export async function confined({ files }: { files: number }): Promise<Confined> {
  await using stack = new AsyncDisposableStack();
  const repository = stack.use(await tempRepository()).path;
  const own = stack.use(await tempDir()).path;
  await addFiles(repository, files - 1);
  const worktrees = join(own, "worktrees");
  const worktree = join(worktrees, "work");
  await bareGit(repository, "worktree", "add", "-b", "work", worktree);
  const folder = join(own, "sandbox");
  const start = openSandboxes({ folder, caches: join(own, "caches"), secretPaths: [] });
  const commonFolder = join(repository, ".git");
  const gitFolder = join(commonFolder, "worktrees", "work");
  const open: Confined["open"] = (level, mark) =>
    start({
      rules: {
        ...{ level, worktree, worktrees, commonFolder, gitFolder, repo: "bench" },
        ...{ allowedDomains: [], push: false, ports: [] },
      },
      ...{ mark, workerMark: crypto.randomUUID() },
    });
  const marks = { files: crypto.randomUUID(), full: crypto.randomUUID() };
  const opened = async (level: Level) => {
    const sandbox = await open(level, marks[level]);
    stack.defer(() => sandbox.end({ graceMs: 1_000 }));
    return sandbox.spawn;
  };
  const spawn = { off: spawnContained, files: await opened("files"), full: await opened("full") };
  const all = stack.move();
  return { ...{ worktree, spawn, marks, open, folder }, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Until programs can be started in a new sandbox. */
export async function openMs({ open }: Confined, level: Level): Promise<number> {
  const since = performance.now();
  const sandbox = await open(level, crypto.randomUUID());
  const took = performance.now() - since;
  await sandbox.end({ graceMs: 1_000 });
  return took;
}

/** From the start of a program to its end; it does nothing. */
export async function enterMs(place: Confined, level: "off" | Level): Promise<number> {
  return await timed(() => said(place, level, ["true"]));
}

/** One `git status`, without the way to it. */
export async function statusMs(place: Confined, level: "off" | Level): Promise<number> {
  const loop = `since=$(date +%s%N)
for i in $(seq ${statusTimes}); do git status --porcelain; done
echo $(($(date +%s%N) - since))`;
  return Number(await said(place, level, ["sh", "-c", loop])) / 1e6 / statusTimes;
}

/** From the first to the last byte of what a program prints as fast as it can. */
export async function printMs({ spawn, worktree }: Confined, level: "off" | Level): Promise<number> {
  const args = ["-c", `${megabytes * 1_000_000}`, "/dev/zero"];
  const child = await spawn[level]("head", { args, cwd: worktree, env: {}, stdin: "null" });
  const errors = child.stderr.cancel();
  let bytes = 0;
  let firstAt = NaN;
  for await (const chunk of child.stdout) {
    if (bytes === 0) firstAt = performance.now();
    bytes += chunk.length;
  }
  const took = performance.now() - firstAt;
  await Promise.all([errors, child.status]);
  if (bytes !== megabytes * 1_000_000) throw new Error(`${bytes} bytes came through`);
  return took;
}

/** Of all processes around an open sandbox, with nothing of a run in it. */
export async function residentMb(
  { marks }: Confined,
  level: Level,
): Promise<{ mb: number; proportionalMb: number; names: string }> {
  const found = await findTree({ mark: marks[level] });
  let [mb, proportionalMb] = [0, 0];
  const names: string[] = [];
  for (const { pid } of found) {
    const sizes = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
    const of = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, "m").exec(sizes)![1]) / 1024;
    mb += of("Rss");
    proportionalMb += of("Pss");
    names.push(`${Deno.readTextFileSync(`/proc/${pid}/comm`).trim()} ${of("Rss").toFixed(1)}`);
  }
  return { mb, proportionalMb, names: names.join(", ") };
}

/** How many processes and files there still are of a sandbox that has been opened, used and ended. */
export async function remains({ open, worktree, folder }: Confined): Promise<number> {
  const mark = crypto.randomUUID();
  const before = [...Deno.readDirSync(folder)].length;
  const sandbox = await open("files", mark);
  const child = await sandbox.spawn("sh", {
    args: ["-c", "echo > $TMPDIR/file; sleep 1000 &"],
    ...{ cwd: worktree, env: {}, stdin: "null" },
  });
  await Promise.all([child.status, child.stdout.cancel(), child.stderr.cancel()]);
  await sandbox.end({ graceMs: 1_000 });
  return (await findTree({ mark })).length + [...Deno.readDirSync(folder)].length - before;
}

async function said(
  { spawn, worktree }: Confined,
  level: "off" | Level,
  [program, ...args]: string[],
): Promise<string> {
  const child = await spawn[level](program!, { args, cwd: worktree, env: {}, stdin: "null" });
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`${program} in ${level}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
