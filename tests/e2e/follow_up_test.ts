// Follow-ups to a completed task whose folder a person removed.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { bash, say } from "../support/scenarios.ts";
import { claudeWorld, exists, ofType } from "./world.ts";

Deno.test("a follow-up puts a removed worktree back at its path and resumes the session there", async () => {
  await using world = await claudeWorld();
  const { service, api, repository } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:edit]]", title: "Greet" });
  const first = await service.waitForStatus(id, "completed");
  const tip = await repository.git("rev-parse", first.branch!);
  await Deno.remove(first.worktree!, { recursive: true });

  const again = await service.command(id, "messages", { text: "[[scenario:followup]] And in Dutch" });
  const second = await service.waitForStatus(id, "completed", again.seq);
  assertEquals([second.worktree, second.branch, second.session_id], [first.worktree, first.branch, first.session_id]);
  assertEquals([second.attempts, second.base_commit], [1, first.base_commit]);
  assertEquals([await exists(join(first.worktree!, "greet.ts")), await repository.git("rev-parse", first.branch!)], [
    true,
    tip,
  ]);
  const events = await service.events(id);
  assertEquals(ofType(events, "run.started").map(({ data }) => data.resumed), [false, true]);
  assertEquals(ofType(events, "worktree.added").map(({ data }) => data.restored), [undefined, tip]);
  // It hears what happened and what is asked for, and not its first prompt anew.
  const words = api.requests.at(-1)!.userTexts;
  assertEquals(words.filter((text) => text.includes("scenario:edit")).length, 1);
  assertMatch(words.at(-1)!, /folder was removed meanwhile .*And in Dutch/s);
  assert((await (await service.call(`/api/tasks/${id}/diff`)).text()).includes("+++ b/greet.ts"));
});

for (const [how, spec] of [["timed_out", { timeout_seconds: 8 }], ["cancelled", {}]] as const) {
  Deno.test(`a task that was ${how} goes on with a message, in its session, where its work is saved`, async () => {
    await using world = await claudeWorld({
      scenarios: {
        // It commits, leaves something, and then would take for ever.
        lingers({ step, userTexts }) {
          if (userTexts.length > 1) return say(`I was told: ${userTexts.at(-1)}`);
          const commit = "git -c user.name=A -c user.email=a@example.com commit --quiet -m half";
          if (step === 0) {
            return bash(`echo a > half.txt && git add half.txt && ${commit} && echo b > left.txt`, "Half");
          }
          return bash("exec sleep 300", "Wait");
        },
      },
    });
    const { service, api } = world;
    const { id } = await service.createTask({ prompt: "[[scenario:lingers]]", commit_reminder: false, ...spec });
    const running = await service.waitFor(id, (_, __, events) => ofType(events, "output.tool_use").length === 2);
    if (how === "cancelled") await service.command(id, "cancel");
    const over = await service.waitForStatus(id, how === "cancelled" ? "cancelled" : "failed");
    assertEquals([over.outcome, over.worktree, await exists(running.worktree)], [how, null, false]);

    const again = await service.command(id, "messages", { text: "Go on", timeout_seconds: 60 });
    const done = await service.waitForStatus(id, "completed", again.seq);
    assertEquals([done.session_id, done.worktree, done.runs, done.attempts], [
      ...[running.session_id, running.worktree, 2, 1],
    ]);
    assertMatch(
      api.requests.at(-1)!.userTexts.at(-1)!,
      new RegExp(`not committed is in the newest commit.*Your last run ended: ${how}.*Go on`, "s"),
    );
    for (const file of ["half.txt", "left.txt"]) assert(await exists(join(done.worktree!, file)), file);
    assertEquals(ofType(await service.events(id), "run.started").map(({ data }) => data.resumed), [false, true]);
  });
}

Deno.test("a follow-up to work that is gone for good is refused with the reason, and changes nothing", async () => {
  await using world = await claudeWorld();
  const { service, repository } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:edit]]", title: "Greet" });
  const done = await service.waitForStatus(id, "completed");
  await repository.git("worktree", "remove", "--force", done.worktree!);
  await repository.git("branch", "-D", done.branch!);
  const response = await service.call(`/api/tasks/${id}/messages`, { json: { text: "And in Dutch" } });
  const { detail } = await response.json();
  assertEquals(response.status, 409);
  assertMatch(detail, /Cannot send a message to task 1: neither worktree .* nor its branch .*; retry it instead/);
  assertEquals((await service.task(id)).seq, done.seq);
});
