// Calls that talk to a remote. Neither the repository's configuration nor a hook gets a program run by them (git_programs.ts), and
// nothing asks anybody: what would, fails.

import { DomainError } from "../../domain/error.ts";
import { inheritedVariable } from "../environment.ts";
import { markVariable } from "../process_table.ts";
import { endTree } from "../process_tree.ts";
import { scrubbed } from "../scrub.ts";
import { CONTENT_ENVIRONMENT, contentOverrides, git, type GitResult, linesOf } from "./git.ts";
import type { Overrides } from "./git_programs.ts";

const TERM_GRACE_MS = 2_000;

const ENVIRONMENT = {
  ...CONTENT_ENVIRONMENT,
  // Empty: nobody is asked, neither by this program nor by the one that would be next.
  GIT_ASKPASS: "",
  SSH_ASKPASS_REQUIRE: "never",
  GCM_INTERACTIVE: "never",
};

/** A remote that is a folder is served by a git of ours, which is to run nothing either that it finds there. */
const SERVED = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.alternateRefsCommand=true",
  "receive.autogc=false",
  "receive.denyCurrentBranch=refuse",
].map((setting) => `-c ${setting}`).join(" ");

export interface RemoteCall {
  repo: string;
  /** For the words of an error: `Cannot {verb}: ...`. */
  verb: string;
  /** The remote's address, as git goes there, and without user and password. */
  url: { real: string; shown: string };
  overrides: Overrides;
  timeoutMs: number;
  codes?: number[];
}

/** What calls of a repository to a remote need. `what`: for the error, such as `push to origin`. Throws `DomainError("unavailable")` where its configuration names a program. */
export async function remoteOverrides(repo: string, what: string): Promise<Overrides> {
  const overrides = await contentOverrides({ cwd: repo });
  if (!overrides.isOffline) return overrides;
  throw new DomainError(
    "unavailable",
    `Cannot ${what}: the repository's configuration names a program for talking to a remote ` +
      "(uploadpack, receivepack or vcs); it is used only from your own configuration (git config --global)",
  );
}

/** Nothing goes along that was not asked for, nothing is noted but objects and what a push names, and all is said for programs. */
const commands = {
  push: {
    settings: ["-c", "push.negotiate=false"],
    options: [
      ...["--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--no-recurse-submodules"],
      ...["--no-force-if-includes", "--no-progress"],
    ],
    server: ["--receive-pack", "receive-pack"],
  },
  fetch: {
    settings: [],
    options: [
      "--no-tags",
      "--no-write-fetch-head",
      "--no-recurse-submodules",
      "--no-auto-maintenance",
      "--no-progress",
    ],
    server: ["--upload-pack", "upload-pack"],
  },
  "ls-remote": { settings: [], options: ["--quiet", "--refs"], server: ["--upload-pack", "upload-pack"] },
};

/**
 * git's answer to a command with `options`, and `args` after the remote's options. Its errors hold no secrets; when time is up,
 * nothing of what git started is left.
 */
export async function callRemote(
  command: keyof typeof commands,
  { options = [], args }: { options?: string[]; args: string[] },
  { repo, verb, url, overrides, timeoutMs, codes = [] }: RemoteCall,
): Promise<GitResult> {
  const { settings, options: always, server: [option, program] } = commands[command];
  const served = isFolder(url.real) ? [`${option}=git ${SERVED} ${program}`] : [];
  const mark = crypto.randomUUID();
  const signal = AbortSignal.timeout(timeoutMs);
  const env = { ...ENVIRONMENT, [markVariable(mark)]: "1" };
  try {
    const all = [...sshSettings(overrides), ...settings, command, ...always, ...options, ...served, "--", ...args];
    return await git(all, { cwd: repo, codes, content: overrides, env, signal });
  } catch (error) {
    if (signal.aborted) {
      await endTree({ mark, graceMs: TERM_GRACE_MS });
      throw new DomainError(
        "unavailable",
        `Cannot ${verb}: ${url.shown} has not answered within ${timeoutMs / 1000} s`,
      );
    }
    if (!(error instanceof DomainError)) throw error;
    // No cause: it has the words as they were.
    throw new DomainError(error.code, scrubbed(error.message));
  }
}

/**
 * What a push that was refused says, in its lines `!\t{from}:{to}\t{reason}` and by the remote. `isRace`: what it was to replace is
 * not there. `words`: without secrets.
 */
export function refusedPush({ text, complaint }: GitResult): { isRace: boolean; words: string } {
  const refused = linesOf(text).filter((line) => line.startsWith("!")).map((line) => line.split("\t")[2] ?? "");
  const said = linesOf(complaint).filter((line) => line.startsWith("remote: ")).map((line) => line.slice(8).trim());
  const words = [...new Set([...refused, ...said])].filter((word) => word !== "").join("; ");
  return {
    isRace: refused.some((reason) => /stale info|cannot lock ref|fetch first|non-fast-forward/.test(reason)),
    words: scrubbed(words || linesOf(complaint).at(-1) || "refused"),
  };
}

/** ssh is not to ask, unless the user says otherwise how it is called; `GIT_SSH_COMMAND` wins by itself. */
function sshSettings({ hasOwnSsh }: Overrides): string[] {
  return hasOwnSsh || inheritedVariable("GIT_SSH") ? [] : ["-c", "core.sshCommand=ssh -o BatchMode=yes"];
}

/** As git decides it: no scheme, and no colon before the first slash; or `file:`. */
function isFolder(url: string): boolean {
  return /^file:\/\//i.test(url) || !/^[^/]*:/.test(url);
}
