// The Agent port with the demo agent (demo_agent.ts), run by the Deno that runs the service.

import { fromFileUrl } from "@std/path";
import type { Agent } from "../agent.ts";
import { claudeAgent } from "../claude/claude.ts";

/** `stepMs` is the pause between two of its steps; by default 400 ms, so that a run takes about 4 s. */
export function demoAgent({ stepMs }: { stepMs?: number } = {}): Agent {
  return claudeAgent({
    program: Deno.execPath(),
    // It runs in the worktree, whose own configuration must not apply to it.
    extraArgs: [
      ...["run", "--quiet", "-A", "--no-config", "--no-lock", "--no-prompt"],
      fromFileUrl(new URL("./demo_agent.ts", import.meta.url)),
    ],
    name: "demo",
    env: { DENO_NO_UPDATE_CHECK: "1", ...(stepMs === undefined ? {} : { DEMO_STEP_MS: String(stepMs) }) },
  });
}
