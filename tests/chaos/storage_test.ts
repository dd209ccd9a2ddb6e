// A database that is damaged while the service is down, and the way back: from the command line, as a person would. And one
// that is taken away under the running service.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { failToStart, startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";

const main = fromFileUrl(new URL("../../main.ts", import.meta.url));

const damages: Record<string, { apply(file: Deno.FsFile, size: number): Promise<unknown>; says: RegExp }> = {
  "cut in half": { apply: (file, size) => file.truncate(size / 2), says: /damaged/ },
  "empty": { apply: (file) => file.truncate(0), says: /damaged \(it is empty\)/ },
  "overwritten in the middle": {
    async apply(file, size) {
      await file.seek(8_192, Deno.SeekMode.Start);
      await file.write(new Uint8Array(size - 12_288).fill(0x5a));
    },
    says: /damaged/,
  },
};

Deno.test("a backup under load brings back a database that was damaged in any way; damage is named at start", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const options = { repo: repository.path, data: folder.path, env: { CODER_CLAUDE: "no-such-claude" } };
  const data = join(folder.path, "data");

  async function command(...args: string[]): Promise<{ code: number; text: string }> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", main, ...args],
      cwd: folder.path,
      env: { CODER_DATA: data, CODER_REPO: repository.path, NO_COLOR: "1" },
      stdin: "null",
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  }

  const backup = join(folder.path, "backup.db");
  const acknowledged: number[] = [];
  let atBackup = 0;
  {
    await using service = await startService(options);
    let isDone = false;
    const loading = (async () => {
      while (!isDone) acknowledged.push((await service.createTask({ prompt: "x".repeat(30_000) })).id);
    })();
    while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 10));
    atBackup = acknowledged.length;
    const { code, text } = await command("backup", backup);
    isDone = true;
    await loading;
    assertEquals(code, 0, text);
    assertEquals(await service.stop(), 0);
  }
  assert(acknowledged.length > atBackup);

  const database = join(data, "coder.db");
  for (const [name, { apply, says }] of Object.entries(damages)) {
    using file = await Deno.open(database, { read: true, write: true });
    await apply(file, (await file.stat()).size);
    const before = await Deno.readFile(database);
    const { code, output } = await failToStart(options);
    assertEquals(code, 1, name);
    assertMatch(output, says, name);
    assertStringIncludes(output, "deno task restore", name);
    assertEquals(await Deno.readFile(database), before, `${name}: it is left as it is`);

    const restored = await command("restore", backup);
    assertEquals(restored.code, 0, restored.text);
    assertMatch(restored.text, /What was there is kept as .*before-restore/);
  }
  const verified = await command("verify");
  assertMatch(verified.text, /: 0 differences/, verified.text);
  await using service = await startService(options);
  for (const id of acknowledged.slice(0, atBackup)) assertEquals((await service.task(id)).status, "pending");
});

async function refusedCreate(service: TestService): Promise<string> {
  const answer = await service.call("/api/tasks", { json: { prompt: "lost" } });
  const { detail } = await answer.json();
  assertEquals(answer.status, 503, detail);
  return detail;
}

Deno.test("a data folder that is taken away stops acknowledging and starting at once; put back, all goes on", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const gate = join(folder.path, "gate");
  const agent = await scriptAgent(folder.path, `until [ -e ${gate} ]; do sleep 0.05; done`);
  await using service = await startService({
    repo: repository.path,
    data: folder.path,
    env: { ...agent, CODER_MAX_CONCURRENT: "1" },
  });
  const data = join(folder.path, "data");
  const running = await service.createTask({ prompt: "first" });
  const waiting = await service.createTask({ prompt: "second" });
  await service.waitFor(running.id, (_, { type }) => type === "agent.ready");

  await Deno.rename(data, join(folder.path, "away"));
  const words = await refusedCreate(service);
  assertStringIncludes(words, join(data, "coder.db"));
  assertStringIncludes(words, "put it back");
  const { status, pause } = await service.health();
  assertEquals([status, pause?.reason], ["paused", words]);
  assertStringIncludes((await service.task(waiting.id)).waiting ?? "", words);
  // The agent ends, and the end waits for its place in the log.
  await Deno.writeTextFile(gate, "");
  await eventually(() => service.output.includes(`Task ${running.id} waits for the store`));

  await Deno.rename(join(folder.path, "away"), data);
  await service.waitForStatus(running.id, "completed");
  await service.waitForStatus(waiting.id, "completed");
  const third = await service.createTask({ prompt: "third" });
  assertEquals(third.id, waiting.id + 1);
  await service.waitForStatus(third.id, "completed");

  await Deno.remove(data, { recursive: true });
  await refusedCreate(service);
  await refusedCreate(service);
  assertEquals(await service.stop(), 0);
});

Deno.test("a data folder that is gone is noticed without a commit, too", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await using service = await startService({
    repo: repository.path,
    data: folder.path,
    env: { CODER_CLAUDE: "no-such-claude" },
  });
  await Deno.remove(join(folder.path, "data"), { recursive: true });
  await eventually(async () => /was deleted/.test((await service.health()).pause?.reason ?? ""));
});
