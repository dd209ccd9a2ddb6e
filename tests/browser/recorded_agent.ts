// An agent that prints a prepared stream-json output: for histories that no model would be asked to make, such as 100,000
// events or hostile text. The service runs it like claude.

import { join } from "@std/path";

/**
 * Writes the program into `folder`; its path is for `CODER_CLAUDE`. It takes any prompt and ends well. `work`: a line of shell
 * that it runs first, in its worktree.
 */
export async function recordedAgent(
  folder: string,
  messages: Iterable<unknown>,
  { work = "true" }: { work?: string } = {},
): Promise<string> {
  const output = await writeOutput(join(folder, "output.ndjson"), messages);
  const program = join(folder, "agent");
  await Deno.writeTextFile(
    program,
    `#!/bin/sh
case "$1" in --version) echo '2.1.197 (Claude Code)'; exit 0 ;; esac
read -r prompt
${work}
cat '${output}'
cat > /dev/null
`,
  );
  await Deno.chmod(program, 0o755);
  return program;
}

/** Writes what an agent prints; `ends: false`: without the result that ends it. Returns `path`. */
export async function writeOutput(
  path: string,
  messages: Iterable<unknown>,
  { ends = true }: { ends?: boolean } = {},
): Promise<string> {
  const file = await Deno.open(path, { create: true, write: true, truncate: true });
  const encoder = new TextEncoder();
  let batch = "";
  const write = async () => {
    const bytes = encoder.encode(batch);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    batch = "";
  };
  for (const message of [init, ...messages, ...(ends ? [success] : [])]) {
    batch += `${JSON.stringify(message)}\n`;
    if (batch.length > 1_000_000) await write();
  }
  await write();
  file.close();
  return path;
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
  return usedTool(id, "Bash", { command, description: command });
}

export function usedTool(id: string, name: string, input: unknown): unknown {
  return assistant({ type: "tool_use", id, name, input });
}

/** The line as one of the subagent that call `id` started. */
export function ofSubagent(id: string, message: unknown): unknown {
  return { ...message as Record<string, unknown>, parent_tool_use_id: id };
}

/** An answer that is a PNG. */
export function answeredImage(id: string, base64: string): unknown {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: base64 } };
  const content = [{ type: "tool_result", tool_use_id: id, content: [image] }];
  return { type: "user", message: { role: "user", content }, parent_tool_use_id: null, session_id: "recorded" };
}

export function answered(id: string, text: string, isError = false): unknown {
  const content = [{ type: "tool_result", tool_use_id: id, content: text, is_error: isError }];
  return { type: "user", message: { role: "user", content }, parent_tool_use_id: null, session_id: "recorded" };
}
