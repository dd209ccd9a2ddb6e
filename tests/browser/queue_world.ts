// A service with one slot that is taken for as long as the test wants, and a queue behind it.

import { agentProgram } from "../support/agent_program.ts";
import { startService, type TestService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";

/** Does what the first message says: the prompt is a shell script. */
const program = `#!/bin/bash
if [ "$1" = --version ]; then echo "9.9.9 (Test)"; exit; fi
read -r message
result() { printf '{"type":"result","subtype":"success","is_error":%s,"result":"%s","total_cost_usd":0.25,"usage":{"input_tokens":5}}\\n' "$1" "$2"; }
say() { printf '{"type":"assistant","message":{"id":"%s","content":[{"type":"text","text":"%s"}],"usage":{"input_tokens":1,"output_tokens":1}},"session_id":"s"}\\n' "$RANDOM" "$1"; }
echo '{"type":"system","subtype":"init","session_id":"s","model":"m","claude_code_version":"9.9.9","cwd":"/"}'
script=$(printf '%s' "$message" | sed 's/.*"text":"BEGIN \\(.*\\) END.*/\\1/')
eval "$script"
`;

export interface QueueWorld extends AsyncDisposable {
  readonly service: TestService;
  /** A task whose agent does this; resolves when it has it. */
  create(title: string, script: string, more?: Record<string, unknown>): Promise<number>;
}

export async function queueWorld(): Promise<QueueWorld> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir());
  const repository = stack.use(await tempRepository());
  const service = stack.use(
    await startService({
      repo: repository.path,
      env: { ...await agentProgram(folder.path, program), CODER_MAX_CONCURRENT: "1" },
    }),
  );
  return {
    service,
    create: async (title, script, more = {}) =>
      (await service.createTask({ title, prompt: `BEGIN ${script} END`, commit_reminder: false, ...more })).id,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
