// git, called by the service for itself. Every exit code is checked, and an error carries git's own words in one line.
//
// A repository may name programs in its configuration and hooks, and an agent may write those. Our own calls run none of
// them: hooks, fsmonitor, external diffs and text conversion are off, nothing is fetched, and calls that must do either (they
// read or write files, whose content may go through filters and may have to be fetched) take no program from the repository's
// configuration (git_programs.ts), which they read from a copy that nobody changes meanwhile (configuration_copies.ts), and
// fetch only from where its owner says (trusted_configuration.ts). Nothing asks at a terminal, and nothing that would point git at another repository is
// inherited.

import { Buffer } from "node:buffer";
import { DomainError, messageOf } from "../../domain/error.ts";
import { standInFor } from "./configuration_copies.ts";
import { type GitFolders, gitFoldersOf } from "./git_folders.ts";
import {
  flatConfiguration,
  includesFiles,
  lookedForSettings,
  type Overrides,
  overridesOf,
  setsNoProgram,
} from "./git_programs.ts";
import { configurationFor } from "./trusted_configuration.ts";
import { run, type RunOptions, type RunResult } from "../subprocess.ts";

/** For `git`, besides what any program is run with. */
export interface GitOptions extends RunOptions {
  /** Also an answer, not an error: `[1]` for commands that say "no" so. */
  codes?: number[];
  /** It reads or writes the content of files: filters of the user run on it, and a partial clone may fetch it. */
  content?: boolean | Overrides;
}

/** What git answered. */
export interface GitResult {
  code: number;
  /** stdout as it came: names of files need not be UTF-8. */
  bytes: Uint8Array;
  /** stdout as text. */
  readonly text: string;
  /** stderr as text. */
  readonly complaint: string;
}

const CONFIG = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.quotePath=false",
  // A line-ending warning must not make `git add` refuse a file.
  "core.safecrlf=false",
  "diff.external=",
  "diff.submodule=short",
  "color.ui=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "submodule.recurse=false",
  "advice.addEmbeddedRepo=false",
  // Large worktrees are written by one process per core; for a few hundred files one is faster.
  "checkout.workers=0",
  "checkout.thresholdForParallelism=500",
  // Else `show` verifies signatures, by the program that `gpg.program` names.
  "log.showSignature=false",
].flatMap((setting) => ["-c", setting]);

const ENVIRONMENT = {
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  // A repository may call itself a partial clone, and any git command may then fetch what it misses.
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "none",
};

/** For calls on content: no transport that runs a program of the address's choice. */
export const CONTENT_ENVIRONMENT = { GIT_NO_LAZY_FETCH: "0", GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh" };

/** The identity of commits that the service makes, given with each so that no configuration is needed. */
export const COMMITTER = {
  GIT_AUTHOR_NAME: "Personal Coder",
  GIT_AUTHOR_EMAIL: "personal-coder@localhost",
  GIT_COMMITTER_NAME: "Personal Coder",
  GIT_COMMITTER_EMAIL: "personal-coder@localhost",
};

/** Runs git. Throws `DomainError("unavailable")` when it is missing or ends with a code that is neither 0 nor in `codes`. */
export async function git(args: string[], { codes = [], content, ...options }: GitOptions = {}): Promise<GitResult> {
  const safe = content === true ? await contentOverrides(options) : content || null;
  const { code, signal, stdout, stderr } = await run("git", [...CONFIG, ...safe?.args ?? [], ...args], {
    ...options,
    env: { ...ENVIRONMENT, ...options.env, ...safe?.env },
  });
  if (code === null || (code !== 0 && !codes.includes(code))) {
    throw failure(args, { code, signal, stderr });
  }
  return {
    code,
    bytes: stdout,
    get text() {
      return new TextDecoder().decode(stdout);
    },
    get complaint() {
      return new TextDecoder().decode(stderr);
    },
  };
}

/**
 * What a call on content, with this folder and environment, needs so that no program of the repository runs. `git` asks for
 * it itself; who has something else to do meanwhile asks ahead, for calls in the same repository that follow soon. For a call
 * that runs no hook, git is asked only when the configuration says anything of the kind: a hook that the user configured is
 * not looked for then. Throws `DomainError("unavailable")` when git cannot read its configuration.
 */
export async function contentOverrides(
  { runsNoHook = false, ...at }: Pick<RunOptions, "cwd" | "env" | "signal"> & { runsNoHook?: boolean },
): Promise<Overrides> {
  const folders = await foldersOf(at);
  // Where there is no repository, git says so.
  if (folders === null) return overridesOf((await listSettings(["--get-regexp", lookedForSettings], at)).toString());
  const { text, isTrusted, isGuarded } = configurationFor(folders);
  // What files that it includes say is read once, too; and they are as they are now, whoever named or wrote them.
  const listed = text === null || includesFiles(text) ? await listSettings(["--list"], at) : null;
  const config = text !== null && listed === null ? text : flatConfiguration(listed!.toString("latin1"));
  const env = { GIT_COMMON_DIR: await standInFor(folders.common, config) };
  const overrides = await overridesIn(text, { ...at, env: { ...at.env, ...env }, runsNoHook, listed });
  const mayFetch = isTrusted && !overrides.isOffline && (listed === null || !isGuarded);
  return { ...overrides, env: { ...overrides.env, ...env, ...(mayFetch && CONTENT_ENVIRONMENT) } };
}

/** Null where there is no repository. */
async function foldersOf(at: Pick<RunOptions, "cwd" | "env" | "signal">): Promise<GitFolders | null> {
  try {
    return gitFoldersOf(at);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    // A repository elsewhere, which one inside a worktree is of, is not ours to read under limited permissions.
    const args = ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"];
    const [folder, common] = linesOf((await git(args, { ...at, codes: [128] })).text);
    return folder === undefined || common === undefined ? null : { folder, common };
  }
}

async function overridesIn(
  text: string | null,
  { runsNoHook, listed, ...at }: Pick<RunOptions, "cwd" | "env" | "signal"> & {
    runsNoHook: boolean;
    listed: Buffer | null;
  },
): Promise<Overrides> {
  if (runsNoHook && text !== null && setsNoProgram(text)) {
    return { args: [], settings: [], env: {}, isOffline: false, hasOwnSsh: true };
  }
  return overridesOf((listed ?? await listSettings(["--get-regexp", lookedForSettings], at)).toString());
}

async function listSettings(
  what: string[],
  { cwd, env, signal }: Pick<RunOptions, "cwd" | "env" | "signal">,
): Promise<Buffer> {
  const args = ["config", "--show-scope", "--null", ...what];
  const { code, signal: endedBy, stdout, stderr } = await run("git", args, {
    cwd,
    env: { ...ENVIRONMENT, ...env },
    signal,
  });
  // 1: there is none.
  if (code !== 0 && code !== 1) throw failure(args, { code, signal: endedBy, stderr });
  return Buffer.from(stdout);
}

/** stdout without the newline at its end: for commands that answer with one value. Throws what `git` does. */
export async function gitLine(args: string[], options: GitOptions = {}): Promise<string> {
  return (await git(args, options)).text.replace(/\r?\n$/, "");
}

/** The lines of an answer, without empty ones. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function failure(args: string[], { code, signal, stderr }: Pick<RunResult, "code" | "signal" | "stderr">): DomainError {
  const isVerb = (arg: string, at: number) => !arg.startsWith("-") && !arg.includes("/") && args[at - 1] !== "-c";
  const verb = args.find(isVerb) ?? "git";
  const reason = complaintIn(stderr) || signal || `exit code ${code}`;
  return new DomainError("unavailable", `git ${verb} failed: ${reason}`);
}

/** What git says is wrong, in one line: its `fatal:` or `error:` lines, without those words. Its hints are for a terminal. */
function complaintIn(stderr: Uint8Array): string {
  const lines = new TextDecoder().decode(stderr).split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("hint:"));
  const telling = lines.filter((line) => /^(fatal|error):/.test(line)).map((line) => line.replace(/^\w+: /, ""));
  return (telling.length > 0 ? telling.slice(0, 3).join("; ") : lines.at(-1) ?? "").slice(0, 1000);
}

