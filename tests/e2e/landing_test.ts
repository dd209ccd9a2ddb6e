// From "completed" to merged: the Review lane, landing by each method, the merge queue, conflicts that the agent solves, and
// what a person's checkout has in the way; with a program of the test in claude's place.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { CommentView } from "../../core/view/review_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { bash, say } from "../support/scenarios.ts";
import { eventually } from "../support/temp.ts";
import { commit, landingWorld, writer } from "./landing_world.ts";
import { claudeWorld, exists, ofType, outline } from "./world.ts";

for (const method of ["ff", "merge", "squash", "rebase"] as const) {
  Deno.test(`finished work stands in Review, and lands by ${method}: worktree and branch go`, async () => {
    await using w = await landingWorld();
    const task = await w.finished("a.txt one");
    assertEquals(task.review, "open");
    const preview = await w.get(`/api/tasks/${task.id}/landing?method=${method}`);
    assertEquals([preview.target, preview.ahead, preview.behind, preview.methods[method]], ["main", 1, 0, null]);
    await w.post(`/api/tasks/${task.id}/land`, { method });
    const after = await w.landed(task.id);
    assertEquals([after.last_landing!.outcome, after.review], ["landed", "landed"]);
    assertEquals(await Deno.readTextFile(join(w.repository.path, "a.txt")), "a.txt one\n");
    const first = {
      ff: "write a.txt",
      rebase: "write a.txt",
      squash: "a.txt one",
      merge: `Merge branch '${task.branch}' into main`,
    };
    assertEquals((await w.subjects())[0], first[method]);
    const gone = await w.until(task.id, ({ worktree }) => worktree === null);
    assertEquals(await exists(task.worktree), false);
    assertEquals((await w.repository.git("branch", "--list", "task-*")).trim(), "");
    assertEquals((await w.repository.git("status", "--porcelain")).trim(), "");
    // What it was at before is kept, and so is the work.
    const backup = await w.repository.git("rev-parse", after.last_landing!.backup_ref!);
    assertEquals(backup.trim(), after.last_landing!.target_commit);
    assert(gone.snapshot);
    const diff = await (await w.service.call(`/api/tasks/${task.id}/diff`)).text();
    assertStringIncludes(diff, "+a.txt one");
    assertEquals((await w.get("/api/board")).counts.review, 0);
  });
}

Deno.test("accepted work stays where it is, discarded work is saved and put away, and neither is asked about again", async () => {
  await using w = await landingWorld();
  const taken = await w.finished("a.txt one");
  const unwanted = await w.finished("b.txt two");
  assertEquals((await w.get("/api/board")).review.map(({ id }: TaskView) => id), [unwanted.id, taken.id]);
  assertEquals((await w.post(`/api/tasks/${taken.id}/accept`)).review, "accepted");
  assertEquals(await exists(taken.worktree), true);
  await w.post(`/api/tasks/${unwanted.id}/discard`);
  const gone = await w.until(unwanted.id, ({ worktree }) => worktree === null);
  assertEquals([gone.status, gone.review], ["completed", "discarded"]);
  assertEquals(await w.repository.git("show", `${gone.snapshot!.ref}:b.txt`), "b.txt two");
  assertEquals(await w.statusOf(`/api/tasks/${unwanted.id}/land`), 409);
  assertEquals((await w.get("/api/board")).counts.review, 0);
});

Deno.test("work that changed nothing is done", async () => {
  await using w = await landingWorld({ agent: "true" });
  const task = await w.finished("nothing");
  assertEquals(task.review, null);
  assertEquals(await w.statusOf(`/api/tasks/${task.id}/accept`), 409);
});

Deno.test("what is in the way in the person's checkout is named, and stays as it is", async () => {
  await using w = await landingWorld();
  const task = await w.finished("shared.txt one");
  const path = join(w.repository.path, "shared.txt");
  await Deno.writeTextFile(path, "mine\n");
  const preview = await w.get(`/api/tasks/${task.id}/landing`);
  assertEquals(preview.checkout.in_the_way, ["shared.txt"]);
  await w.post(`/api/tasks/${task.id}/land`, { method: "ff" });
  const refused = await w.landed(task.id);
  assertEquals([refused.last_landing!.outcome, refused.review], ["refused", "open"]);
  assertStringIncludes(refused.last_landing!.error!, "shared.txt");
  assertEquals(await Deno.readTextFile(path), "mine\n");
  assertEquals((await w.subjects())[0], "begin");
});

