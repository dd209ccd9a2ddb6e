// A service whose runs are confined, what is worth stealing around it, and an agent that is after it.

import { join } from "@std/path";
import type { SandboxLevel } from "../../../core/domain/sandbox.ts";
import { type ServiceOptions, startService, type TestService } from "../../support/service.ts";
import { tempDir, type TempRepository, tempRepository } from "../../support/temp.ts";
import { scriptAgent } from "../script_agent.ts";

export const confinedLevels = ["files", "full"] as const;

/** A step that needs something more; without it, ignored with the reason in its name. */
export async function stepWith(
  context: Deno.TestContext,
  { name, lacks, fn }: { name: string; lacks: string | null; fn: () => Promise<void> },
): Promise<void> {
  await context.step({ name: lacks === null ? name : `${name} (skipped: ${lacks})`, ignore: lacks !== null, fn });
}

export interface SandboxWorld extends AsyncDisposable {
  service: TestService;
  repository: TempRepository;
  /** A folder of the test, with the home folder in it; nothing of it is writable in a sandbox. */
  folder: string;
  home: string;
  options: ServiceOptions;
}

export interface SandboxWorldOptions {
  level: SandboxLevel;
  /** What the agent does, a shell script; see scriptAgent(). Its environment has DENO and FOLDER. */
  agent: string;
  env?: Record<string, string | undefined>;
  /** `coder.json` of the repository, and the operator's file for it. */
  project?: object;
  operator?: object;
}

/** Home, repository and service; what is planted lies there before the service starts. */
export async function sandboxWorld(options: SandboxWorldOptions): Promise<SandboxWorld> {
  const { level, agent, env = {}, project, operator } = options;
  const stack = new AsyncDisposableStack();
  try {
    const repository = stack.use(await tempRepository());
    const folder = stack.use(await tempDir()).path;
    const home = join(folder, "home");
    await plantSecrets(home);
    if (project) {
      await Deno.writeTextFile(join(repository.path, "coder.json"), JSON.stringify(project));
      await repository.git("add", "coder.json");
      await repository.git("commit", "--quiet", "--message=Say what work here takes");
    }
    const files = join(folder, "data", "repositories");
    await Deno.mkdir(files, { recursive: true });
    await Deno.writeTextFile(
      join(files, "repo.json"),
      // Once is enough: what an agent leaves uncommitted is no reason to tell it.
      JSON.stringify({ env: { PLANTED: "planted-secret" }, commit_reminder: false, ...operator }),
    );
    const all: ServiceOptions = {
      repo: repository.path,
      data: folder,
      env: {
        ...await scriptAgent(folder, agent),
        CODER_SANDBOX: level,
        HOME: home,
        DENO: Deno.execPath(),
        // What is fetched already stays so under another HOME.
        DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "/", ".cache", "deno"),
        FOLDER: folder,
        ...env,
      },
    };
    const service = stack.use(await startService(all));
    return { service, repository, folder, home, options: all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** `~/.aws` is a link, as people who keep such files in a repository have it. */
async function plantSecrets(home: string): Promise<void> {
  const files = {
    ".ssh/id_ed25519": "planted-secret",
    "dotfiles/aws/credentials": "planted-secret",
    ".netrc": "machine example.com password planted-secret",
    ".cache/tool/index": "",
    ".bashrc": "# of the user\n",
    ".claude/settings.json": "{}",
    ".claude.json": "{}",
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(join(home, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(home, name), text, { mode: 0o600 });
  }
  await Deno.symlink(join("dotfiles", "aws"), join(home, ".aws"));
}
