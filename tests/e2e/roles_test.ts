// A door without agents, and a worker without a door. They take turns on one local file, which has one process at a time.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { startService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";

Deno.test("a door without agents takes a task, and a worker without a door runs it", async () => {
  await using data = await tempDir();
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const shared = { data: data.path, repo: repository.path };
  let id = 0;
  {
    await using door = await startService({
      ...shared,
      env: { CODER_MAX_CONCURRENT: "0", CODER_CLAUDE: "/nowhere/claude" },
    });
    assertMatch(door.output, /Agent +none: CODER_MAX_CONCURRENT is 0/);
    const { agent, slots, pause } = await door.health();
    assertEquals([agent.kind, slots, pause], ["none", { busy: 0, total: 0, configured: 0 }, null]);
    const task = await door.createTask({ prompt: "Do it" });
    id = task.id;
    assertEquals([task.status, task.waiting], [
      "pending",
      "No living worker runs agents: this one is a door without any",
    ]);
    assertEquals(await door.stop(), 0);
  }
  const ran = join(folder.path, "ran");
  const agent = await scriptAgent(folder.path, `touch ${ran}`);
  {
    await using worker = await startService({ ...shared, limited: true, env: { ...agent, CODER_PORT: "off" } });
    assertMatch(worker.output, /Open +nowhere \(CODER_PORT is off\)/);
    assert(!worker.output.includes("curl"), "nobody is told to call it");
    await eventually(() => Deno.stat(ran).then(() => true), { what: "the agent ran" });
    assertEquals(await worker.stop(), 0);
  }
  await using again = await startService({ ...shared, env: agent });
  assertEquals((await again.waitForStatus(id, "completed")).worker?.id, (await again.health()).worker.id);
});
