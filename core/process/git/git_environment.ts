// For programs of the user's that call git by themselves, in a repository whose configuration an agent may have written.

import { inheritedVariable } from "../environment.ts";
import { contentOverrides } from "./git.ts";

/**
 * The environment in which gits of another program run no hook and no program that the repository's configuration names
 * (git_programs.ts), and ask nothing. What the user configured, by the environment too, stays. Throws what `contentOverrides`
 * throws.
 */
export async function gitEnvironment(cwd: string): Promise<Record<string, string>> {
  const { settings } = await contentOverrides({ cwd });
  const all = [["core.hooksPath", "/dev/null"], ["core.fsmonitor", "false"], ...settings];
  const first = Number(inheritedVariable("GIT_CONFIG_COUNT")) || 0;
  return {
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_CONFIG_COUNT: `${first + all.length}`,
    ...Object.fromEntries(all.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${first + index}`, key],
      [`GIT_CONFIG_VALUE_${first + index}`, value],
    ])),
  };
}
