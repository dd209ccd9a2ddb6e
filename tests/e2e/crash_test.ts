// kill -9 at every moment of a task's life: the next start goes on from there, and nothing is lost or done twice.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { TaskEvent } from "../../core/domain/event.ts";
import { bash, say } from "../support/scenarios.ts";
import { startService } from "../support/service.ts";
import { eventually, tempDir } from "../support/temp.ts";
import { claudeWorld, ofType } from "./world.ts";

const whileRunning = ["task.created", "run.claimed", "worktree.added", "run.started", "agent.ready", "output.tool_use"];
const whilePutAway = ["run.finished", "worktree.snapshotted", "worktree.removed"];

Deno.test("a kill -9 at any moment of a run or of a clean-up loses nothing and repeats nothing", async () => {
  await using data = await tempDir();
  await using world = await claudeWorld({
    data: data.path,
    scenarios: {
      work: ({ step, argument }) => step === 0 ? bash(`echo mine >> ${argument}.txt`, "Work") : say("Worked"),
      fail: ({ step, argument }) => step === 0 ? bash(`echo mine >> ${argument}.txt`, "Work") : { status: 400 },
    },
  });
  const { options, repository } = world;
  let service = world.service;
  await using stack = new AsyncDisposableStack();

  for (const [index, moment] of [...whileRunning, ...whilePutAway].entries()) {
    const fails = whilePutAway.includes(moment);
    const prompt = `[[scenario:${fails ? "fail" : "work"} file-${index}]]`;
    const { id } = await service.createTask({ prompt, title: moment });
    await service.waitFor(id, (_, { type }) => type === moment);
    const before = await service.events(id);
    await service.kill();
    service = stack.use(await startService(options));
    const task = await service.waitForStatus(id, fails ? "failed" : "completed");
    const events = await service.events(id);

    assertEquals(events.slice(0, before.length), before, `after ${moment} the history goes on`);
    assertEquals(events.map(({ seq }) => seq), events.map((_, n) => n + 1));
    const ends = ofType(events, "run.finished").map(({ data }) => data.outcome);
    assertEquals(ends.length, ofType(events, "run.claimed").length, moment);
    assert(ends.slice(0, -1).every((outcome) => outcome === "lost"), `${moment}: ${ends}`);
    assertEquals(task.attempts, 1, moment);
    const over = events.filter(({ type }: TaskEvent) => /^task\.(completed|failed|cancelled)$/.test(type));
    assertEquals([over.length, events.at(-1)], [1, over[0]], moment);
    if (fails) {
      assertEquals([task.worktree, task.branch], [null, null]);
      assertEquals(ofType(events, "worktree.snapshotted").length >= 1, true);
      assertEquals(await repository.git("show", `${task.snapshot!.ref}:file-${index}.txt`), "mine");
      const refs = (await repository.git("for-each-ref", "--format=%(refname)", `refs/coder/task-${id}/`)).split("\n");
      // What its tools had left on the way may have been kept besides; that goes with retention.
      assertEquals(refs.filter((ref) => !ref.includes("/steps-")), [task.snapshot!.ref]);
    } else {
      const text = await Deno.readTextFile(join(task.worktree!, `file-${index}.txt`));
      // A tool call that was under way at the kill may be made again by the resumed agent; no other is.
      assert(text === "mine\n" || (moment === "output.tool_use" && text === "mine\nmine\n"), `${moment}: ${text}`);
    }
    await eventually(async () => (await service.descendants()).length === 0, { what: "no agent is left" });
  }

  const folders = await Array.fromAsync(Deno.readDir(`${repository.path}-worktrees`));
  assertEquals(folders.length, whileRunning.length, "one worktree for each task that completed");
  const branches = (await repository.git("branch", "--list", "--format=%(refname:short)", "task-*")).split("\n");
  assertEquals(branches.length, whileRunning.length);
});
