// Three workers at a real denokv: a door without agents, and two that work, one of them with a label.

import { assertEquals } from "@std/assert";
import type { WorkerView } from "../../core/view/workers_view.ts";
import { scriptAgent } from "../borders/script_agent.ts";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { startServer } from "./denokv.ts";
import { denokv, skipped } from "./denokv_program.ts";

const token = "a-token-of-the-tests-1234567890";

async function workersAt(service: TestService): Promise<WorkerView[]> {
  return (await (await service.call("/api/workers")).json()).workers;
}

/** The worker of that name, once the one that is asked knows it as `fits` says. */
function workerAt(service: TestService, name: string, fits: (worker: WorkerView) => boolean = () => true) {
  return eventually(async () => (await workersAt(service)).find((one) => one.name === name && fits(one)), {
    what: `${name} is as it should be`,
    timeoutMs: 20_000,
  });
}

async function ask(service: TestService, id: string, what: "drain" | "resume"): Promise<void> {
  const answer = await service.call(`/api/workers/${id}/${what}`, { method: "POST" });
  assertEquals([answer.status, (await answer.json()).draining], [200, what === "drain"]);
}

/** Its place in the queue comes with the log, a moment after the answer. */
function waits(service: TestService, id: number, words: string) {
  return eventually(async () => (await service.task(id)).waiting === words, { what: `task ${id} waits: ${words}` });
}

Deno.test({
  name: `workers know each other, take tasks by label, and drain at any door's word, through a restart${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using server = await startServer({ token });
    await using folder = await tempDir();
    await using mills = await tempRepository();
    await using forges = await tempRepository();
    await using millData = await tempDir();
    const agent = await scriptAgent(folder.path, "true");
    const common = { ...agent, CODER_KV: server.url, DENO_KV_ACCESS_TOKEN: token };
    const start = (name: string, { path, data, env }: { path: string; data?: string; env?: Record<string, string> }) =>
      startService({ repo: `shop=${path}`, data, env: { ...common, CODER_WORKER: name, ...env } });
    const startMill = () => start("mill", { path: mills.path, data: millData.path });

    await using door = await start("door", { path: mills.path, env: { CODER_MAX_CONCURRENT: "0" } });
    const alone = await door.createTask({ prompt: "Alone" });
    await waits(door, alone.id, "No living worker runs agents: this one is a door without any");
    const mill = await startMill();
    await using _forge = await start("forge", { path: forges.path, env: { CODER_LABELS: "gpu=1" } });
    const [{ id }, forge] = [await workerAt(door, "mill"), await workerAt(door, "forge")];
    assertEquals([forge.state, forge.labels, forge.slots, forge.self], ["alive", { gpu: "1" }, 3, false]);
    assertEquals((await door.health()).workers, 3);
    await door.waitForStatus(alone.id, "completed");

    const labelled = await door.createTask({ prompt: "On a GPU", labels: { gpu: "1" } });
    assertEquals((await door.waitForStatus(labelled.id, "completed")).worker, { id: forge.id, name: "forge" });
    const nowhere = await door.createTask({ prompt: "On ARM", labels: { arch: "arm" } });
    await waits(door, nowhere.id, "No living worker has arch=arm");

    await ask(door, id, "drain");
    await eventually(async () => (await mill.health()).draining, { what: "mill has heard of it" });
    for (const prompt of ["One", "Two", "Three"]) {
      const task = await door.createTask({ prompt });
      assertEquals((await door.waitForStatus(task.id, "completed")).worker?.name, "forge");
    }
    assertEquals(await mill.stop(), 0);
    await using again = await startMill();
    assertEquals((await again.health()).draining, true, "also after a restart");
    await workerAt(door, "mill", ({ draining }) => draining);
    await ask(door, forge.id, "drain");
    await ask(door, id, "resume");
    await eventually(async () => !(await again.health()).draining, { what: "mill has heard of it" });
    await workerAt(again, "forge", ({ draining }) => draining);
    const last = await door.createTask({ prompt: "The last" });
    assertEquals((await door.waitForStatus(last.id, "completed")).worker?.name, "mill");
  },
});
