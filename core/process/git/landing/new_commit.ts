// The commits that landings make. Only plumbing: no hook, signature, template or encoding of the configuration has a say.

import { DomainError } from "../../../domain/error.ts";
import { COMMITTER, git, gitLine } from "../git.ts";

/** What is there of the user's identity, and no guess from names of user and machine. */
const CONFIGURED = ["-c", "user.useConfigOnly=true", "-c", "i18n.commitEncoding=UTF-8"];

/**
 * Makes a commit of a tree, by the user's configured identity, or the service's own where there is none. The message is taken
 * as it is, with a newline at its end.
 */
export async function commitTree(
  repo: string,
  { tree, parents, message }: { tree: string; parents: string[]; message: string },
): Promise<string> {
  const args = [...CONFIGURED, "commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"];
  return await withIdentity((env) => gitLine(args, { cwd: repo, stdin: wholeLines(message), env }));
}

/** A message with a newline at its end. */
export function wholeLines(message: string): string {
  return message.endsWith("\n") ? message : `${message}\n`;
}

/** The value of a `committer` line: `Name <email> {seconds} {zone}`. */
export async function committerLine(repo: string): Promise<string> {
  const args = [...CONFIGURED, "var", "GIT_COMMITTER_IDENT"];
  return await withIdentity((env) => gitLine(args, { cwd: repo, env }));
}

/** The environment for a git that makes commits of its own. */
export async function identityFor(repo: string): Promise<Record<string, string>> {
  const args = [...CONFIGURED, "var", "GIT_COMMITTER_IDENT"];
  return (await git(args, { cwd: repo, codes: [128] })).code === 0 ? {} : COMMITTER;
}

/** Tries the user's own first: to ask whether there is one would be a git more. */
async function withIdentity(make: (env: Record<string, string>) => Promise<string>): Promise<string> {
  try {
    return await make({});
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return await make(COMMITTER);
  }
}