/** git's version, or `null` with the reason why it cannot be used. Never throws. */
export async function probeGit(): Promise<{ found: true; version: string } | { found: false; reason: string }> {
  try {
    return { found: true, version: (await gitLine(["version"])).replace(/^git version /, "") };
  } catch (error) {
    return { found: false, reason: messageOf(error) };
  }
}

/** A repository that can be worked on. */
export interface Repository {
  /** The top folder of its working tree, symbolic links resolved. */
  root: string;
  /** The commit that HEAD names. */
  head: string;
  /** `null` when HEAD is detached. */
  branch: string | null;
}

/** Looks at the repository of a folder, or throws `DomainError("invalid")` with one line that says what is wrong with it. */
export async function inspectRepository(path: string): Promise<Repository> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new DomainError("invalid", `Cannot use repository ${path}: ${reason}`, { cause });
  };
  const gitProbe = await probeGit();
  if (!gitProbe.found) fail("git was not found; install it");
  // Where this process may not look, git says what is wrong.
  const isHidden = (error: unknown) => error instanceof Deno.errors.NotCapable;
  const info = await Deno.stat(path).catch((error) => isHidden(error) ? undefined : null);
  if (info !== undefined && !info?.isDirectory) {
    fail(info === null ? "the folder does not exist" : "it is not a folder");
  }
  const ask = (...args: string[]) => gitLine(["-C", path, ...args]);
  const isBare = await ask("rev-parse", "--is-bare-repository").catch((error) => {
    const words = messageOf(error);
    return fail(words.includes("not a git repository") ? "it is not a git repository" : words, error);
  });
  if (isBare === "true") fail("it is a bare repository; a clone with files is needed");
  const root = await ask("rev-parse", "--show-toplevel").catch((error) => fail(messageOf(error), error));
  const head = await gitLine(["-C", path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { codes: [1, 128] });
  const branch = await gitLine(["-C", path, "symbolic-ref", "--quiet", "--short", "HEAD"], { codes: [1] });
  if (head === "") {
    const hasOthers = await ask("for-each-ref", "--count=1", "refs/heads/") !== "";
    fail(hasOthers ? `branch ${branch}, which is checked out there, has no commit yet` : "it has no commit yet");
  }
  return { root, head, branch: branch === "" ? null : branch };
}

/**
 * The commit that a branch, tag or commit id names. Throws `DomainError("invalid")` when it names none; `base` may be any
 * text.
 */
export async function resolveCommit(repo: string, base: string): Promise<string> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${base}^{commit}`];
  const commit = isRevision(base) ? await gitLine(args, { cwd: repo, codes: [1, 128] }) : "";
  if (!isCommitId(commit)) {
    throw new DomainError("invalid", `Cannot start from ${JSON.stringify(base)}: the repository has no such commit`);
  }
  return commit;
}

/** Whether git may be asked what it means. A colon is in no name of a ref: what has one names a file, or searches messages. */
export function isRevision(base: string): boolean {
  // deno-lint-ignore no-control-regex
  return base !== "" && !/[\u0000-\u001f\u007f:]/.test(base);
}

/** Whether it is a full commit id, and so no option and no path. */
export function isCommitId(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}
