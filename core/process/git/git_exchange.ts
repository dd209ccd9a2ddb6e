// The port of exchange.ts with real git: one question to the remote, and one push or fetch of what differs.

import { DomainError } from "../../domain/error.ts";
import { withoutUser } from "../scrub.ts";
import type { Exchange, Given, GiveToOptions, Taken } from "./exchange.ts";
import { git, type GitResult, isCommitId, linesOf } from "./git.ts";
import { listRefs, type Ref } from "./git_refs.ts";
import { branchRef, isWorkRef, keptRef, otherRef, taskRefs } from "./ref_names.ts";
import { callRemote, refusedPush, type RemoteCall, remoteOverrides } from "./remote_calls.ts";
import { type Site, type Sites, sitesOf, type SitesOptions } from "./sites.ts";

const askMs = 30_000;
const moveMs = 300_000;

/** `urls`: where the exchanges are. */
export function gitExchange(at: SitesOptions | Sites, urls: ExchangeUrls): Exchange {
  const sites = sitesOf(at);
  let known = { urls: urls.current, repos: new Set(urls.current.keys()) };
  const requireUrl = (repo: string) => {
    const real = urls.current.get(repo);
    if (real === undefined) throw new DomainError("unavailable", `Repository ${repo} has no exchange`);
    return { real, shown: withoutUser(real) };
  };
  return {
    has: (repo) => urls.current.has(repo),
    get repos() {
      if (known.urls !== urls.current) known = { urls: urls.current, repos: new Set(urls.current.keys()) };
      return known.repos;
    },
    look: () => urls.look(),
    async give({ repo, branch }, { task, refsOnly = false, keepOther = false }) {
      return await give(await sites.of(repo), requireUrl(repo), { branch, task, refsOnly, keepOther });
    },
    async take({ repo, branch }, { task }) {
      return await take(await sites.of(repo), requireUrl(repo), { branch, task });
    },
    async takeBase(repo, base) {
      return await takeBase(await sites.of(repo), requireUrl(repo), base);
    },
  };
}

/** Where the exchanges of repositories are, by their names. */
export interface ExchangeUrls {
  readonly current: ReadonlyMap<string, string>;
  look(): Promise<void>;
}

type Url = RemoteCall["url"];

type Subject = Parameters<typeof isWorkRef>[1];

const patternsOf = (
  { branch, task }: Subject,
) => [branchRef(branch), `${taskRefs(task)}*`, `${keptRef(task)}-*`];

async function give(site: Site, url: Url, subject: Subject & Required<GiveToOptions>): Promise<Given> {
  const { repo } = site;
  const branch = branchRef(subject.branch);
  const verb = "push to the exchange";
  const overrides = await remoteOverrides(repo, verb);
  const call = { repo, verb, url, overrides };
  const here = (await listRefs(repo, branch, taskRefs(subject.task), `${keptRef(subject.task)}-*`))
    .filter(({ name }) => isWorkRef(name, subject) && !(subject.refsOnly && name === branch));
  const there = await refsThere(call, patternsOf(subject));
  const wanted = differing(here, there, subject);
  const other = wanted.has(branch) ? there.get(branch) : undefined;
  if (other !== undefined && (await unknownHere(repo, [other])).size > 0) {
    if (!subject.keepOther) {
      throw new DomainError(
        "conflict",
        `Cannot ${verb}: it has other work on branch ${subject.branch}, which is not known here; it was left as it is`,
      );
    }
    await fetchCommits(call, [{ name: branch, commit: other }]);
    const isSaved = [...there].some(([name, commit]) => name !== branch && commit === other);
    if (!isSaved) wanted.set(otherRef(subject.task, other), other);
  }
  if (wanted.size > 0) {
    const leases = [...wanted.keys()].map((name) => `--force-with-lease=${name}:${there.get(name) ?? ""}`);
    const args = [url.real, ...[...wanted].map(([name, commit]) => `+${commit}:${name}`)];
    const options = ["--atomic", ...leases];
    const answer = await callRemote("push", { options, args }, { ...call, timeoutMs: moveMs, codes: [1] });
    if (answer.code !== 0) throw refusalOf(answer, verb);
  }
  return { url: url.shown, commit: here.find(({ name }) => name === branch)?.commit ?? null };
}

