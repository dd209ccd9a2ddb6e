// A sandbox for one test, with all that its rules name.

import { join } from "@std/path";
import { openSandboxes } from "../../../core/process/sandbox/open_sandbox.ts";
import type { Sandbox } from "../../../core/process/sandbox/sandbox.ts";
import { tempDir } from "../../support/temp.ts";

export interface OpenedWorld extends AsyncDisposable {
  sandbox: Sandbox;
  /** Its worktree. */
  work: string;
  /** Where sandboxes have their folders. */
  folder: string;
}

interface Options {
  maxProcesses?: number;
  allowedDomains?: string[];
  ownPort?: number;
  ports?: number[];
}

export async function openedWorld(
  { maxProcesses, allowedDomains = [], ownPort, ports = [] }: Options = {},
): Promise<OpenedWorld> {
  const root = await tempDir();
  const at = (...names: string[]) => join(root.path, ...names);
  const [work, folder, gitFolder] = [at("work"), at("sandbox"), at("common", "worktrees", "work")];
  for (const path of [work, folder, gitFolder]) await Deno.mkdir(path, { recursive: true });
  const open = openSandboxes({
    ...{ folder, caches: at("caches"), secretPaths: [at("secret")], maxProcesses },
    ownPort: () => ownPort ?? null,
  });
  const rules = { worktree: work, worktrees: at("others"), commonFolder: at("common"), gitFolder, repo: "repo" };
  const sandbox = await open({
    rules: { level: "files", ...rules, allowedDomains, push: false, ports },
    ...{ mark: crypto.randomUUID(), workerMark: crypto.randomUUID() },
  });
  return {
    ...{ sandbox, work, folder },
    async [Symbol.asyncDispose]() {
      await sandbox.end({ graceMs: 2_000 });
      await root[Symbol.asyncDispose]();
    },
  };
}
