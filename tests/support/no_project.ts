// The ports of a context whose repositories say nothing about work in them: no setup, no check, no cleanup.

import type { EngineContext } from "../../core/engine/context.ts";
import type { Landings } from "../../core/process/git/landings.ts";
import { noExchange } from "../../core/process/git/exchange.ts";
import type { Outgoing } from "../../core/process/git/outgoing.ts";
import type { Worktrees } from "../../core/process/git/worktrees.ts";
import { nothingIncluded } from "../../core/process/git/worktree_include.ts";
import type { AddedPort } from "../../core/engine/service/added_repositories.ts";
import type { SettingsView } from "../../core/view/settings_view.ts";
import type { RepositorySettings, Stored } from "../../core/view/api_view.ts";
import { noSettings } from "../../core/process/project/project_settings.ts";

/** What an engine needs besides git and an agent, for tests of something else. */
export const noProject: Pick<
  EngineContext,
  "projects" | "steps" | "ports" | "sandboxes" | "folderBytes" | "landings" | "outgoing" | "exchange" | "poster"
> = {
  projects: { settings: () => Promise.resolve({ settings: noSettings, sources: {} }) },
  exchange: noExchange,
  poster: {
    obstacle: (url) => `Nothing is sent to ${url} here`,
    post: () => Promise.reject(new Error("Nothing is to be sent")),
  },
  steps: () => Promise.reject(new Error("No command is to be run")),
  folderBytes: () => Promise.resolve(0),
  sandboxes: {
    tried: Promise.resolve(),
    level: "off",
    reason: null,
    open: () => Promise.reject(new Error("Nothing is to be confined")),
    begin: null,
  },
  landings: refusing<Landings>([
    ...["defaultTarget", "preview", "integrate", "move", "outcomeOf", "isSameContent", "conflictMarkers"] as const,
    ...["mergeInto", "addCheckout", "removeCheckout"] as const,
  ]),
  outgoing: refusing<Outgoing>(["push", "patch", "bundle", "takeBundle"]),
  ports: { reserve: ({ wanted }) => Promise.resolve(wanted ?? 20_000), release() {} },
};

/** Nobody adds a repository. */
export const noneAdded: AddedPort = {
  look: () => Promise.reject(new Error("No repository is added")),
  use: () => Promise.resolve("not here"),
  drop() {},
  keep: () => Promise.resolve(),
};

/** A service of which nothing is set up. */
export const notSetUp: Omit<SettingsView, "repositories"> = {
  settings: [],
  token: { asked: false, where: null, change: "" },
};

/** Nothing lands, and nothing goes out. */
function refusing<T>(methods: readonly (keyof T)[]): T {
  return Object.fromEntries(
    methods.map((name) => [name, () => Promise.reject(new Error(`${String(name)}: not here`))]),
  ) as T;
}

/** What an agent's end finds in a worktree with everything committed. */
export const nothingUncommitted = { count: 0, files: [] };

/** A git folder that no run changes. */
export const quietFolder = {
  guardFolder: () => Promise.resolve({ worktree: "", [Symbol.dispose]() {} }),
  restoreFolder: () => Promise.resolve({ changes: [], count: 0, ref: null, commit: null }),
} satisfies Partial<Worktrees>;

/** What a run asks git about its place besides, answered for one in which all is committed. */
export const committedPlace = {
  ...quietFolder,
  include: () => Promise.resolve(nothingIncluded),
  uncommitted: () => Promise.resolve(nothingUncommitted),
  setAside: () => Promise.resolve(null),
  bringBack: () => Promise.resolve(),
  keepFiles: () => Promise.resolve(null),
  savePoint: () => Promise.resolve({ ref: null, commit: "c".repeat(40) }),
  commits: () => Promise.resolve({ head: "c".repeat(40), branch: "c".repeat(40) }),
  progress: () => Promise.resolve({ commit: "c".repeat(40), commits: 1 }),
} satisfies Partial<Worktrees>;

/** What the API shows of it. */
export const shownDefaults: RepositorySettings = {
  setup: null,
  check: null,
  cleanup: null,
  setup_timeout_seconds: 600,
  check_timeout_seconds: 1_800,
  cleanup_timeout_seconds: 60,
  check_rounds: 2,
  commit_reminder: true,
  env: [],
  model: null,
  effort: null,
  target: null,
  method: null,
  land: null,
  exchange: null,
  sandbox: { level: "off", allowed_domains: [], push: false, serve: false },
};

/** What is stored, before anybody looked. */
export const notStored: Stored = {
  logs_bytes: null,
  store_bytes: null,
  free_bytes: null,
  retention: { days: 30, frees_bytes: null },
  notice: null,
};
