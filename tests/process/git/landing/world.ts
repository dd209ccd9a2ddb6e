// For the tests of landings: a repository with `main` and work on `work`, and files by name and content.

import { join } from "@std/path";
import { gitLandings } from "../../../../core/process/git/landing/git_landings.ts";
import type { Landings } from "../../../../core/process/git/landings.ts";
import type { LandingMethod } from "../../../../core/domain/event.ts";
import { git, type TempRepository, tempRepository } from "../../../support/temp.ts";
import { write } from "../../worktree_world.ts";

export const STORE = "6d1c0000-0000-4000-8000-000000000001";

export interface LandingWorld extends AsyncDisposable {
  repo: TempRepository;
  landings: Landings;
  /** Commits these files (null: deleted) on a branch, made from `from` (main) if it is new; the commit. Main stays checked out. */
  commit(branch: string, files: Record<string, string | null>, options?: CommitOptions): Promise<string>;
  tip(branch: string): Promise<string>;
  /** `integrate` of `work` into `main`. */
  integrate(method: LandingMethod, message?: string): ReturnType<Landings["integrate"]>;
  /** The commit that an integration made; throws when it made none. */
  integrated(method: LandingMethod, message?: string): Promise<string>;
  /** `move` of `main`, for task 7. */
  move(from: string, to: string): ReturnType<Landings["move"]>;
  refs(pattern: string): Promise<string[]>;
  /** A file of a commit. */
  file(commit: string, path: string): Promise<string>;
}

interface CommitOptions {
  message?: string;
  from?: string;
  author?: string;
}

/** `main` is checked out nowhere: the repository's own folder is at `other`. */
export async function landingWorld(
  options: { repo?: TempRepository; main?: "checked out" } = {},
): Promise<LandingWorld> {
  const repo = options.repo ?? await tempRepository();
  if (options.main === undefined) await repo.git("checkout", "--quiet", "-b", "other");
  const editor = `${repo.path}-editor`;
  await repo.git("worktree", "add", "--quiet", "--detach", editor, "main");
  const root = `${repo.path}-worktrees`;
  const landings = gitLandings({ repos: new Map([["app", repo.path]]), root: () => root, store: STORE });
  const tip = (branch: string) => repo.git("rev-parse", branch);
  const w: LandingWorld = {
    repo,
    landings,
    async commit(branch, files, { message = "work", from = "main", author = "Ann <ann@example.com>" } = {}) {
      const start = await tip(`refs/heads/${branch}`).catch(() => tip(from));
      await git(editor, "checkout", "--quiet", "--detach", start);
      for (const [path, content] of Object.entries(files)) {
        if (content === null) await Deno.remove(join(editor, path), { recursive: true });
        else await write(editor, path, content);
      }
      await git(editor, "add", "-A");
      await git(editor, "commit", "--quiet", "--allow-empty", `--author=${author}`, "-m", message);
      const commit = await git(editor, "rev-parse", "HEAD");
      await repo.git("update-ref", `refs/heads/${branch}`, commit);
      return commit;
    },
    tip,
    async integrate(method, message = "Land it\n") {
      return await landings.integrate("app", { target: "main", commit: await tip("work"), method, message });
    },
    async integrated(method, message) {
      const integration = await w.integrate(method, message);
      if (integration.kind !== "integrated") throw new Error(JSON.stringify(integration));
      return integration.commit;
    },
    move: (from, to) => landings.move("app", { target: "main", from, to, task: 7, message: "land task 7" }),
    refs: async (pattern) =>
      (await repo.git("for-each-ref", "--format=%(refname)", pattern)).split("\n").filter((name) => name !== ""),
    file: (commit, path) => repo.git("show", `${commit}:${path}`),
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
  return w;
}

/** Runs an action with that text as the user's configuration of git, and with none of the machine. */
export async function withUserConfig<T>(text: string, action: () => Promise<T>): Promise<T> {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, text);
  const before = Deno.env.get("GIT_CONFIG_GLOBAL");
  Deno.env.set("GIT_CONFIG_GLOBAL", file);
  try {
    return await action();
  } finally {
    if (before === undefined) Deno.env.delete("GIT_CONFIG_GLOBAL");
    else Deno.env.set("GIT_CONFIG_GLOBAL", before);
    await Deno.remove(file);
  }
}
