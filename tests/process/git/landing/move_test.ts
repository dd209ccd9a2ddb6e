import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DomainError } from "../../../../core/domain/error.ts";
import { landingWorld } from "./world.ts";

const gone = "0".repeat(39) + "1";

Deno.test("move() moves a target that is checked out nowhere, and saves what it was", async () => {
  await using w = await landingWorld();
  const work = await w.commit("work", { "a.txt": "1\n" });
  const from = await w.tip("main");
  assertEquals(await w.move(from, work), { kind: "moved", backup_ref: "refs/coder/task-7/target-1" });
  assertEquals([await w.tip("main"), await w.tip("refs/coder/task-7/target-1")], [work, from]);
  assertStringIncludes(await w.repo.git("reflog", "-1", "main"), "land task 7");
  const again = await w.commit("work", { "a.txt": "2\n" });
  assertEquals(await w.move(work, again), { kind: "moved", backup_ref: "refs/coder/task-7/target-2" });
  await w.repo.git("pack-refs", "--all");
  const third = await w.commit("work", { "a.txt": "3\n" });
  assertEquals(await w.move(again, third), { kind: "moved", backup_ref: "refs/coder/task-7/target-3" });
  await w.repo.git("update-ref", "refs/heads/main", again);
  assertEquals(await w.move(again, third), { kind: "moved", backup_ref: "refs/coder/task-7/target-3" });
});

Deno.test("move() loses the race when the target is at another commit, or gone", async () => {
  await using w = await landingWorld();
  const work = await w.commit("work", { "a.txt": "1\n" });
  const from = await w.tip("main");
  const moved = await w.commit("main", { "b.txt": "1\n" });
  assertEquals(await w.move(from, work), {
    kind: "lost_race",
    reason: `main is at ${moved.slice(0, 9)} and no more at ${from.slice(0, 9)}`,
  });
  await w.repo.git("update-ref", "-d", "refs/heads/main");
  assertEquals(await w.move(from, work), { kind: "lost_race", reason: "main is gone" });
  assertEquals(await w.refs("refs/coder"), []);
});

Deno.test("move() lets one of two at once win", async () => {
  await using w = await landingWorld();
  const from = await w.tip("main");
  const works = [await w.commit("one", { "a.txt": "1\n" }), await w.commit("two", { "a.txt": "2\n" })];
  const kinds = (await Promise.all(works.map((work) => w.move(from, work)))).map(({ kind }) => kind);
  assertEquals(kinds.toSorted(), ["lost_race", "moved"]);
  assertEquals(await w.tip("main"), works[kinds.indexOf("moved")]);
  assertEquals(await w.refs("refs/coder"), ["refs/coder/task-7/target-1"]);
});

Deno.test("move() moves nothing to what is no commit here, and throws", async () => {
  await using w = await landingWorld();
  const from = await w.tip("main");
  await assertRejects(() => w.move(from, gone), DomainError);
  assertEquals([await w.tip("main"), await w.refs("refs/coder")], [from, []]);
});

Deno.test("move() never moves the task's own branch", async () => {
  await using w = await landingWorld();
  const work = await w.commit("work", { "a.txt": "1\n" });
  const from = await w.tip("main");
  await w.repo.git("branch", "task-7-fix", from);
  const options = { target: "task-7-fix", from, to: work, message: "x" };
  await w.repo.git("update-ref", "refs/coder/owned/6d1c0000-0000-4000-8000-000000000001/task-7-fix", from);
  const error = await assertRejects(() => w.landings.move("app", { ...options, task: 7 }), DomainError);
  assertEquals([error.code, await w.tip("task-7-fix")], ["invalid", from]);
  assertEquals((await w.landings.move("app", { ...options, task: 8 })).kind, "moved");
});

Deno.test("outcomeOf() tells by the target alone what became of a move", async () => {
  await using w = await landingWorld();
  const from = await w.tip("main");
  const to = await w.commit("work", { "a.txt": "1\n" });
  const outcome = () => w.landings.outcomeOf("app", { target: "main", from, to });
  assertEquals(await outcome(), "not_moved");
  assertEquals((await w.move(from, to)).kind, "moved");
  assertEquals(await outcome(), "moved");
  await w.commit("main", { "b.txt": "1\n" });
  assertEquals(await outcome(), "moved");
  await w.repo.git("update-ref", "refs/heads/main", await w.commit("x", { "c.txt": "1\n" }, { from }));
  assertEquals(await outcome(), "elsewhere");
  await w.repo.git("update-ref", "-d", "refs/heads/main");
  assertEquals(await outcome(), "elsewhere");
});

Deno.test("defaultTarget() is the base where that is a branch, else what is checked out", async () => {
  await using w = await landingWorld();
  const head = await w.tip("main");
  await w.repo.git("branch", "feature/x");
  await w.repo.git("tag", "v1");
  await w.repo.git("update-ref", "refs/remotes/origin/main", head);
  await w.repo.git("update-ref", "refs/remotes/origin/gone", head);
  const cases = { main: "main", "feature/x": "feature/x", "origin/main": "main", "origin/gone": "other" };
  for (
    const [base, target] of Object.entries({ ...cases, HEAD: "other", v1: "other", [head]: "other", "a*": "other" })
  ) {
    assertEquals(await w.landings.defaultTarget("app", base), target, base);
  }
  await w.repo.git("checkout", "--quiet", "--detach");
  const error = await assertRejects(() => w.landings.defaultTarget("app", "HEAD"), DomainError);
  assert(error.code === "invalid" && error.message.includes("name the branch"), error.message);
});
