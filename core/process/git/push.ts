// A place's branch, pushed. Neither the repository's configuration nor a hook gets a program run by it (git_programs.ts), and
// nothing asks anybody: what would, fails.

import { DomainError } from "../../domain/error.ts";
import { inheritedVariable } from "../environment.ts";
import { markVariable } from "../process_table.ts";
import { endTree } from "../process_tree.ts";
import { scrubbed } from "../scrub.ts";
import { requireCommitId, requireTip } from "./compared.ts";
import { contentOverrides, git, type GitResult, isRevision, linesOf } from "./git.ts";
import type { Overrides } from "./git_programs.ts";
import type { Pushed, PushOptions } from "./outgoing.ts";
import { branchRef } from "./ref_names.ts";
import { pushUrl, requireRemote } from "./remotes.ts";
import type { Located, Site } from "./sites.ts";
import type { Place } from "./worktrees.ts";

const TERM_GRACE_MS = 2_000;

const ENVIRONMENT = {
  // Empty: nobody is asked, neither by this program nor by the one that would be next.
  GIT_ASKPASS: "",
  SSH_ASKPASS_REQUIRE: "never",
  GCM_INTERACTIVE: "never",
};

const PUSH = [
  ...["push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--no-recurse-submodules"],
  ...["--no-force-if-includes", "--no-progress"],
];

/** A remote that is a folder is served by a git of ours, which is to run nothing either that it finds there. */
const RECEIVE = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.alternateRefsCommand=true",
  "receive.autogc=false",
  "receive.denyCurrentBranch=refuse",
].map((setting) => `-c ${setting}`).join(" ");

/** See `Outgoing.push`. */
export async function pushBranch({ site }: Located, place: Place, options: PushOptions): Promise<Pushed> {
  const { branch = place.branch, expected, timeoutMs } = options;
  if (expected !== null) requireCommitId(expected);
  const ref = await requireBranchName(site, branch);
  const remote = await requireRemote(site, options.remote);
  const commit = await requireTip(site, place);
  const { real, shown } = await pushUrl(site, remote);
  const overrides = await requirePrograms(site, remote);
  const args = [
    ...sshSettings(overrides),
    ...["-c", "push.negotiate=false", ...PUSH, `--force-with-lease=${ref}:${expected ?? ""}`],
    ...(isFolder(real) ? [`--receive-pack=git ${RECEIVE} receive-pack`] : []),
    ...["--", remote, `${commit}:${ref}`],
  ];
  const answer = await withTimeout(timeoutMs, {
    what: `${shown} has not answered`,
    start: (signal, env) => git(args, { cwd: site.repo, codes: [1], content: overrides, env, signal }),
  });
  if (answer.code !== 0) throw refusalOf(answer, { branch, remote });
  return { remote, url: shown, branch, commit };
}

async function requireBranchName({ repo }: Site, branch: string): Promise<string> {
  const ref = branchRef(branch);
  const isName = isRevision(branch) && (await git(["check-ref-format", ref], { cwd: repo, codes: [1] })).code === 0;
  if (isName) return ref;
  throw new DomainError("invalid", `Cannot push to ${JSON.stringify(branch)}: no name of a branch`);
}

async function requirePrograms({ repo }: Site, remote: string): Promise<Overrides> {
  const overrides = await contentOverrides({ cwd: repo });
  if (!overrides.isOffline) return overrides;
  throw new DomainError(
    "unavailable",
    `Cannot push to ${remote}: the repository's configuration names a program for talking to a remote ` +
      "(uploadpack, receivepack or vcs); it is used only from your own configuration (git config --global)",
  );
}

/** ssh is not to ask, unless the user says otherwise how it is called; `GIT_SSH_COMMAND` wins by itself. */
function sshSettings({ hasOwnSsh }: Overrides): string[] {
  return hasOwnSsh || inheritedVariable("GIT_SSH") ? [] : ["-c", "core.sshCommand=ssh -o BatchMode=yes"];
}

/** As git decides it: no scheme, and no colon before the first slash; or `file:`. */
function isFolder(url: string): boolean {
  return /^file:\/\//i.test(url) || !/^[^/]*:/.test(url);
}

/** git's answer, and its errors without secrets. When time is up, nothing of what git started is left. */
async function withTimeout(
  timeoutMs: number,
  { what, start }: {
    what: string;
    start: (signal: AbortSignal, env: Record<string, string>) => Promise<GitResult>;
  },
): Promise<GitResult> {
  const mark = crypto.randomUUID();
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await start(signal, { ...ENVIRONMENT, [markVariable(mark)]: "1" });
  } catch (error) {
    if (signal.aborted) {
      await endTree({ mark, graceMs: TERM_GRACE_MS });
      throw new DomainError("unavailable", `Cannot push: ${what} within ${timeoutMs / 1000} s`);
    }
    if (!(error instanceof DomainError)) throw error;
    // No cause: it has the words as they were.
    throw new DomainError(error.code, scrubbed(error.message));
  }
}

/** What a push that was refused means: in its lines `!\t{from}:{to}\t{reason}` and in what the remote said. */
function refusalOf(
  { text, complaint }: GitResult,
  { branch, remote }: { branch: string; remote: string },
): DomainError {
  const reason = linesOf(text).find((line) => line.startsWith("!"))?.split("\t")[2] ?? "";
  if (/stale info|cannot lock ref|fetch first|non-fast-forward/.test(reason)) {
    return new DomainError("conflict", `Cannot push ${branch} to ${remote}: somebody else pushed to it`);
  }
  const said = linesOf(complaint).filter((line) => line.startsWith("remote: ")).map((line) => line.slice(8).trim());
  const words = [reason, ...said].filter((word) => word !== "").join("; ") || linesOf(complaint).at(-1) || "refused";
  return new DomainError("unavailable", scrubbed(`Cannot push ${branch} to ${remote}: ${words}`).slice(0, 1000));
}
