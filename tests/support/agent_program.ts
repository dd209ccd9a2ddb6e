// A program of the test in claude's place.

import { join } from "@std/path";

/** Writes the script into `folder`; returns what makes a service use it. */
export async function agentProgram(
  folder: string,
  script: string,
): Promise<{ CODER_CLAUDE: string; IS_SANDBOX: string }> {
  const path = join(folder, "claude");
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return { CODER_CLAUDE: path, IS_SANDBOX: "1" };
}
