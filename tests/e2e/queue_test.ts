// The queue of the whole service with the real claude program: who runs next, from where, and how often.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { answer, bash, say, tool } from "../support/scenarios.ts";
import { assertSound, claudeWorld, exists, ofType, tokens, tokensOf } from "./world.ts";

Deno.test("a failed task can be retried by hand, and so can a completed one", async () => {
  let isBroken = true;
  await using world = await claudeWorld({
    scenarios: {
      flaky: ({ cwd, step }) => {
        if (isBroken) return { status: 400 };
        if (step > 0) return say("Done");
        return answer(tool("Write", { file_path: `${cwd}/done.txt`, content: "done\n" }));
      },
    },
  });
  const { service, repository } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:flaky]]", title: "Flaky" });
  const failed = await service.waitForStatus(id, "failed");
  isBroken = false;
  const retried = await service.command(id, "retry");
  assertEquals([retried.status, retried.attempts, retried.error], ["pending", 0, null]);
  const done = await service.waitForStatus(id, "completed", retried.seq);
  assertEquals([done.attempts, done.runs, done.branch], [1, 2, "task-1-flaky"]);
  assert(done.session_id !== failed.session_id);
  assertEquals(await Deno.readTextFile(join(done.worktree!, "done.txt")), "done\n");
  assert(await repository.git("rev-parse", "refs/coder/task-1/run-1"));

  // A new commit in the meantime: a retry begins at the base as it is now.
  await repository.git("commit", "--quiet", "--allow-empty", "--message=Meanwhile");
  const again = await service.command(id, "retry");
  const twice = await service.waitForStatus(id, "completed", again.seq);
  assertEquals([twice.attempts, twice.runs, twice.branch], [1, 3, "task-1-flaky"]);
  assertEquals(twice.base_commit, await repository.git("rev-parse", "main"));
  // The uncommitted work of the run before was kept before its worktree was replaced.
  const kept = ofType(await service.events(id), "worktree.added").at(-1)!.data.kept ?? [];
  assertEquals(kept.length, 1);
  assertEquals(await repository.git("show", `${kept[0]}:done.txt`), "done");
  assertSound(await service.events(id));
});

Deno.test("a task with two attempts waits ten seconds, then begins anew from its base", async () => {
  let attempts = 0;
  await using world = await claudeWorld({
    scenarios: {
      flaky: ({ step }) => {
        if (step > 0 && attempts === 1) return { status: 400 };
        if (step > 0) return say("Second time lucky");
        attempts++;
        return bash(`ls; echo ${attempts} > attempt-${attempts}.txt`, "Try");
      },
    },
  });
  const { service } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:flaky]]", max_attempts: 2, commit_reminder: false });
  const waiting = await service.waitFor(id, (_, { type }) => type === "task.retry_scheduled");
  assertEquals([waiting.status, waiting.attempts], ["pending", 1]);
  assertMatch(waiting.waiting!, /^Next attempt at /);
  const task = await service.waitForStatus(id, "completed");
  assertEquals([task.attempts, task.runs], [2, 2]);
  assertEquals(tokensOf(task), tokens(3));
  assertEquals(await exists(join(task.worktree!, "attempt-1.txt")), false);
  assertEquals(await exists(join(task.worktree!, "attempt-2.txt")), true);
  const events = await service.events(id);
  assertSound(events);
  const [scheduled] = ofType(events, "task.retry_scheduled");
  const delayMs = Date.parse(scheduled!.data.due_at) - Date.parse(scheduled!.at);
  assertEquals(delayMs, 10_000);
  const claims = ofType(events, "run.claimed");
  assert(claims[1]!.at >= scheduled!.data.due_at, "not before it is due");
  assert(Date.parse(claims[1]!.at) - Date.parse(scheduled!.data.due_at) < 1_000, "and at once when it is");
  const [one, two] = ofType(events, "worktree.added");
  assertEquals(one!.data.base_commit, two!.data.base_commit);
});

Deno.test("a task can start from another one's branch, and from what was saved of a failed one", async () => {
  await using world = await claudeWorld({
    scenarios: {
      half: ({ step }) => step === 0 ? bash("echo half > half.txt", "Begin") : { status: 400 },
    },
  });
  const { service, repository } = world;
  const first = await service.createTask({ prompt: "[[scenario:edit]]" });
  const apart = await service.createTask({ prompt: "[[scenario:simple]]", depends_on: [first.id] });
  const onTop = await service.createTask({
    prompt: "[[scenario:edit second.ts]]",
    depends_on: [first.id],
    base: `task:${first.id}`,
  });
  const done = await service.waitForStatus(onTop.id, "completed");
  assertEquals(await repository.git("log", "--format=%s", `main..${done.branch}`), "Add second.ts\nAdd greet.ts");
  const alone = await service.waitForStatus(apart.id, "completed");
  assertEquals(await exists(join(alone.worktree!, "greet.ts")), false);

  const half = await service.createTask({ prompt: "[[scenario:half]]" });
  const failed = await service.waitForStatus(half.id, "failed");
  const rescue = await service.createTask({ prompt: "[[scenario:simple]]", base: `task:${half.id}` });
  const rescued = await service.waitForStatus(rescue.id, "completed");
  assertEquals(rescued.base_commit, failed.snapshot!.commit);
  assert(await exists(join(rescued.worktree!, "half.txt")));
});

