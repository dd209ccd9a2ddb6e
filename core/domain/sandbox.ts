// How far a run is confined. Pure, also in the browser.

/**
 * `off`: not at all. `files`: writes only to its worktree and what that needs, and the secrets of the machine cannot be
 * read. `full`: also the network, by a list of domains.
 */
export const sandboxLevels = ["off", "files", "full"] as const;
export type SandboxLevel = typeof sandboxLevels[number];

/** The one that confines most; `off` of none. */
export function strictest(...levels: SandboxLevel[]): SandboxLevel {
  return sandboxLevels.findLast((level) => levels.includes(level)) ?? "off";
}
