// The Agent port with the demo agent (demo_agent.ts), run by the Deno that runs the service.

import { fromFileUrl } from "@std/path";
import type { Agent } from "../agent.ts";
import { claudeAgent } from "../claude/claude.ts";
import { runRules } from "../claude/claude_tools.ts";

/**
 * `stepMs` is the pause between two of its steps; by default 400 ms, so that a run takes about 4 s. `promptSuffix`: what the service
 * adds to prompts before `runRules`, and nobody asked for.
 */
export function demoAgent({ stepMs, promptSuffix = "" }: { stepMs?: number; promptSuffix?: string } = {}): Agent {
  return claudeAgent({
    program: Deno.execPath(),
    // It runs in the worktree, whose own configuration must not apply to it.
    extraArgs: [
      ...["run", "--quiet", "-A", "--no-config", "--no-lock", "--no-prompt"],
      fromFileUrl(new URL("./demo_agent.ts", import.meta.url)),
    ],
    name: "demo",
    env: {
      DENO_NO_UPDATE_CHECK: "1",
      DEMO_PROMPT_ENDS: JSON.stringify([[promptSuffix, runRules].filter(Boolean).join(" "), runRules]),
      ...(stepMs === undefined ? {} : { DEMO_STEP_MS: String(stepMs) }),
    },
  });
}
