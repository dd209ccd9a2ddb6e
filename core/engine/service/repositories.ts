// The configured repositories as they stand now: what is checked out, and what holds for work that starts there.

import { DomainError } from "../../domain/error.ts";
import { projectJsonSchema } from "../../process/project/project_file.ts";
import type { Projects, ProjectSettings } from "../../process/project/project_settings.ts";
import type { RepositorySettings, RepositoryView, StepRecord } from "../../view/api_view.ts";
import type { TaskView } from "../../view/task_view.ts";
import type { AddedPort } from "./added_repositories.ts";
import type { Service } from "./service.ts";

/** What it takes to know them. */
export interface RepositoriesParts {
  projects: Projects;
  /** What is checked out in a folder. Throws `DomainError` with what is wrong with it. */
  inspect(path: string): Promise<{ branch: string | null; head: string }>;
  /** Those that people add. */
  added: AddedPort;
}

/**
 * What of the service is about repositories. `configured` are their names and folders; by `recentTasks` is known how their last
 * setup and check went.
 */
export function repositories(
  { projects, inspect }: RepositoriesParts,
  configured: () => { name: string; path: string }[],
  recentTasks: () => Promise<TaskView[]>,
): Pick<Service, "repositories" | "projectSchema"> {
  async function look({ name, path }: { name: string; path: string }): Promise<RepositoryView> {
    const view: RepositoryView = {
      ...{ name, path, branch: null, head: null, settings: null, sources: {}, error: null },
      ...{ last_setup: null, last_check: null },
    };
    try {
      const { branch, head } = await inspect(path);
      Object.assign(view, { branch, head });
      const { settings, sources } = await projects.settings(name, head);
      return { ...view, settings: settingsView(settings), sources };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { ...view, error: error.message };
    }
  }

  async function lookAtAll(): Promise<RepositoryView[]> {
    const [views, tasks] = await Promise.all([Promise.all(configured().map(look)), recentTasks()]);
    return views.map((view) => ({ ...view, ...lastStepsIn(tasks.filter(({ repo }) => repo === view.name)) }));
  }

  return { repositories: oneAtATime(lookAtAll), projectSchema: projectJsonSchema };
}

/** The newest setup and check of these tasks. */
function lastStepsIn(tasks: TaskView[]): Pick<RepositoryView, "last_setup" | "last_check"> {
  const newest = (name: "last_setup" | "last_check"): StepRecord | null => {
    const records = tasks.flatMap(({ id, [name]: step }) => {
      if (!step) return [];
      const { seq, at, outcome, duration_ms } = step;
      return [{ task: id, seq, at, outcome, duration_ms }];
    });
    return records.reduce((last: StepRecord | null, one) => last !== null && last.at > one.at ? last : one, null);
  };
  return { last_setup: newest("last_setup"), last_check: newest("last_check") };
}

/**
 * However many ask, one look is on its way and one is to follow, which those share who asked meanwhile: each starts programs.
 * Nobody gets what was seen before they asked.
 */
function oneAtATime<T>(look: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | null = null;
  let following: Promise<T> | null = null;

  function start(): Promise<T> {
    following = null;
    const started = look().finally(() => void (current = following));
    return current = started;
  }

  return () => {
    if (current === null) return start();
    return following ??= current.then(start, start);
  };
}

function settingsView(settings: ProjectSettings): RepositorySettings {
  const { setup, check, cleanup, model, effort, target, method, land, exchange } = settings;
  const { level, allowedDomains, push, serve } = settings.sandbox;
  return {
    ...{ setup, check, cleanup },
    setup_timeout_seconds: settings.setupTimeoutSeconds,
    check_timeout_seconds: settings.checkTimeoutSeconds,
    cleanup_timeout_seconds: settings.cleanupTimeoutSeconds,
    check_rounds: settings.checkRounds,
    commit_reminder: settings.commitReminder,
    env: Object.keys(settings.env).sort(),
    ...{ model, effort, target, method, land, exchange },
    sandbox: { level, allowed_domains: allowedDomains, push, serve },
  };
}
