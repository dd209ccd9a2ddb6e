// An agent that prints a prepared stream-json output: for histories that no model would be asked to make, such as 100,000
// events or hostile text. The service runs it like claude.

import { join } from "@std/path";

/** Writes the program into `folder`; its path is for `CODER_CLAUDE`. It takes any prompt and ends well. */
export async function recordedAgent(folder: string, messages: Iterable<unknown>): Promise<string> {
  const output = join(folder, "output.ndjson");
  const file = await Deno.open(output, { create: true, write: true, truncate: true });
  const encoder = new TextEncoder();
  let batch = "";
  const write = async () => {
    const bytes = encoder.encode(batch);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    batch = "";
  };
  for (const message of [init, ...messages, success]) {
    batch += `${JSON.stringify(message)}\n`;
    if (batch.length > 1_000_000) await write();
  }
  await write();
  file.close();
  const program = join(folder, "agent");
  await Deno.writeTextFile(
    program,
    `#!/bin/sh
case "$1" in --version) echo '2.1.197 (Claude Code)'; exit 0 ;; esac
read -r prompt
cat '${output}'
cat > /dev/null
`,
  );
  await Deno.chmod(program, 0o755);
  return program;
}

const init = {
  type: "system",
  subtype: "init",
  session_id: "recorded",
  model: "recorded",
  claude_code_version: "2.1.197",
};

const success = {
  type: "result",
  subtype: "success",
  is_error: false,
  result: "Done",
  session_id: "recorded",
  total_cost_usd: 1.5,
  num_turns: 1,
  duration_ms: 1000,
  usage: { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
};

let messages = 0;

function assistant(block: unknown): unknown {
  const usage = { input_tokens: 1, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
  const message = { id: `m${++messages}`, role: "assistant", model: "recorded", content: [block], usage };
  return { type: "assistant", message, parent_tool_use_id: null, session_id: "recorded" };
}

export function said(text: string): unknown {
  return assistant({ type: "text", text });
}

export function used(id: string, command: string): unknown {
  return assistant({ type: "tool_use", id, name: "Bash", input: { command, description: command } });
}

export function answered(id: string, text: string, isError = false): unknown {
  const content = [{ type: "tool_result", tool_use_id: id, content: text, is_error: isError }];
  return { type: "user", message: { role: "user", content }, parent_tool_use_id: null, session_id: "recorded" };
}
