// The ports of a context whose repositories say nothing about work in them: no setup, no check, no cleanup.

import type { EngineContext } from "../../core/engine/context.ts";
import type { Landings } from "../../core/process/git/landings.ts";
import type { Outgoing } from "../../core/process/git/outgoing.ts";
import type { Worktrees } from "../../core/process/git/worktrees.ts";
import { nothingIncluded } from "../../core/process/git/worktree_include.ts";
import type { RepositorySettings } from "../../core/view/api_view.ts";
import { noSettings } from "../../core/process/project/project_settings.ts";

/** What an engine needs besides git and an agent, for tests of something else. */
export const noProject: Pick<EngineContext, "projects" | "steps" | "ports" | "landings" | "outgoing"> = {
  projects: { settings: () => Promise.resolve({ settings: noSettings, sources: {} }) },
  steps: () => Promise.reject(new Error("No command is to be run")),
  landings: refusing<Landings>([
    ...["defaultTarget", "preview", "integrate", "move", "outcomeOf", "isSameContent", "conflictMarkers"] as const,
    ...["mergeInto", "addCheckout", "removeCheckout"] as const,
  ]),
  outgoing: refusing<Outgoing>(["push", "patch"]),
  ports: { reserve: ({ wanted }) => Promise.resolve(wanted ?? 20_000), release() {} },
};

/** Nothing lands, and nothing goes out. */
function refusing<T>(methods: readonly (keyof T)[]): T {
  return Object.fromEntries(
    methods.map((name) => [name, () => Promise.reject(new Error(`${String(name)}: not here`))]),
  ) as T;
}

/** What an agent's end finds in a worktree with everything committed. */
export const nothingUncommitted = { count: 0, files: [] };

/** What a run asks git about its place besides, answered for one in which all is committed. */
export const committedPlace = {
  include: () => Promise.resolve(nothingIncluded),
  uncommitted: () => Promise.resolve(nothingUncommitted),
  setAside: () => Promise.resolve(null),
  bringBack: () => Promise.resolve(),
  savePoint: () => Promise.resolve({ ref: null, commit: "c".repeat(40) }),
  commits: () => Promise.resolve({ head: "c".repeat(40), branch: "c".repeat(40) }),
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
  sandbox: null,
};
