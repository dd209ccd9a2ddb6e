// The real service while its agent is still looked for: whoever asks is answered, and nothing is started.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";

Deno.test("the service answers before its agent does, and claims nothing until then", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const agent = await scriptAgent(folder.path, "echo done > work");
  // One that says what it is only once somebody has opened the other end of a pipe.
  const pipe = join(folder.path, "pipe");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const slow = join(folder.path, "slow-agent");
  const script = `#!/bin/sh\n[ "$1" = --version ] && read -r _ < '${pipe}'\nexec '${agent.CODER_CLAUDE}' "$@"\n`;
  await Deno.writeTextFile(slow, script, { mode: 0o755 });
  // In this form the log says where it is before it says what it found.
  const env = { ...agent, CODER_CLAUDE: slow, CODER_LOG: "json" };
  await using service = await startService({ repo: repository.path, env });
  const { id } = await service.createTask({ prompt: "Work" });
  const { agent: looked, slots } = await service.health();
  assertEquals([looked.kind, looked.hint, slots.busy], ["missing", "it is being looked for", 0]);
  assertEquals((await service.events(id)).map(({ type }) => type), ["task.created"]);

  await Deno.writeTextFile(pipe, "go\n");
  await service.waitForStatus(id, "completed");
  assertEquals((await service.health()).agent.kind, "claude");
});