Deno.test("a clean merge that is red does not land, and a green one lands after its check on the result", async () => {
  // Each is good alone; together they are one file too many.
  await using w = await landingWorld({ file: { check: "test $(ls *.new 2>/dev/null | wc -l) -le 1" } });
  const one = await w.finished("a.new one");
  // By its title, a task's folder may not be taken for that of a landing.
  const two = await w.finished("b.new two", { title: "Landing" });
  assertEquals([one.checked, two.checked], [true, true]);
  await w.post(`/api/tasks/${one.id}/land`, { method: "squash" });
  assertEquals((await w.landed(one.id)).last_landing!.outcome, "landed");
  await w.post(`/api/tasks/${two.id}/land`, { method: "squash" });
  const red = await w.landed(two.id);
  assertEquals([red.last_landing!.outcome, red.review], ["check_failed", "open"]);
  assertEquals(await w.subjects(), ["a.new one", "begin", "First commit"]);
  const events = await w.service.events(two.id);
  assertEquals(ofType(events, "check.finished").map(({ data }) => [data.of, data.outcome]), [
    [undefined, "passed"],
    ["landing", "failed"],
  ]);
  assertEquals(red.checked, true);
  assertEquals((await w.repository.git("worktree", "list")).trim().split("\n").length, 2);
});

Deno.test("a chain with land: auto builds on itself: each starts once the one before has landed", async () => {
  await using w = await landingWorld({ file: { check: "true", land: "auto", method: "squash" } });
  const one = await w.service.createTask({ prompt: "log.txt one" });
  const two = await w.service.createTask({ prompt: "log.txt two", depends_on: [one.id] });
  const three = await w.service.createTask({ prompt: "log.txt three", depends_on: [two.id] });
  await w.until(three.id, ({ review }) => review === "landed");
  assertEquals(
    await Deno.readTextFile(join(w.repository.path, "log.txt")),
    "log.txt one\nlog.txt two\nlog.txt three\n",
  );
  assertEquals(await w.subjects(), ["log.txt three", "log.txt two", "log.txt one", "begin", "First commit"]);
  const message = await w.repository.git("log", "-1", "--format=%B", "main");
  assertMatch(message, new RegExp(`^log.txt three\\n(.|\\n)*Task-Id: ${three.id}\\n`));
});

Deno.test("auto: a conflict goes to the agent, in its session and its worktree, and lands then", async () => {
  await using w = await landingWorld({ file: { check: "! grep -rl '^<<<<<<<' *.txt", land: "auto" } });
  const hold = join(w.repository.path, "..", "unused");
  assertEquals(await exists(hold), false);
  const one = await w.service.createTask({ prompt: "shared.txt one" });
  const two = await w.service.createTask({ prompt: "shared.txt two" });
  for (const { id } of [one, two]) await w.until(id, ({ review }) => review === "landed");
  const text = await Deno.readTextFile(join(w.repository.path, "shared.txt"));
  assertEquals(text.split("\n").filter((line) => line !== "").sort(), ["shared.txt one", "shared.txt two", "top"]);
  const all = [...await w.service.events(one.id), ...await w.service.events(two.id)];
  assertEquals(ofType(all, "landing.finished").map(({ data }) => data.outcome).sort(), [
    "conflict",
    "landed",
    "landed",
  ]);
  assertEquals(ofType(all, "merge.started").map(({ data }) => data.conflicts), [["shared.txt"]]);
  assert(outline(all).includes("message.added"));
});

Deno.test("auto: who is not agreed with twice waits for a person, and holds nobody else up", async () => {
  // It never solves anything.
  const stubborn = writer.replace("sed -i", "true sed -i").replaceAll(`file=merge; ${commit}`, "git merge --abort");
  await using w = await landingWorld({ file: { land: "auto" }, agent: stubborn });
  const one = await w.finished("shared.txt one", { land: null });
  const two = await w.finished("shared.txt two", { land: null });
  await w.post(`/api/tasks/${one.id}/land`, { method: "squash" });
  await w.landed(one.id);
  await w.post(`/api/tasks/${two.id}/land`, { method: "squash" });
  assertEquals((await w.landed(two.id)).last_landing!.outcome, "conflict");
  assertEquals(await w.statusOf(`/api/tasks/${two.id}/landing/resolve`), 202);
  const again = await w.until(two.id, ({ status, runs }) => status === "completed" && runs === 2);
  assertEquals(again.review, "open");
  const other = await w.service.createTask({ prompt: "c.txt three" });
  await w.until(other.id, ({ review }) => review === "landed");
});

