// The repositories that people add while the service runs, as this machine has them: looked at like the configured ones, used
// at once where this process may, and kept in a file for the launcher, which gives the next service the permissions for them.
// What counts is the log; the file is made anew from it.

import { basename, dirname, isAbsolute, join } from "@std/path";
import { z } from "zod";
import { DomainError, messageOf } from "../domain/error.ts";
import type { AddedPort } from "../engine/service/added_repositories.ts";
import { gitLine, inspectRepository } from "../process/git/git.ts";
import type { Preflight } from "./preflight.ts";

const fileSchema = z.array(z.object({ name: z.string(), path: z.string() }));
type Kept = z.output<typeof fileSchema>;

export function addedRepositoriesPath(data: string): string {
  return join(data, "added-repositories.json");
}

/** Those of the last service on this data folder; none where there is no file, or none that can be read. */
export async function readAddedRepositories(data: string): Promise<Kept> {
  try {
    return fileSchema.parse(JSON.parse(await Deno.readTextFile(addedRepositoriesPath(data))));
  } catch {
    return [];
  }
}

export function addedRepositories(
  { found, names, data, worktreeRoot, warn }: {
    /** Grows and shrinks with them. */
    found: Pick<Preflight, "repos" | "repoPaths" | "agentState">;
    /** The same: what the engine goes by. */
    names: string[];
    data: string;
    /** Where the worktrees of a repository go. */
    worktreeRoot: (name: string, path: string) => string;
    warn: (message: string, error: unknown) => void;
  },
): AddedPort {
  async function whyNotNow(name: string, path: string): Promise<string | null> {
    const common = await gitLine(["-C", path, "rev-parse", "--path-format=absolute", "--git-common-dir"]);
    const wanted: Deno.PermissionDescriptor[] = [
      { name: "read", path },
      ...[common, worktreeRoot(name, path)].flatMap((folder): Deno.PermissionDescriptor[] => [
        { name: "read", path: folder },
        { name: "write", path: folder },
      ]),
    ];
    for (const permission of wanted) {
      if ((await Deno.permissions.query(permission)).state === "granted") continue;
      return "it needs a restart: which folders the service may use was fixed when it was started";
    }
    return null;
  }

  return {
    async look(path) {
      if (!isAbsolute(path)) {
        throw new DomainError("invalid", `Cannot use repository ${path}: write its whole path, from / on`);
      }
      if (found.agentState().kind === "demo") {
        throw new DomainError(
          "conflict",
          "The demo agent stands in for claude, and is not for work of your own: install claude and start again first",
        );
      }
      const { root } = await inspectRepository(path);
      const same = found.repos.find((one) => one.path === root);
      if (same) throw new DomainError("conflict", `${root} is there already, as ${same.name}`);
      return { path: root, name: basename(root).replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 64) };
    },
    async use({ name, path }) {
      try {
        if (found.repoPaths.has(name)) return "CODER_REPO has another one of this name";
        const { root, branch, head } = await inspectRepository(path);
        const reason = await whyNotNow(name, root);
        if (reason !== null) return reason;
        found.repoPaths.set(name, root);
        found.repos.push({ name, path: root, branch, head });
        names.push(name);
        return null;
      } catch (error) {
        return messageOf(error);
      }
    },
    drop(name) {
      found.repoPaths.delete(name);
      remove(found.repos, (one) => one.name === name);
      remove(names, (one) => one === name);
    },
    async keep(all) {
      const path = addedRepositoriesPath(data);
      try {
        const next = join(dirname(path), `${basename(path)}.new`);
        await Deno.writeTextFile(next, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
        await Deno.rename(next, path);
      } catch (error) {
        warn(
          "Cannot keep the added repositories for the launcher: with limited permissions they need two restarts",
          error,
        );
      }
    },
  };
}

function remove<T>(from: T[], fits: (one: T) => boolean): void {
  const at = from.findIndex(fits);
  if (at >= 0) from.splice(at, 1);
}
