// A disk that runs full under the service: first nearly, then to its last byte.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async";
import { join } from "@std/path";
import { agentProgram } from "../support/agent_program.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { startService } from "../support/service.ts";
import { brokenInLog, readStore } from "./invariants.ts";
import { noSmallDisk, smallDisk } from "./small_disk.ts";

const reason = await noSmallDisk();

/** An agent that prints lines of 10 kB, counted, as fast as it is read, until its worktree's file `enough` is there. */
const program = `#!/bin/bash
if [ "$1" = --version ]; then echo "0.0.0-fake (a fake agent of the tests)"; exit; fi
read -r prompt
printf '{"type":"system","subtype":"init","session_id":"s","model":"fake","claude_code_version":"fake"}\\n'
filler=$(head -c 10000 /dev/zero | tr '\\0' x)
for ((n = 1; ; n++)); do
  printf '{"type":"assistant","message":{"id":"m%s","content":[{"type":"text","text":"line %s %s"}]}}\\n' $n $n $filler
  [ -e "$ENOUGH" ] && break
  [ $((n % 20)) = 0 ] && sleep 0.05
done
printf '{"type":"result","subtype":"success","is_error":false,"result":"%s lines","usage":{}}\\n' $n
`;

Deno.test({
  name: reason
    ? `a full disk (skipped: ${reason})`
    : "a full disk holds claims and agents back; with room all goes on, nothing lost or doubled",
  ignore: reason !== null,
  async fn() {
    await using disk = await smallDisk({ mebibytes: 450 });
    await using home = await tempDir();
    await using repository = await tempRepository();
    const enough = join(home.path, "enough");
    await using service = await startService({
      repo: repository.path,
      data: disk.path,
      env: {
        ...await agentProgram(home.path, program),
        ENOUGH: enough,
        CODER_MAX_CONCURRENT: "2",
        CODER_STALL_SECONDS: "120",
      },
    });
    const log = join(service.data, "logs", "task-1.log");
    const { id } = await service.createTask({ prompt: "Talk", title: "talk" });
    await service.waitFor(id, ({ seq }) => seq > 100);

    // Nearly full: nothing is claimed, what runs goes on.
    await disk.leave(200);
    const full = await eventually(async () => {
      const health = await service.health();
      return health.pause && health;
    }, { timeoutMs: 15_000, what: "the shortage is seen" });
    assertEquals(full.status, "paused");
    assertMatch(full.pause!.reason, /disk with the data folder is nearly full/);
    const waiting = await service.createTask({ prompt: "Wait", title: "wait" });
    const seq = (await service.task(id)).seq;
    await service.waitFor(id, (task) => task.seq > seq + 20);
    assertEquals((await service.task(waiting.id)).status, "pending");
    assertMatch((await service.task(waiting.id)).waiting!, /nearly full/);

    // Hardly any room: the agent is held back by its pipe, and alive.
    await disk.leave(50);
    const still = await eventually(async () => {
      const before = (await service.task(id)).seq;
      await delay(1_500);
      return (await service.task(id)).seq === before ? before : null;
    }, { timeoutMs: 20_000, what: "the agent is held back" });
    assert(await disk.left() > 25, "held back by the watch, not by the end of the disk");
    assert((await service.descendants()).length > 0);
    assertEquals((await service.task(id)).status, "in_progress");

    // Not a byte: commands fail by name, and nothing that was said is lost.
    await disk.leave(0);
    const refused = await eventually(async () => {
      const response = await service.call("/api/tasks", { json: { prompt: "x".repeat(60_000), title: "refused" } });
      const answer = { status: response.status, text: await response.text() };
      return answer.status === 201 ? null : answer;
    }, { timeoutMs: 20_000, what: "a create is refused" });
    assertEquals([refused.status, /disk .* full/.test(refused.text)], [503, true], refused.text);
    assertEquals((await service.health()).status, "paused");

    await disk.leave(300);
    await service.waitFor(id, (task) => task.seq > still + 50);

    // Full from one moment to the next, in the middle of the agent's flood: the log and the database meet the end.
    await disk.leave(0);
    await delay(3_000);
    assertEquals((await service.task(id)).status, "in_progress");
    await disk.leave(300);
    const { seq: after } = await service.task(id);
    await service.waitFor(id, (task) => task.seq > after + 50);
    await Deno.writeTextFile(enough, "");
    const done = await service.waitForStatus(id, "completed");
    await service.waitForStatus(waiting.id, "completed");
    assertEquals((await service.health()).pause, null);

    const store = await readStore({ database: join(service.data, "coder.db"), folder: home.path });
    assertEquals(
      brokenInLog(store, { acknowledged: new Map([["talk", id], ["wait", waiting.id]]), cap: 2 }),
      [],
    );
    const count = Number(/^(\d+) lines$/.exec(done.output!)![1]);
    const numbers = store.histories.get(id)!.filter(({ type }) => type === "output.text")
      .map((event) => Number(/^line (\d+)/.exec((event.data as { text: string }).text)![1]));
    assertEquals(numbers, Array.from({ length: count }, (_, index) => index + 1));
    const lines = (await Deno.readTextFile(log)).trimEnd().split("\n");
    assertEquals(lines.length, count + 2);
    for (const line of lines) JSON.parse(line);
    assertEquals(service.output.includes("rror:"), false, service.output);
  },
});

Deno.test({
  name: reason
    ? `a stop on a full disk (skipped: ${reason})`
    : "a run that is held back for want of room ends when it is cancelled, and with the service",
  ignore: reason !== null,
  async fn() {
    await using disk = await smallDisk({ mebibytes: 450 });
    await using home = await tempDir();
    await using repository = await tempRepository();
    await using service = await startService({
      repo: repository.path,
      data: disk.path,
      env: {
        ...await agentProgram(home.path, program),
        ENOUGH: join(home.path, "never"),
        CODER_MAX_CONCURRENT: "2",
      },
    });
    const ids: number[] = [];
    for (const title of ["cancelled", "put back"]) ids.push((await service.createTask({ prompt: "Talk", title })).id);
    for (const id of ids) await service.waitFor(id, ({ seq }) => seq > 100);
    // From here on the watch looks often enough to hold them before the disk is full.
    await disk.leave(200);
    await eventually(async () => (await service.health()).pause, { timeoutMs: 15_000, what: "the shortage is seen" });
    await disk.leave(60);
    await eventually(async () => {
      const before = await Promise.all(ids.map(async (id) => (await service.task(id)).seq));
      await delay(1_500);
      const after = await Promise.all(ids.map(async (id) => (await service.task(id)).seq));
      return before.join() === after.join();
    }, { timeoutMs: 20_000, what: "both agents are held back" });

    await service.command(ids[0]!, "cancel");
    const cancelled = await service.waitForStatus(ids[0]!, "cancelled");
    assertEquals([cancelled.outcome, cancelled.worktree], ["cancelled", null]);
    assert(await disk.left() < 64, "there was no room all the while");
    assertEquals(await service.stop(), 0);
    assertEquals(await service.descendants(), []);
    const store = await readStore({ database: join(service.data, "coder.db"), folder: home.path });
    assertEquals(store.tasks.map(({ status, outcome }) => `${status} ${outcome}`), [
      "cancelled cancelled",
      "pending shutdown",
    ]);
  },
});