Deno.test("a landing that was asked for is cancelled while its check runs; the target stays", async () => {
  await using w = await landingWorld({ file: { check: "test ! -f a.txt -o ! -f main.txt || exec sleep 60" } });
  const task = await w.finished("a.txt one");
  await Deno.writeTextFile(join(w.repository.path, "main.txt"), "moved\n");
  await w.repository.git("add", "-A");
  await w.repository.git("commit", "--quiet", "--message=moved");
  await w.post(`/api/tasks/${task.id}/land`, { method: "merge" });
  await w.until(task.id, ({ landing }) => landing?.phase === "check");
  await w.post(`/api/tasks/${task.id}/cancel`);
  const after = await w.landed(task.id);
  assertEquals([after.last_landing!.outcome, after.last_landing!.error], ["refused", "It was cancelled"]);
  assertEquals(await w.subjects(), ["moved", "begin", "First commit"]);
  const next = await w.finished("b.txt two");
  await w.post(`/api/tasks/${next.id}/land`, { method: "merge" });
  assertEquals((await w.landed(next.id)).last_landing!.outcome, "landed");
});

Deno.test("comments on lines are kept, move with their lines, and are one message to the agent", async () => {
  await using w = await landingWorld();
  const task = await w.finished("a.txt one");
  const comment = { path: "a.txt", side: "new", line: 1, quote: "a.txt one", text: "Why one?" };
  const made = await w.post(`/api/tasks/${task.id}/comments`, comment) as unknown as CommentView;
  assertEquals([made.id, made.line, made.outdated, made.sent], [1, 1, false, null]);
  await Deno.writeTextFile(join(task.worktree!, "a.txt"), "zero\na.txt one\n");
  const moved = (await w.get(`/api/tasks/${task.id}/comments`)).comments[0];
  assertEquals([moved.line, moved.outdated], [2, false]);
  const sent = await w.post(`/api/tasks/${task.id}/comments/send`, { text: "Please" });
  assertEquals(sent.comments, { total: 1, unsent: 0, seq: sent.seq });
  await w.post(`/api/tasks/${task.id}/comments/send`, { ids: [1] });
  await w.until(task.id, ({ status, runs }) => status === "completed" && runs === 2);
  const events = await w.service.events(task.id);
  const texts = ofType(events, "message.added").map(({ data }) => data.text);
  assertEquals(texts.length, 1);
  assertMatch(texts[0]!, /Please.*a\.txt, line 2:.*> a\.txt one.*Why one\?/s);
  const since = await (await w.service.call(`/api/tasks/${task.id}/diff?from=review`)).text();
  assertStringIncludes(since, "+a.txt one");
});

Deno.test("work lands where it began, whatever a person has checked out when it ends", async () => {
  await using w = await landingWorld({
    file: { land: "auto" },
    agent: `while [ ! -f ../go ]; do sleep 0.05; done; ${writer}`,
  });
  const task = await w.service.createTask({ prompt: "a.txt one" });
  const { worktree } = await w.until(task.id, ({ session_id }) => session_id !== null);
  await w.repository.git("checkout", "--quiet", "-b", "release");
  await Deno.writeTextFile(join(worktree!, "..", "go"), "");
  const landed = await w.until(task.id, ({ review }) => review === "landed");
  assertEquals(landed.last_landing!.target, "main");
  assertEquals(await w.subjects(), ["a.txt one", "begin", "First commit"]);
  assertEquals((await w.repository.git("log", "-1", "--format=%s", "release")).trim(), "begin");
  await Deno.remove(join(worktree!, "..", "go"));
});

