// How work is done in a repository: what its own coder.json says, read from a commit and never from a worktree (the check that
// judges an agent is not the agent's to change), and what the operator says about it, which wins field by field. Of the sandbox
// the stricter level holds, and what loosens it is the operator's alone to say.

import { join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import type { LandingMethod } from "../../domain/event.ts";
import type { Effort } from "../../domain/task_spec.ts";
import { type SandboxLevel, strictest } from "../../domain/sandbox.ts";
import { withoutUser } from "../scrub.ts";
import { parseProjectFile, type ProjectFile, projectFileName } from "./project_file.ts";

/** What holds for a run in a repository. */
export interface ProjectSettings {
  /** Command lines for `sh -eu -c`; null: none. */
  setup: string | null;
  check: string | null;
  cleanup: string | null;
  setupTimeoutSeconds: number;
  checkTimeoutSeconds: number;
  cleanupTimeoutSeconds: number;
  /** How often the agent may mend what the check refuses, in one run. */
  checkRounds: number;
  /** Whether an agent that ends with uncommitted work is told once to commit it. */
  commitReminder: boolean;
  /** Added to the environment of setup, agent, check and cleanup. The operator's values may be secrets. */
  env: Record<string, string>;
  /** For tasks that name none; null: the agent's own choice. */
  model: string | null;
  effort: Effort | null;
  /** Where finished work lands and how; null: not said. */
  target: string | null;
  method: LandingMethod | null;
  /** `auto`: what is good lands by itself; null: not said. */
  land: "auto" | "never" | null;
  /** The exchange of the repository, without user and password; null: none. */
  exchange: string | null;
  sandbox: {
    /** What is asked for here; CODER_SANDBOX may ask for more. */
    level: SandboxLevel;
    /** What `full` leaves open of the network. */
    allowedDomains: string[];
    /** Whether a push from inside is possible: what it takes to log in can be read. */
    push: boolean;
    /** Whether what listens on TASK_PORT inside can be reached from a browser of this machine. */
    serve: boolean;
  };
}

/** A field of the file that settles something. */
export type SettingName = Exclude<keyof ProjectFile, "$schema">;

/** Who settles a field. */
export type SettingsSource = typeof projectFileName | "operator";

/** The settings of a repository, and who made them. */
export interface FoundSettings {
  settings: ProjectSettings;
  /**
   * Where each field that is set comes from. Of `env`, which is joined name by name: the operator, where the operator sets any.
   * Of `sandbox`: who asks for the stricter level.
   */
  sources: Partial<Record<SettingName, SettingsSource>>;
}

/** What repositories say about how work is done in them. */
export interface Projects {
  /**
   * What holds for work that starts from a commit. Throws `DomainError("invalid")` for a file that is broken, with its name, line
   * and column, and `DomainError("unavailable")` when one cannot be read.
   */
  settings(repo: string, commit: string): Promise<FoundSettings>;
}

/** Where repositories hand each other work. */
export interface ExchangeSettings {
  /** Where the exchange of a repository is, user and password included; null: it has none. Throws as `settings` does. */
  exchange(repo: string): Promise<string | null>;
}

/** What holds where no file says anything. */
export const noSettings: ProjectSettings = settingsOf({}, {}, null);

/** Where the files are. */
export interface ProjectsOptions {
  /** The text of a file as it is in a commit of that repository; null: it is not in there. */
  readAtCommit(repo: string, commit: string, path: string): Promise<string | null>;
  /** `{data}/repositories`, where the operator's `{name}.json` are; need not be there. */
  folder: string;
  /** Of CODER_EXCHANGE: URLs by the names of repositories. */
  exchanges?: ReadonlyMap<string, string>;
}

/** Commits of which it is kept what they say: many tasks start from the same one, and each look costs a git. */
const commitsKept = 200;

/** A commit always says the same; the operator's file is read anew each time and counts from the moment it is saved. */
export function projects(
  { readAtCommit, folder, exchanges = new Map() }: ProjectsOptions,
): Projects & ExchangeSettings {
  const known = new Map<string, string | null>();

  async function textAt(repo: string, commit: string): Promise<string | null> {
    const key = `${commit} ${repo}`;
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    const text = await readAtCommit(repo, commit, projectFileName);
    // A name may mean another commit tomorrow.
    if (/^[0-9a-f]{40,64}$/.test(commit)) known.set(key, text);
    if (known.size > commitsKept) known.delete(known.keys().next().value!);
    return text;
  }

  async function ownOf(repo: string): Promise<ProjectFile> {
    const name = join(folder, `${repo}.json`);
    const text = await readIfThere(name);
    return text === null ? {} : parseProjectFile(text, { name });
  }

  const exchangeOf = (repo: string, { exchange }: ProjectFile) =>
    exchange === undefined ? exchanges.get(repo) ?? null : exchange;

  return {
    exchange: async (repo) => exchangeOf(repo, await ownOf(repo)),
    async settings(repo, commit) {
      const [text, own] = await Promise.all([textAt(repo, commit), ownOf(repo)]);
      const said = text === null ? {} : parseProjectFile(text, { name: projectFileName });
      const sources = { ...sourceOf(said, projectFileName), ...sourceOf(own, "operator") };
      const level = levelOf(said);
      if (level !== levelOf(own) && level === strictest(level, levelOf(own))) sources.sandbox = projectFileName;
      delete sources.exchange;
      const exchange = exchangeOf(repo, own);
      if (exchange !== null) sources.exchange = "operator";
      return { settings: settingsOf(said, own, exchange), sources };
    },
  };
}

/** Of each field that a file sets. */
function sourceOf(file: ProjectFile, source: SettingsSource): FoundSettings["sources"] {
  const { $schema: _, ...settled } = file;
  return Object.fromEntries(Object.keys(settled).map((field) => [field, source]));
}

function settingsOf(said: ProjectFile, own: ProjectFile, exchange: string | null): ProjectSettings {
  const file = { ...said, ...own };
  const granted = typeof own.sandbox === "object" ? own.sandbox : {};
  return {
    setup: file.setup ?? null,
    check: file.check ?? null,
    cleanup: file.cleanup ?? null,
    setupTimeoutSeconds: file.setup_timeout_seconds ?? 600,
    checkTimeoutSeconds: file.check_timeout_seconds ?? 1_800,
    cleanupTimeoutSeconds: file.cleanup_timeout_seconds ?? 60,
    checkRounds: file.check_rounds ?? 2,
    commitReminder: file.commit_reminder ?? true,
    env: { ...said.env, ...own.env },
    model: file.model ?? null,
    effort: file.effort ?? null,
    target: file.target ?? null,
    method: file.method ?? null,
    land: file.land ?? null,
    exchange: exchange === null ? null : withoutUser(exchange),
    sandbox: {
      level: strictest(levelOf(said), levelOf(own)),
      allowedDomains: granted.allowed_domains ?? [],
      push: granted.push ?? false,
      serve: granted.serve ?? false,
    },
  };
}

/** Whoever says anything of a sandbox wants one. */
function levelOf({ sandbox }: ProjectFile): SandboxLevel {
  return typeof sandbox === "object" ? sandbox.level ?? "files" : sandbox ?? "off";
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new DomainError("unavailable", `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
