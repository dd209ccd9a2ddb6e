// A place's branch, pushed. Neither the repository's configuration nor a hook gets a program run by it (git_programs.ts), and
// nothing asks anybody: what would, fails.

import { DomainError } from "../../domain/error.ts";
import { requireCommitId, requireTip } from "./compared.ts";
import { git, type GitResult, isRevision } from "./git.ts";
import type { Pushed, PushOptions } from "./outgoing.ts";
import { branchRef } from "./ref_names.ts";
import { pushUrl, requireRemote } from "./remotes.ts";
import { callRemote, refusedPush, remoteOverrides } from "./remote_calls.ts";
import type { Located, Site } from "./sites.ts";
import type { Place } from "./worktrees.ts";

/** See `Outgoing.push`. */
export async function pushBranch({ site }: Located, place: Place, options: PushOptions): Promise<Pushed> {
  const { branch = place.branch, expected, timeoutMs } = options;
  if (expected !== null) requireCommitId(expected);
  const ref = await requireBranchName(site, branch);
  const remote = await requireRemote(site, options.remote);
  const commit = await requireTip(site, place);
  const overrides = await remoteOverrides(site.repo, `push to ${remote}`);
  const url = await pushUrl(site, remote, overrides);
  const lease = `--force-with-lease=${ref}:${expected ?? ""}`;
  const call = { repo: site.repo, verb: "push", url, overrides, timeoutMs, codes: [1] };
  const answer = await callRemote("push", { options: [lease], args: [remote, `${commit}:${ref}`] }, call);
  if (answer.code !== 0) throw refusalOf(answer, { branch, remote });
  return { remote, url: url.shown, branch, commit };
}

async function requireBranchName({ repo }: Site, branch: string): Promise<string> {
  const ref = branchRef(branch);
  const isName = isRevision(branch) && (await git(["check-ref-format", ref], { cwd: repo, codes: [1] })).code === 0;
  if (isName) return ref;
  throw new DomainError("invalid", `Cannot push to ${JSON.stringify(branch)}: no name of a branch`);
}

function refusalOf(answer: GitResult, { branch, remote }: { branch: string; remote: string }): DomainError {
  const { isRace, words } = refusedPush(answer);
  if (isRace) return new DomainError("conflict", `Cannot push ${branch} to ${remote}: somebody else pushed to it`);
  return new DomainError("unavailable", `Cannot push ${branch} to ${remote}: ${words}`.slice(0, 1000));
}
