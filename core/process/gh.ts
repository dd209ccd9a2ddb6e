// The person's own `gh`, where it is installed and logged in: pull requests on GitHub. It is called by the main checkout, asks
// nothing, and what it says is passed on without tokens.

import { DomainError, messageOf } from "../domain/error.ts";
import { gitEnvironment } from "./git/git_environment.ts";
import { scrubbed } from "./scrub.ts";
import { run, type RunResult } from "./subprocess.ts";

/** How `gh` is called. */
export interface GhOptions {
  /** Default: `gh`. */
  program?: string;
  /** For one call of it. Default: 60 s. */
  timeoutMs?: number;
}

/** Whether it can be used, and its own words about it. */
export interface GhState {
  found: boolean;
  loggedIn: boolean;
  words: string;
}

/** For `createPullRequest`. `cwd`: the main checkout; branches by their names on the remote, where `head` was pushed. */
export interface NewPullRequest {
  cwd: string;
  head: string;
  base: string;
  title: string;
  body: string;
  draft: boolean;
}

/** One that is there. */
export interface PullRequest {
  url: string;
  number: number;
}

const ENVIRONMENT = { GH_PROMPT_DISABLED: "1", GH_NO_UPDATE_NOTIFIER: "1", NO_COLOR: "1" };
const states: Record<string, "open" | "merged" | "closed"> = { OPEN: "open", MERGED: "merged", CLOSED: "closed" };

/** Whether there is a `gh` and it is logged in. Never throws. */
export async function ghState(options: GhOptions = {}): Promise<GhState> {
  try {
    await call(["--version"], options);
  } catch (error) {
    return { found: false, loggedIn: false, words: messageOf(error) };
  }
  try {
    const { code, stdout, stderr } = await call(["auth", "status"], options);
    return { found: true, loggedIn: code === 0, words: wordsOf(stderr) || wordsOf(stdout) };
  } catch (error) {
    return { found: true, loggedIn: false, words: messageOf(error) };
  }
}

/**
 * Opens a pull request; one that is open for `head` already is that one. Throws `DomainError("unavailable")` in `gh`'s words
 * when there is none then.
 */
export async function createPullRequest(
  { cwd, head, base, title, body, draft }: NewPullRequest,
  options: GhOptions = {},
): Promise<PullRequest> {
  const at = { ...options, cwd, env: await gitEnvironment(cwd) };
  const open = await openRequestOf(head, at);
  if (open !== null) return open;
  const args = [`--head=${head}`, `--base=${base}`, `--title=${title}`, "--body-file=-", ...(draft ? ["--draft"] : [])];
  const result = await call(["pr", "create", ...args], { ...at, stdin: body });
  if (result.code !== 0) {
    // Somebody may have been faster.
    const faster = await openRequestOf(head, at);
    if (faster !== null) return faster;
    throw failure("pr create", result);
  }
  const [url, number] = /https?:\/\/\S+\/pull\/(\d+)/.exec(textOf(result.stdout)) ?? [];
  if (url !== undefined) return { url, number: Number(number) };
  throw new DomainError("unavailable", `gh pr create failed: it named no pull request: ${wordsOf(result.stdout)}`);
}

/** What became of a pull request, by its URL. Throws `DomainError("unavailable")` in `gh`'s words. */
export async function pullRequestState(
  { cwd, url }: { cwd: string; url: string },
  options: GhOptions = {},
): Promise<{ state: "open" | "merged" | "closed"; title: string }> {
  const result = await view(url, ["state", "title"], { ...options, cwd });
  const { state, title } = fieldsOf(result);
  const known = states[String(state)];
  if (known !== undefined && typeof title === "string") return { state: known, title };
  throw new DomainError("unavailable", `gh pr view failed: it said ${wordsOf(result.stdout)}`);
}

/** The branch that a pull request is of; null: it is one of another repository. Throws as `pullRequestState` does. */
export async function pullRequestHead(
  { cwd, url }: { cwd: string; url: string },
  options: GhOptions = {},
): Promise<string | null> {
  const result = await view(url, ["headRefName", "isCrossRepository"], { ...options, cwd });
  const { headRefName, isCrossRepository } = fieldsOf(result);
  if (isCrossRepository === true) return null;
  if (isCrossRepository === false && typeof headRefName === "string") return headRefName;
  throw new DomainError("unavailable", `gh pr view failed: it said ${wordsOf(result.stdout)}`);
}

type CallOptions = GhOptions & { cwd?: string; env?: Record<string, string>; stdin?: string };

async function view(url: string, fields: string[], options: GhOptions & { cwd: string }): Promise<RunResult> {
  if (!/^https?:\/\//.test(url)) throw new DomainError("invalid", `${JSON.stringify(url)} is no pull request`);
  const at = { ...options, env: await gitEnvironment(options.cwd) };
  const result = await call(["pr", "view", url, `--json=${fields.join(",")}`], at);
  if (result.code !== 0) throw failure("pr view", result);
  return result;
}

async function openRequestOf(head: string, at: CallOptions): Promise<PullRequest | null> {
  // A name that begins with a dash is none of an option.
  const result = await call(["pr", "view", "--json=url,number,state,headRefName", "--", head], at);
  if (result.code !== 0) return null;
  const { url, number, state, headRefName } = fieldsOf(result);
  // It takes a branch's name that is a number for the number of a request.
  const isOpen = state === "OPEN" && headRefName === head;
  return isOpen && typeof url === "string" && typeof number === "number" ? { url, number } : null;
}

async function call(args: string[], { program = "gh", timeoutMs = 60_000, env, ...options }: CallOptions) {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await run(program, args, {
      ...options,
      env: { ...ENVIRONMENT, ...env },
      signal,
      maxOutputBytes: 1024 * 1024,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    const what = `gh ${args.slice(0, 2).join(" ")}`;
    throw new DomainError("unavailable", `${what} failed: no answer within ${timeoutMs / 1000} s`);
  }
}

function failure(what: string, { code, signal, stdout, stderr }: RunResult): DomainError {
  const words = wordsOf(stderr) || wordsOf(stdout) || signal || `exit code ${code}`;
  return new DomainError("unavailable", `gh ${what} failed: ${words}`);
}

/** In one line. */
function wordsOf(bytes: Uint8Array): string {
  const lines = scrubbed(textOf(bytes)).split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.join("; ").slice(0, 1000);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function fieldsOf({ stdout }: RunResult): Record<string, unknown> {
  try {
    const value = JSON.parse(textOf(stdout));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Pull requests of the repositories with these main checkouts, by name. */
export function pullRequests(folders: ReadonlyMap<string, string>, options: GhOptions = {}) {
  const cwdOf = (repo: string): string => {
    const cwd = folders.get(repo);
    if (cwd !== undefined) return cwd;
    throw new DomainError("unavailable", `Cannot use repository ${repo}: it is not configured on this worker`);
  };
  return {
    state: () => ghState(options),
    create: (repo: string, request: Omit<NewPullRequest, "cwd">) =>
      createPullRequest({ ...request, cwd: cwdOf(repo) }, options),
    look: (repo: string, url: string) => pullRequestState({ cwd: cwdOf(repo), url }, options),
    head: (repo: string, url: string) => pullRequestHead({ cwd: cwdOf(repo), url }, options),
  };
}