Deno.test("auto without a branch to land in: it says so, and who depends on it waits", async () => {
  await using w = await landingWorld();
  await w.repository.git("checkout", "--quiet", "--detach");
  const one = await w.finished("a.txt one", { land: "auto" });
  const two = await w.service.createTask({ prompt: "b.txt two", depends_on: [one.id] });
  const refused = await w.landed(one.id);
  assertEquals([refused.last_landing!.outcome, refused.review], ["refused", "open"]);
  assertEquals((await w.service.task(two.id)).blocked_by, [{ id: one.id, status: "in_review" }]);
  await w.post(`/api/tasks/${one.id}/accept`);
  await w.service.waitForStatus(two.id, "completed");
});

Deno.test("what the target says wrongly about itself ends the landing with the reason, and nothing moves", async () => {
  await using w = await landingWorld();
  const task = await w.finished("a.txt one");
  await Deno.writeTextFile(join(w.repository.path, "coder.json"), "{ broken");
  await w.repository.git("commit", "--quiet", "--all", "--message=broken");
  await w.post(`/api/tasks/${task.id}/land`, { method: "merge" });
  const refused = await w.landed(task.id);
  assertEquals(refused.last_landing!.outcome, "refused");
  assertMatch(refused.last_landing!.error!, /coder\.json, line 1/);
  assertEquals((await w.subjects())[0], "broken");
});

Deno.test("a task that has landed goes on with a message, and lands again", async () => {
  await using w = await landingWorld();
  const task = await w.finished("a.txt one");
  await w.post(`/api/tasks/${task.id}/land`, { method: "merge" });
  await w.landed(task.id);
  await w.until(task.id, ({ worktree }) => worktree === null);
  await w.post(`/api/tasks/${task.id}/messages`, { text: "Now b.txt two" });
  const again = await w.until(task.id, ({ status, runs }) => status === "completed" && runs === 2);
  assertEquals([again.review, await exists(again.worktree)], ["open", true]);
  const diff = await (await w.service.call(`/api/tasks/${task.id}/diff`)).text();
  assert(diff.includes("+b.txt two") && !diff.includes("+a.txt one"), diff);
  await w.post(`/api/tasks/${task.id}/land`, { method: "merge" });
  await w.until(task.id, ({ review }) => review === "landed");
  assertEquals(await Deno.readTextFile(join(w.repository.path, "b.txt")), "b.txt two\n");
});

Deno.test("the real claude solves a conflict in its own session, the check runs again, and it lands", async () => {
  const commit = "git add -A && git -c user.name=A -c user.email=a@example.com commit --quiet -m work";
  await using world = await claudeWorld({
    scenarios: {
      conflicts({ userTexts, stepSinceText, argument }) {
        if (stepSinceText > 0) return say("It is committed.");
        const solve = `sed -i '/^<<<<<<<\\|^=======\\|^>>>>>>>/d' words.txt && ${commit}`;
        const isAsked = userTexts.at(-1)!.includes("merge waits to be finished");
        return bash(isAsked ? solve : `echo "${argument}" >> words.txt && ${commit}`, "Write");
      },
    },
  });
  const { repository, service } = world;
  await Deno.writeTextFile(join(repository.path, "words.txt"), "first\n");
  await Deno.writeTextFile(
    join(repository.path, "coder.json"),
    JSON.stringify({ land: "auto", method: "merge", check: "! grep -q '^<<<<<<<' words.txt" }),
  );
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "--message=begin");
  const ids: number[] = [];
  for (const word of ["one", "two"]) {
    ids.push((await service.createTask({ prompt: `[[scenario:conflicts ${word}]]` })).id);
  }
  const landed = await Promise.all(ids.map((id) =>
    eventually(async () => {
      const task = await service.task(id);
      return task.review === "landed" ? task : null;
    }, { timeoutMs: 60_000, what: `task ${id} landed` })
  ));
  const text = await Deno.readTextFile(join(repository.path, "words.txt"));
  assertEquals(text.trim().split("\n").sort(), ["first", "one", "two"]);
  const second = landed.find(({ runs }) => runs === 2)!;
  const events = await service.events(second.id);
  assertEquals(ofType(events, "run.started").map(({ data }) => data.resumed), [false, true]);
  assertEquals(ofType(events, "merge.started").map(({ data }) => data.conflicts), [["words.txt"]]);
  assertEquals(second.checked, true);
});
