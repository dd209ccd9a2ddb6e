// kill -9 again and again while git makes a task's worktree: the agent never began, so nothing is counted, and what git left
// half-made is mended or removed.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { type ServiceOptions, startService } from "../support/service.ts";
import { eventually, tempDir, type TempRepository, tempRepository } from "../support/temp.ts";
import { exists, ofType } from "./world.ts";

/** A repository whose files are checked out only when `gate` is there; `begun` says that git has come that far. */
async function slowRepository(folder: string): Promise<{ repository: TempRepository; gate: string; begun: string }> {
  const [gate, begun] = [join(folder, "gate"), join(folder, "begun")];
  const program = join(folder, "smudge");
  const wait = `n=0; until [ -e '${gate}' ] || [ $((n += 1)) -gt 2000 ]; do sleep 0.05; done`;
  await Deno.writeTextFile(program, `#!/bin/sh\ntouch '${begun}'\n${wait}\ncat\n`, { mode: 0o755 });
  await Deno.writeTextFile(join(folder, ".gitconfig"), `[filter "slow"]\n\tsmudge = ${program}\n\tclean = cat\n`);
  const repository = await tempRepository();
  await Deno.writeTextFile(join(repository.path, ".gitattributes"), "*.txt filter=slow\n");
  await Deno.writeTextFile(join(repository.path, "slow.txt"), "slow\n");
  await repository.git("-c", "filter.slow.clean=cat", "add", "-A");
  await repository.git("commit", "--quiet", "--message=Slow");
  return { repository, gate, begun };
}

Deno.test("three kills in `git worktree add` fail no task, and leave nothing of one that is cancelled", async () => {
  await using folder = await tempDir();
  await using data = await tempDir();
  const { repository, gate, begun } = await slowRepository(folder.path);
  await using _ = repository;
  const agent = await scriptAgent(folder.path, "echo worked > work.txt");
  const options: ServiceOptions = {
    repo: repository.path,
    data: data.path,
    env: { ...agent, HOME: folder.path, XDG_CONFIG_HOME: folder.path, CODER_MAX_CONCURRENT: "1" },
  };
  await using stack = new AsyncDisposableStack();

  async function killedThrice(title: string): Promise<number> {
    let id = 0;
    for (let n = 1; n <= 3; n++) {
      const service = stack.use(await startService(options));
      if (n === 1) id = (await service.createTask({ prompt: "Work", title })).id;
      await service.waitFor(id, (_task, { type, run }) => type === "run.claimed" && run === n);
      await eventually(() => exists(begun), { what: "git checks out" });
      await service.kill();
      await Deno.remove(begun);
    }
    return id;
  }

  const first = await killedThrice("Mended");
  await Deno.writeTextFile(gate, "");
  {
    await using service = await startService(options);
    const done = await service.waitForStatus(first, "completed");
    assertEquals([done.attempts, done.branch, done.runs], [1, `task-${first}-mended`, 4]);
    const ends = ofType(await service.events(first), "run.finished").map(({ data }) => [data.outcome, data.uncounted]);
    assertEquals(ends, [...Array(3).fill(["lost", true]), ["succeeded", undefined]]);
  }
  await Deno.remove(gate);

  const second = await killedThrice("Cancelled");
  // Without an agent it is not claimed again before the cancel comes.
  await using service = await startService({ ...options, env: { ...options.env, CODER_CLAUDE: "no-such-claude" } });
  await service.command(second, "cancel");
  await service.waitForStatus(second, "cancelled");
  const refs = (await repository.git("for-each-ref", "--format=%(refname)")).split("\n");
  assertEquals(refs.filter((ref) => ref.includes(`task-${second}-`)), []);
  const folders = await Array.fromAsync(Deno.readDir(`${repository.path}-worktrees`), ({ name }) => name);
  const entries = await Array.fromAsync(Deno.readDir(join(repository.path, ".git", "worktrees")), ({ name }) => name);
  assertEquals([folders, entries], [[`task-${first}-mended`], [`task-${first}-mended`]]);
  assertEquals((await service.health()).notices.filter((text) => text.startsWith("Repository")), []);
});
