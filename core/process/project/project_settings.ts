// How work is done in a repository: what its own coder.json says, read from a commit and never from a worktree (the check that
// judges an agent is not the agent's to change), and what the operator says about it, which wins field by field.

import { join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import type { Effort, LandingMethod } from "../../domain/event.ts";
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
  /** Null: not said. */
  sandbox: { level: "off" | "files" | "full"; allowedDomains: string[] } | null;
}

/** A field of the file that settles something. */
export type SettingName = Exclude<keyof ProjectFile, "$schema">;

/** Who settles a field. */
export type SettingsSource = typeof projectFileName | "operator";

/** The settings of a repository, and who made them. */
export interface FoundSettings {
  settings: ProjectSettings;
  /** Where each field that is set comes from. Of `env`, which is joined name by name: the operator, where the operator sets any. */
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

/** What holds where no file says anything. */
export const noSettings: ProjectSettings = settingsOf({});

/** Where the files are. */
export interface ProjectsOptions {
  /** The text of a file as it is in a commit of that repository; null: it is not in there. */
  readAtCommit(repo: string, commit: string, path: string): Promise<string | null>;
  /** `{data}/repositories`, where the operator's `{name}.json` are; need not be there. */
  folder: string;
}

/** Commits of which it is kept what they say: many tasks start from the same one, and each look costs a git. */
const commitsKept = 200;

/** A commit always says the same; the operator's file is read anew each time and counts from the moment it is saved. */
export function projects({ readAtCommit, folder }: ProjectsOptions): Projects {
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

  return {
    async settings(repo, commit) {
      const [text, ownText] = await Promise.all([
        textAt(repo, commit),
        readIfThere(join(folder, `${repo}.json`)),
      ]);
      const said = text === null ? {} : parseProjectFile(text, { name: projectFileName });
      const own = ownText === null ? {} : parseProjectFile(ownText, { name: join(folder, `${repo}.json`) });
      const env = { ...said.env, ...own.env };
      return {
        settings: settingsOf({ ...said, ...own, env }),
        sources: { ...sourceOf(said, projectFileName), ...sourceOf(own, "operator") },
      };
    },
  };
}

/** Of each field that a file sets. */
function sourceOf(file: ProjectFile, source: SettingsSource): FoundSettings["sources"] {
  const { $schema: _, ...settled } = file;
  return Object.fromEntries(Object.keys(settled).map((field) => [field, source]));
}

function settingsOf(file: ProjectFile): ProjectSettings {
  const { sandbox } = file;
  return {
    setup: file.setup ?? null,
    check: file.check ?? null,
    cleanup: file.cleanup ?? null,
    setupTimeoutSeconds: file.setup_timeout_seconds ?? 600,
    checkTimeoutSeconds: file.check_timeout_seconds ?? 1_800,
    cleanupTimeoutSeconds: file.cleanup_timeout_seconds ?? 60,
    checkRounds: file.check_rounds ?? 2,
    commitReminder: file.commit_reminder ?? true,
    env: file.env ?? {},
    model: file.model ?? null,
    effort: file.effort ?? null,
    target: file.target ?? null,
    method: file.method ?? null,
    land: file.land ?? null,
    sandbox: sandbox === undefined
      ? null
      : typeof sandbox === "string"
      ? { level: sandbox, allowedDomains: [] }
      : { level: sandbox.level ?? "files", allowedDomains: sandbox.allowed_domains ?? [] },
  };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new DomainError("unavailable", `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