Deno.test("dependencies hold a task back, a failed one by name, until it completes after all", async () => {
  let isBroken = true;
  await using world = await claudeWorld({
    scenarios: { flaky: () => isBroken ? { status: 400 } : say("Done") },
  });
  const { service } = world;
  const gate = join(world.home, "gate");
  const base = await service.createTask({ prompt: `[[scenario:followup ${gate}]]` });
  const flaky = await service.createTask({ prompt: "[[scenario:flaky]]", depends_on: [base.id] });
  const last = await service.createTask({
    prompt: "[[scenario:simple]]",
    depends_on: [flaky.id, base.id],
    priority: 9,
  });
  const held = await service.task(last.id);
  assertEquals(held.blocked_by.map(({ id }) => id), [flaky.id, base.id]);
  assertEquals(held.waiting, `After #${flaky.id}, #${base.id}`);
  assertEquals((await service.task(base.id)).dependants, [flaky.id, last.id]);
  await Deno.writeTextFile(gate, "");

  await service.waitForStatus(flaky.id, "failed");
  const blocked = await service.task(last.id);
  assertEquals([blocked.status, blocked.blocked_by], ["pending", [{ id: flaky.id, status: "failed" }]]);
  assertEquals(blocked.waiting, `After #${flaky.id}, which failed`);

  isBroken = false;
  await service.command(flaky.id, "retry");
  const done = await service.waitForStatus(last.id, "completed");
  const freed = await service.task(flaky.id);
  assert(freed.completed_at! <= done.started_at!);
});

Deno.test("one slot takes what is urgent first, then what is older", async () => {
  await using world = await claudeWorld({ env: { CODER_MAX_CONCURRENT: "1" } });
  const { service } = world;
  const gate = join(world.home, "gate");
  const first = await service.createTask({ prompt: `[[scenario:followup ${gate}]]` });
  await service.waitFor(first.id, (_, { type }) => type === "output.tool_use");
  const low = await service.createTask({ prompt: "[[scenario:simple]]", priority: -5 });
  const older = await service.createTask({ prompt: "[[scenario:simple]]" });
  const newer = await service.createTask({ prompt: "[[scenario:simple]]" });
  const blocked = await service.createTask({ prompt: "[[scenario:simple]]", priority: 100, depends_on: [low.id] });
  const high = await service.createTask({ prompt: "[[scenario:simple]]", priority: 5 });
  const order = [high, older, newer, low].map(({ id }) => id);
  for (const [index, id] of order.entries()) assertEquals((await service.task(id)).queue_position, index + 1);
  assertEquals((await service.task(high.id)).waiting, "Next; the only slot is busy");
  assertEquals((await service.task(blocked.id)).queue_position, null);
  await Deno.writeTextFile(gate, "");
  await service.waitForStatus(blocked.id, "completed");
  const claims = await Promise.all(
    [...order, blocked.id].map(async (id) => ofType(await service.events(id), "run.claimed")[0]!),
  );
  assertEquals(claims.map(({ at }) => at), claims.map(({ at }) => at).toSorted());
  assertEquals(claims[0]!.data.why, { free_slots: 1, rank: 1, candidates: [older.id, newer.id, low.id], count: 4 });
});

Deno.test("never more than three agents at once, and a free slot starts the next task at once", async () => {
  await using world = await claudeWorld();
  const { service } = world;
  const tasks = [];
  for (let n = 0; n < 8; n++) tasks.push(await service.createTask({ prompt: "[[scenario:many 1]]" }));
  await Promise.all(tasks.map(({ id }) => service.waitForStatus(id, "completed")));
  const runs = await Promise.all(tasks.map(async ({ id }) => {
    const events = await service.events(id);
    assertSound(events);
    return { from: ofType(events, "run.claimed")[0]!.at, to: ofType(events, "run.finished")[0]!.at };
  }));
  const steps = runs.flatMap(({ from, to }) => [{ at: from, change: 1 }, { at: to, change: -1 }]);
  // At the same millisecond the end comes first: it is what freed the slot.
  steps.sort((a, b) => a.at.localeCompare(b.at) || a.change - b.change);
  let now = 0;
  let most = 0;
  for (const { change } of steps) most = Math.max(most, now += change);
  assertEquals(most, 3);
  const ends = runs.map(({ to }) => Date.parse(to)).toSorted();
  const starts = runs.map(({ from }) => Date.parse(from)).toSorted();
  for (let n = 3; n < 8; n++) assert(starts[n]! - ends[n - 3]! < 500, `run ${n + 1} waited for its free slot`);
});
