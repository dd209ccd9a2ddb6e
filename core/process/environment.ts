// What a child process sees of the service's environment: everything but the service's own settings and secrets, and but
// the variables that would point git at another repository or make claude believe it runs inside itself.
//
// Under scoped permissions (`--allow-env=NAME,...`) the environment cannot be listed, so nothing can be left out of it: the
// child then inherits it whole, with the secrets that are known by name blanked. core/host/launcher.ts, which can list it, starts
// the service without them.

import { secretNames } from "./hand_over.ts";

const HIDDEN = /^(CODER_|DENO_KV_|CLAUDECODE$|CLAUDE_CODE_ENTRYPOINT$)/;
// `git rev-parse --local-env-vars` and friends. GIT_CONFIG_* (but not _PARAMETERS) stays: it is how a person configures
// git in a container (`safe.directory`).
const GIT_LOCAL = /^GIT_(?!CONFIG_(?!PARAMETERS)|EXEC_PATH|SSL_|SSH)/;
const KNOWN_SECRETS = [...secretNames, "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT"];

/** For `Deno.Command`: what is set, and whether nothing else is. */
export interface ChildEnvironment {
  env: Record<string, string>;
  clearEnv: boolean;
}

/** The environment for a child, in the words of `Deno.Command`; `added` wins over what is inherited. */
export function childEnvironment(added: Record<string, string> = {}): ChildEnvironment {
  const inherited = ownEnvironment();
  if (inherited === null) {
    const blanked = KNOWN_SECRETS.filter(mayBeSet).map((name) => [name, ""]);
    return { env: { ...Object.fromEntries(blanked), ...added }, clearEnv: false };
  }
  const kept = Object.entries(inherited).filter(([name]) => !HIDDEN.test(name) && !GIT_LOCAL.test(name));
  return { env: { ...Object.fromEntries(kept), ...added }, clearEnv: true };
}

/** The folders of PATH; none when it may not be read. */
export function searchPath(): string[] {
  return (inheritedVariable("PATH") ?? "").split(":");
}

/** A variable that children inherit; none where it may not be asked for. */
export function inheritedVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

function mayBeSet(name: string): boolean {
  try {
    return Deno.env.get(name) !== undefined;
  } catch {
    return true;
  }
}

function ownEnvironment(): Record<string, string> | null {
  try {
    return Deno.env.toObject();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
}
