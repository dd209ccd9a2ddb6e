// The remotes of a repository: which one is meant, and where it is.

import { DomainError } from "../../domain/error.ts";
import { withoutUser } from "../scrub.ts";
import { git, gitLine, linesOf } from "./git.ts";
import type { Overrides } from "./git_programs.ts";
import type { Site } from "./sites.ts";

/** The remote of that name; `origin`, or the only one, for null. Throws `DomainError("invalid")` when there is none. */
export async function requireRemote({ repo }: Site, name: string | null): Promise<string> {
  const names = linesOf((await git(["remote"], { cwd: repo })).text).filter((one) => !one.startsWith("-"));
  const fail = (reason: string): never => {
    throw new DomainError("invalid", `Cannot push: ${reason}`);
  };
  if (names.length === 0) fail("the repository has no remote; `git remote add origin URL` names one");
  if (name !== null) {
    return names.includes(name) ? name : fail(`there is no remote ${name}; there is ${names.join(", ")}`);
  }
  if (names.includes("origin")) return "origin";
  return names.length === 1 ? names[0]! : fail(`which remote is not said; there is ${names.join(", ")}`);
}

/** Where pushes to a remote go in a call with these overrides, as git writes it and without user and password. */
export async function pushUrl(
  { repo }: Site,
  remote: string,
  content: Overrides,
): Promise<{ real: string; shown: string }> {
  const real = await gitLine(["remote", "get-url", "--push", remote], { cwd: repo, content });
  return { real, shown: withoutUser(real) };
}
