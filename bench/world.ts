// The worlds that benches measure in: a repository of a size, the real service with the bench agent, a bare KV beside it.

import { join } from "@std/path";
import { startService, type TestService } from "../tests/support/service.ts";
import { identity, tempDir, tempRepository } from "../tests/support/temp.ts";
import { agentProgram } from "./agent.ts";

export interface BenchWorld extends AsyncDisposable {
  service: TestService;
  /** The repository that the service works on. */
  repository: string;
  /** The bench agent's program. */
  agent: string;
  /** From the launch of the process until it listens. */
  startedMs: number;
  /** A folder for the bench itself, on the same disk. */
  folder: string;
}

/** Starts the service on a repository of `files` files. */
export async function benchWorld({ files = 1, data, env = {}, limited = false }: {
  files?: number;
  data?: string;
  env?: Record<string, string>;
  /** As `deno task start` runs it. */
  limited?: boolean;
} = {}): Promise<BenchWorld> {
  const stack = new AsyncDisposableStack();
  try {
    const repository = stack.use(await tempRepository());
    if (files > 1) await addFiles(repository.path, files - 1);
    const folder = stack.use(await tempDir()).path;
    const agent = join(folder, "bench-agent");
    await Deno.writeTextFile(agent, agentProgram(), { mode: 0o755 });
    const launchedAt = performance.now();
    const service = stack.use(
      await startService({
        repo: repository.path,
        data,
        limited,
        env: { CODER_CLAUDE: agent, IS_SANDBOX: "1", CODER_PROMPT_SUFFIX: "", ...env },
      }),
    );
    return {
      startedMs: performance.now() - launchedAt,
      service,
      repository: repository.path,
      agent,
      folder,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Commits `count` files of 40 lines each, a hundred to a folder. */
export async function addFiles(path: string, count: number): Promise<void> {
  const perFolder = 100;
  for (let at = 0; at < count; at += perFolder) {
    const folder = join(path, `part-${at / perFolder}`);
    await Deno.mkdir(folder);
    for (let index = at; index < Math.min(count, at + perFolder); index++) {
      Deno.writeTextFileSync(join(folder, `file-${index}.ts`), `export const value${index} = ${index};\n`.repeat(40));
    }
  }
  await bareGit(path, "add", "-A");
  await bareGit(
    path,
    "-c",
    `user.name=${identity.name}`,
    "-c",
    `user.email=${identity.email}`,
    "commit",
    "-qm",
    "Files",
  );
}

/** git as anyone would call it; its stdout. */
export async function bareGit(cwd: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", { args, cwd, stdin: "null" }).output();
  if (!success) throw new Error(`git ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

export interface BareKv extends Disposable {
  kv: Deno.Kv;
}

/** A KV of its own in `folder`: what the machine can do without us. */
export async function bareKv(folder: string): Promise<BareKv> {
  const kv = await Deno.openKv(join(folder, `bare-${crypto.randomUUID()}.db`));
  return { kv, [Symbol.dispose]: () => kv.close() };
}

/** User and system CPU time that a process used so far, in seconds (proc(5); Linux only). */
export function cpuSecondsOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory in MB: now, or the most it ever was. */
export function residentMbOf(pid: number, which: "VmRSS" | "VmHWM" = "VmRSS"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)![1]) / 1024;
}
