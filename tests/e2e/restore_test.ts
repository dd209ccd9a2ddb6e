// A backup that is restored where no worker of the old days is: the work on the disk is taken over, and everything goes on.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { bash, say } from "../support/scenarios.ts";
import { startService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { claudeWorld, exists, ofType } from "./world.ts";

const main = fromFileUrl(new URL("../../main.ts", import.meta.url));

/** `deno task {command}` on a data folder; what it says. */
async function run(data: string, ...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", main, ...command],
    env: { CODER_DATA: data, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, text);
  return text;
}

/** Leaves a file uncommitted, waits for the gate, and says what it was last told. */
function scenariosWith(gate: string) {
  const command = (name: string) =>
    `echo mine >> ${name}.txt; n=0; until [ -e ${gate} ] || [ $((n += 1)) -gt 600 ]; do sleep 0.05; done`;
  return {
    work: ({ step, argument, userTexts }: { step: number; argument: string; userTexts: string[] }) =>
      step === 0 ? bash(command(argument), "Work") : say(`You said: ${userTexts.at(-1)}`),
  };
}

Deno.test("a backup restored into another data folder goes on: pending resumes, cancel ends, a message resumes", async () => {
  await using folder = await tempDir();
  const gate = join(folder.path, "gate");
  for (const name of ["old", "new"]) await Deno.mkdir(join(folder.path, name));
  await using world = await claudeWorld({
    data: join(folder.path, "old"),
    scenarios: scenariosWith(gate),
    env: { CODER_MAX_CONCURRENT: "2" },
  });
  const { options, repository } = world;
  await Deno.writeTextFile(gate, "");
  const done = await world.service.createTask({ prompt: "[[scenario:work done]]", commit_reminder: false });
  await world.service.waitForStatus(done.id, "completed");
  await Deno.remove(gate);
  const pending = await world.service.createTask({ prompt: "[[scenario:work pending]]", commit_reminder: false });
  const cancelled = await world.service.createTask({ prompt: "[[scenario:work cancelled]]", commit_reminder: false });
  for (const { id, prompt } of [pending, cancelled]) {
    const { worktree } = await world.service.waitFor(id, (_, { type }) => type === "output.tool_use");
    const [, name] = /(\w+)\]\]/.exec(prompt)!;
    await eventually(() => exists(join(worktree!, `${name}.txt`)));
  }
  assertEquals(await world.service.stop(), 0);

  const [old, data] = [join(folder.path, "old", "data"), join(folder.path, "new", "data")];
  const backup = join(folder.path, "backup.db");
  await run(old, "backup", backup);
  await Deno.remove(old, { recursive: true });
  await run(data, "restore", backup);
  {
    await using service = await startService({
      ...options,
      data: join(folder.path, "new"),
      env: { ...options.env, CODER_MAX_CONCURRENT: "1" },
    });
    assertEquals((await service.health()).notices, []);
    // One is taken up where it was; the other waits and is cancelled.
    await service.waitFor(pending.id, (task, { type }) => type === "run.started" && task.epoch === 2);
    await service.command(cancelled.id, "cancel");
    const ended = await service.waitForStatus(cancelled.id, "cancelled");
    assertEquals(await repository.git("show", `${ended.snapshot!.ref}:cancelled.txt`), "mine");
    assertEquals([ended.worktree, ended.branch], [null, null]);
    await Deno.writeTextFile(gate, "");
    await service.waitForStatus(pending.id, "completed");
    const events = await service.events(pending.id);
    assertEquals(ofType(events, "worktree.added").length, 1);
    assertEquals(ofType(events, "run.started").map(({ data }) => data.resumed), [false, true]);
    assertStringIncludes(
      await Deno.readTextFile(join((await service.task(pending.id)).worktree!, "pending.txt")),
      "mine",
    );
    assertEquals(await service.stop(), 0);
  }

  // Without its worker id it is another worker by name, and the only one still.
  await Deno.remove(join(data, "worker-id"));
  await using service = await startService({ ...options, data: join(folder.path, "new") });
  const { seq } = await service.command(done.id, "messages", { text: "and then?" });
  const answered = await service.waitForStatus(done.id, "completed", seq);
  assertEquals(answered.output, "You said: and then?");
  const events = await service.events(done.id);
  assertEquals(ofType(events, "worktree.added").length, 1);
  assertEquals(ofType(events, "run.started").map(({ data }) => data.resumed), [false, true]);
  assertEquals(new Set(ofType(events, "run.claimed").map(({ data }) => data.worker)).size, 2);
  assertEquals(await exists(answered.worktree), true);
});

for (const limited of [false, true]) {
  const how = limited ? "under the launcher" : "with all permissions";
  Deno.test(`a repository that was moved with its worktrees goes on in them, ${how}`, async () => {
    await using folder = await tempDir();
    await using repository = await tempRepository();
    const gate = join(folder.path, "gate");
    const script = `echo mine >> mine.txt; until [ -e ${gate} ]; do sleep 0.05; done`;
    const env = await scriptAgent(folder.path, script);
    const options = { data: folder.path, limited, env };
    let before = "";
    {
      await using service = await startService({ ...options, repo: repository.path });
      const { id } = await service.createTask({ prompt: "go on", commit_reminder: false });
      before = (await service.waitFor(id, (_, { type }) => type === "agent.ready")).worktree!;
      await eventually(() => exists(join(before, "mine.txt")));
      assertEquals(await service.stop(), 0);
    }
    const moved = `${repository.path}-moved`;
    await Deno.rename(repository.path, moved);
    await Deno.rename(`${repository.path}-worktrees`, `${moved}-worktrees`);
    await Deno.writeTextFile(gate, "");
    await using service = await startService({ ...options, env: { ...env, CODER_REPO: `repo=${moved}` } });
    const task = await service.waitForStatus(1, "completed");
    const after = before.replace("-worktrees/", "-moved-worktrees/");
    assertEquals(task.worktree, after);
    assertEquals(await Deno.readTextFile(join(after, "mine.txt")), "mine\nmine\n");
    const [found, ...more] = ofType(await service.events(1), "worktree.moved");
    assertEquals([found?.data.from, found?.data.path, more], [before, after, []]);
    assertEquals(ofType(await service.events(1), "worktree.added").length, 1);
    assertEquals((await service.health()).notices, []);
  });
}
