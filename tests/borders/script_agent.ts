// A stand-in for claude that is a shell script of the test: it does what the test says, in the worktree, and then reports
// success in claude's words. For what a hostile or careless agent may do.

import { agentProgram } from "../support/agent_program.ts";

/**
 * Writes the program into `folder`; returns what makes a service use it. `body` is what it does for every prompt, its stdout being fd 3; for one that
 * holds "[fail]" it then ends with an error.
 */
export async function scriptAgent(folder: string, body: string): Promise<Record<string, string>> {
  const init = { type: "system", subtype: "init", session_id: "s", model: "script", claude_code_version: "2.1.331" };
  const result = {
    type: "result",
    subtype: "success",
    is_error: false,
    result: "done",
    session_id: "s",
    total_cost_usd: 0,
    usage: { input_tokens: 1, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
  };
  return await agentProgram(
    folder,
    `#!/bin/sh
if [ "$1" = --version ]; then echo "2.1.331 (Script)"; exit 0; fi
IFS= read -r prompt
printf '%s\\n' '${JSON.stringify(init)}'
(
${body}
) 3>&1 >&2
case "$prompt" in *"[fail]"*) exit 3 ;; esac
printf '%s\\n' '${JSON.stringify(result)}'
`,
  );
}