/** What is to be set there, by name. Refs are only ever made: one of that name with other work is another clone's. */
function differing(here: Ref[], there: ReadonlyMap<string, string>, { branch, task }: Subject): Map<string, string> {
  const nameThere = ({ name, commit }: Ref) =>
    name === branchRef(branch) || (there.get(name) ?? commit) === commit ? name : otherRef(task, commit);
  return new Map(
    here.map((ref) => [nameThere(ref), ref.commit] as const).filter(([name, commit]) => there.get(name) !== commit),
  );
}

async function take(site: Site, url: Url, subject: Subject): Promise<Taken> {
  const { repo } = site;
  const verb = "fetch from the exchange";
  const call = { repo, verb, url, overrides: await remoteOverrides(repo, verb) };
  const there = await refsThere(call, patternsOf(subject));
  const wanted = [...there].map(([name, commit]) => ({ name, commit })).filter(({ name }) => isWorkRef(name, subject));
  await fetchCommits(call, wanted);
  const branch = branchRef(subject.branch);
  await keepRefs(site, wanted.filter(({ name }) => name !== branch));
  return { commit: there.get(branch) ?? null };
}

async function takeBase({ repo }: Site, url: Url, base: string): Promise<string | null> {
  const verb = "fetch from the exchange";
  const call = { repo, verb, url, overrides: await remoteOverrides(repo, verb) };
  const name = branchRef(base);
  const there = isCommitId(base)
    ? { name: base, commit: base }
    : { name, commit: (await refsThere(call, [name])).get(name) };
  if (there.commit === undefined) return null;
  const { commit } = there;
  try {
    await fetchCommits(call, [{ ...there, commit }]);
  } catch (error) {
    // It does not have it, or hands out nothing but what a ref names.
    if (!isCommitId(base) || !(error instanceof DomainError)) throw error;
  }
  return (await unknownHere(repo, [commit])).size === 0 ? commit : null;
}

/** The refs of the exchange by their full names. */
async function refsThere(call: Omit<RemoteCall, "timeoutMs">, patterns: string[]): Promise<Map<string, string>> {
  const args = [call.url.real, ...patterns];
  const { text } = await callRemote("ls-remote", { args }, { ...call, timeoutMs: askMs });
  return new Map(
    linesOf(text).map((line) => {
      const [commit, name] = line.split("\t");
      return [name!, commit!];
    }),
  );
}

/** Fetches what is not here. It has no ref yet: git keeps it for two weeks. */
async function fetchCommits(call: Omit<RemoteCall, "timeoutMs">, refs: Ref[]): Promise<void> {
  const missing = await unknownHere(call.repo, refs.map(({ commit }) => commit));
  const names = refs.filter(({ commit }) => missing.has(commit)).map(({ name }) => name);
  if (names.length === 0) return;
  await callRemote("fetch", { args: [call.url.real, ...names] }, { ...call, timeoutMs: moveMs });
}

/** Makes refs whose names are free; none is moved. */
async function keepRefs({ repo, takeTurn }: Site, refs: Ref[]): Promise<void> {
  if (refs.length === 0) return;
  await takeTurn(async () => {
    const here = new Set((await listRefs(repo, ...refs.map(({ name }) => name))).map(({ name }) => name));
    const free = refs.filter(({ name }) => !here.has(name));
    if (free.length === 0) return;
    const stdin = free.map(({ name, commit }) => `create ${name}\0${commit}\0`).join("");
    await git(["update-ref", "--stdin", "-z"], { cwd: repo, stdin });
  });
}

/** Those of some commits that this clone does not have. */
async function unknownHere(repo: string, commits: (string | undefined)[]): Promise<Set<string>> {
  const asked = [...new Set(commits.filter((one) => one !== undefined))];
  if (asked.length === 0) return new Set();
  const { text } = await git(["cat-file", "--batch-check=%(objectname)"], {
    cwd: repo,
    stdin: `${asked.join("\n")}\n`,
  });
  return new Set(linesOf(text).filter((line) => line.endsWith(" missing")).map((line) => line.split(" ")[0]!));
}

function refusalOf(answer: GitResult, verb: string): DomainError {
  const { isRace, words } = refusedPush(answer);
  const reason = isRace ? "somebody else pushed to it in the same moment" : words;
  return new DomainError("unavailable", `Cannot ${verb}: ${reason}`.slice(0, 1000));
}
