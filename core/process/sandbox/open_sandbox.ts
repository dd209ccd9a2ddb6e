// The Sandbox port by @anthropic-ai/sandbox-runtime and bubblewrap (Linux). Around each sandbox is a program of its own
// (srt_process.ts), which ends with this process, however that ends; in it is inside.pl, which starts what `spawn` asks for.
//
// What belongs to a sandbox lies in a folder of its own beneath `folder`: its rules, which nobody inside can read, its named
// pipes, which nobody can write anything else to, and its temporary folder.

import { dirname, fromFileUrl, join } from "@std/path";
import { childTree } from "../child_tree.ts";
import { childEnvironment } from "../environment.ts";
import { markVariable } from "../process_table.ts";
import { removeFolder } from "../remove_folder.ts";
import { spawnInSession } from "../subprocess.ts";
import { OpenedSandbox } from "./opened_sandbox.ts";
import type { BeginSandbox, OpenSandbox, SandboxMarks } from "./sandbox.ts";
import type { SandboxSpec } from "./srt_settings.ts";

export interface SandboxOptions {
  /** `{data}/sandbox`; made when it is missing. */
  folder: string;
  /** `{data}/caches`. */
  caches: string;
  /** What of the service's own nobody in a sandbox may read. */
  secretPaths: string[];
  maxProcesses?: number;
  /** Where the service itself listens by now; null: nowhere. */
  ownPort?: () => number | null;
}

const program = fromFileUrl(new URL("./srt_process.ts", import.meta.url));
const configuration = fromFileUrl(new URL("../../../deno.json", import.meta.url));

/** Opens sandboxes; each takes some 0.3 s and, while it is open, 40 MB (100 MB with what it shares). */
export function openSandboxes(options: SandboxOptions): OpenSandbox {
  const begin = beginSandboxes(options);
  return async ({ rules, ...marks }) => {
    await using begun = begin(marks);
    return await begun.open(rules);
  };
}

/** Of the 0.3 s, 0.2 are over before the rules are needed. */
export function beginSandboxes(options: SandboxOptions): BeginSandbox {
  return (marks) => {
    const started = startProgram(options, marks);
    // Told by `open`.
    started.catch(() => {});
    let isOpened = false;
    return {
      async open(rules) {
        const { child, own, io, tmp } = await started;
        const { secretPaths, ownPort = () => null } = options;
        const spec: SandboxSpec = {
          ...{ rules, secretPaths, io, tmp, ownPort: ownPort() },
          caches: join(options.caches, rules.repo),
        };
        for (const path of [options.caches, spec.caches]) await makeFolder(path);
        await Deno.writeTextFile(join(own, "spec.json"), JSON.stringify(spec), { mode: 0o600 });
        const { worktree, ports } = rules;
        // From here on it sees to its own end.
        isOpened = true;
        return await OpenedSandbox.of(child, { mark: marks.mark, own, io, worktree, ports });
      },
      async [Symbol.asyncDispose]() {
        const program = isOpened ? null : await started.catch(() => null);
        if (program) await endUnopened(program, marks);
      },
    };
  };
}

interface StartedProgram {
  child: Deno.ChildProcess;
  own: string;
  io: string;
  tmp: string;
}

async function startProgram(
  { folder, maxProcesses = 2_048 }: SandboxOptions,
  { mark, workerMark }: SandboxMarks,
): Promise<StartedProgram> {
  // Short: the name of a socket in it has little room.
  const own = join(folder, mark.slice(0, 13));
  const at = { own, io: join(own, "io"), tmp: join(own, "tmp") };
  await makeFolders(at);
  const env = Object.fromEntries([mark, workerMark].map((one) => [markVariable(one), "1"]));
  const child = await spawnInSession(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-prompt", "--config", configuration],
      ...[program, own, String(maxProcesses)],
    ],
    cwd: own,
    ...childEnvironment(env),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  return { child, ...at };
}

/** There is nothing of a run in it. */
async function endUnopened({ child, own }: StartedProgram, { mark }: SandboxMarks): Promise<void> {
  const unread = [child.stdin.close(), child.stdout.cancel(), child.stderr.cancel()];
  await Promise.allSettled([...unread, childTree(child, { mark }).end({ graceMs: 0 })]);
  await removeFolder(own).catch(() => {/* the next one of this name removes it */});
}

/** Each is this user's alone. */
async function makeFolders({ own, io, tmp }: { own: string; io: string; tmp: string }): Promise<void> {
  // What a sandbox that was ended hard has left.
  await removeFolder(own).catch(() => {});
  for (const path of [dirname(own), own, io, tmp]) await makeFolder(path);
}

/** In a folder that is there: a data folder that was taken away must not come to be again. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
