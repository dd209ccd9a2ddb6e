// A run that never stops printing, in the real service.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { ofType } from "./world.ts";

/** Text without end to stdout, or to stderr, after some work; nothing for other prompts. */
const printsForEver = `
case "$prompt" in
  *"[flood]"*) echo work > work.txt; exec yes 'a line of no JSON that goes on and on and on and on and on' >&3 ;;
  *"[cry]"*) echo work > work.txt; exec yes 'an error that goes on and on and on and on and on and on and on' ;;
  *"[half]"*) yes 'a line of no JSON that goes on and on, and is some hundred bytes long, so that there are not as many of them' | head -n 6400 >&3 ;;
esac
`;

Deno.test("a run that prints more than CODER_MAX_OUTPUT_MB fails by name, its work is saved, and the queue goes on", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const env = { ...await scriptAgent(folder.path, printsForEver), CODER_MAX_OUTPUT_MB: "1", CODER_MAX_CONCURRENT: "1" };
  await using service = await startService({ repo: repository.path, env });
  // Four, since three runs in a row that end before a tool call would hold the queue back.
  for (const prompt of ["[flood]", "[cry]", "[flood] 2", "[flood] 3"]) await service.createTask({ prompt });
  const { id } = await service.createTask({ prompt: "Fine" });
  assertEquals((await service.waitForStatus(id, "completed")).error, null);
  for (const task of [1, 2, 3, 4]) {
    const { status, outcome, error } = await service.waitForStatus(task, "failed");
    assertEquals([status, outcome, error], ["failed", "failed", "The run printed more than 1 MB"]);
    const diff = await (await service.call(`/api/tasks/${task}/diff`)).text();
    assertMatch(diff, /^\+work$/m);
  }
  const size = async (task: number) => (await Deno.stat(join(service.data, "logs", `task-${task}.log`))).size;
  assert(await size(1) <= 1_048_576);
  // Of what came after the bound nothing was kept.
  const events = await service.call("/api/tasks/1/events", { headers: { accept: "application/x-ndjson" } });
  assert((await events.text()).length < 4_000_000);
});

Deno.test("the raw log of a task ends at CODER_MAX_OUTPUT_MB, its events go on", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const env = { ...await scriptAgent(folder.path, printsForEver), CODER_MAX_OUTPUT_MB: "1" };
  await using service = await startService({ repo: repository.path, env });
  await service.createTask({ prompt: "[half]" });
  const { seq } = await service.waitForStatus(1, "completed");
  await service.command(1, "messages", { text: "[half] again" });
  await service.waitForStatus(1, "completed", seq);
  const size = (await Deno.stat(join(service.data, "logs", "task-1.log"))).size;
  assert(size > 700_000 && size <= 1_048_576, String(size));
  const events = await service.events(1);
  const said = (run: number) => ofType(events, "output.raw").filter((event) => event.run === run).length;
  assertEquals(said(2), said(1));
  assertEquals(ofType(events, "output.notice").map(({ data }) => data.text), [
    "The raw log ends here: it has reached 1 MB",
  ]);
});
