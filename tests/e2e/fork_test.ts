// The files of every step are kept, and a new task goes on from any of them, told what was said until then.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { bash, say } from "../support/scenarios.ts";
import { claudeWorld, exists, ofType } from "./world.ts";

const commitAs = "git -c user.name=A -c user.email=a@example.com commit --quiet -m";

Deno.test("a task is forked from any moment: its files of then, what was said until then, and the rest as it was", async () => {
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
  await using world = await claudeWorld({
    scenarios: {
      async steps({ step, userTexts }) {
        if (userTexts.length > 1 || userTexts[0]!.includes("goes on from task")) return say("I see.");
        await gates[step - 1]?.promise;
        if (step === 0) return bash("echo one > one.txt", "Write one");
        if (step === 1) return bash(`echo two > two.txt && git add . && ${commitAs} Both`, "Write two");
        if (step === 2) return bash("rm one.txt && echo three > three.txt", "Replace one");
        return say("All three are done.");
      },
    },
  });
  const { service, api, repository } = world;
  const spec = {
    prompt: "[[scenario:steps]] Write three files",
    title: "Three",
    priority: 4,
    tags: ["three"],
    commit_reminder: false,
  };
  const { id } = await service.createTask({ ...spec, check: null });
  // The agent waits for nothing; the test does, so that each step is kept by itself.
  for (const [index, gate] of gates.entries()) {
    await service.waitFor(id, (_, __, events) => ofType(events, "files.kept").length === index + 1);
    gate.resolve();
  }
  const done = await service.waitForStatus(id, "completed");
  const events = await service.events(id);
  const results = ofType(events, "output.tool_result").map(({ seq }) => seq);
  assertEquals(ofType(events, "files.kept").map(({ data }) => data.after), results);

  const filesOf = async (commit: string) =>
    (await repository.git("ls-tree", "-r", "--name-only", commit)).split("\n").filter((name) => name.endsWith(".txt"));
  const forkAt = async (body: Record<string, unknown>, headers = {}) => {
    const response = await service.call(`/api/tasks/${id}/fork`, { method: "POST", json: body, headers });
    return { status: response.status, body: await response.json() };
  };
  const wanted: [number, string[]][] = [
    [results[0]!, ["one.txt"]],
    [results[1]!, ["one.txt", "two.txt"]],
    [results[2]! - 1, ["one.txt", "two.txt"]],
    [results[2]!, ["three.txt", "two.txt"]],
    [done.seq, ["three.txt", "two.txt"]],
    [ofType(events, "run.started")[0]!.seq, []],
  ];
  for (const [at, files] of wanted) {
    const diff = await (await service.call(`/api/tasks/${id}/diff?at=${at}`)).text();
    assertEquals([...diff.matchAll(/^\+\+\+ b\/(.+\.txt)$/gm)].map(([, name]) => name), files, `diff at ${at}`);
  }
  const between = `from=event-${results[0]}&to=event-${results[2]}`;
  const diff = await (await service.call(`/api/tasks/${id}/diff?${between}`)).text();
  assertEquals([...diff.matchAll(/^diff --git a\/(.+\.txt) /gm)].map(([, name]) => name), [
    "one.txt",
    "three.txt",
    "two.txt",
  ]);
  const { status, body: fork } = await forkAt({ at: results[0] });
  assertEquals([status, fork.title, fork.priority, fork.tags], [201, "Three", 4, ["three"]]);
  assertEquals(fork.prompt, spec.prompt);
  assertEquals(fork.forked_from, { task: id, seq: results[0], files: results[0], told: "again" });
  assertEquals(await filesOf(fork.base), ["one.txt"]);
  const over = await service.waitForStatus(fork.id, "completed");
  assert(await exists(`${over.worktree}/one.txt`) && !await exists(`${over.worktree}/two.txt`));
  const told = api.requests.at(-1)!.userTexts.at(-1)!;
  assertMatch(
    told,
    new RegExp(`goes on from task ${id}, as it was at its event ${results[0]}.*Write three files`, "s"),
  );
  assertMatch(told, /The agent used Bash: echo one > one.txt/);
  assert(!told.includes("two.txt"), "what came later is not told");

  const other = await forkAt({ at: done.seq, prompt: "[[scenario:steps]] Now a fourth" }, { "idempotency-key": "f1" });
  assertEquals([other.status, other.body.title], [201, "Three"]);
  assertEquals(await filesOf(other.body.base), ["three.txt", "two.txt"]);
  assertEquals(
    (await forkAt({ at: done.seq, prompt: "[[scenario:steps]] Now a fourth" }, { "idempotency-key": "f1" })).body.id,
    other.body.id,
  );
  await service.waitForStatus(other.body.id, "completed");
  assertMatch(api.requests.at(-1)!.userTexts.at(-1)!, /All three are done.*Now this is asked for:.*Now a fourth/s);

  const early = await forkAt({ at: 1 });
  assertEquals([early.status, early.body.base, early.body.forked_from.files], [201, null, null]);
  await service.waitForStatus(early.body.id, "completed");
  const late = await forkAt({ at: done.seq + 5 });
  assertEquals([late.status, late.body.errors[0].path], [422, "at"]);
  assertEquals((await forkAt({})).status, 422);
});
