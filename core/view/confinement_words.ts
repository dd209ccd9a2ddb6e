// How the service confines runs, in words: for its first lines and for the pages.

import type { SandboxLevel } from "../domain/sandbox.ts";
import type { Health } from "./api_view.ts";

const confined: Record<Exclude<SandboxLevel, "off">, string> = {
  files: "agents and commands write to their worktrees, and cannot read what is secret on this machine",
  full: "as files, and of the network they reach only the domains that are allowed",
};

/** `files: ...`, or `not confined: ...` with why. */
export function confinementWords(sandbox: Health["sandbox"]): string {
  const { level } = sandbox;
  return level === "off" ? `not confined: ${unconfinedReason(sandbox)}` : `${level}: ${confined[level]}`;
}

/** Why runs are not confined, where they are not. */
export function unconfinedReason({ reason }: Health["sandbox"]): string {
  return reason ?? "CODER_SANDBOX is off";
}
