// The real claude program in a sandbox, with the scripted Messages API on this machine's loopback as its gateway.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { claudeWorld, exists, ofType, outline } from "../../e2e/world.ts";
import { git } from "../../support/temp.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { confinedLevels } from "./world.ts";

for (const level of confinedLevels) {
  const env = { CODER_SANDBOX: level };

  sandboxTest(`${level}: claude edits and commits, and takes up its session for a follow-up`, async () => {
    await using world = await claudeWorld({ env });
    const { service, repository } = world;
    const { id } = await service.createTask({ prompt: "Greet [[scenario:edit]]", title: "Greet people" });
    const first = await service.waitForStatus(id, "completed");
    const events = await service.events(id);
    assertEquals(outline(events).filter((type) => type === "sandbox.applied").length, 1);
    assertEquals(ofType(events, "sandbox.applied")[0]!.data.level, level);
    assertEquals(await repository.git("log", "--format=%s", `${first.base_commit}..${first.branch}`), "Add greet.ts");
    assertEquals(await git(first.worktree!, "status", "--porcelain"), "");
    assertEquals(await repository.git("status", "--porcelain"), "");

    await service.command(id, "messages", { text: "And once more [[scenario:edit more.ts]]" });
    const second = await service.waitForStatus(id, "completed", events.at(-1)!.seq);
    assertEquals(second.session_id, first.session_id);
    assertEquals(ofType(await service.events(id), "run.started").map(({ data }) => data.resumed), [false, true]);
    assert(await exists(join(second.worktree!, "more.ts")));
    assertEquals(await service.descendants(), []);
  });

  sandboxTest(`${level}: claude proposes a plan, and carries it out once it is approved`, async () => {
    await using world = await claudeWorld({ env });
    const { service } = world;
    const { id } = await service.createTask({ prompt: "[[scenario:plan]]", mode: "plan" });
    const planned = await service.waitForStatus(id, "awaiting_approval");
    assert(planned.plan);
    await service.command(id, "plan/approve");
    const task = await service.waitForStatus(id, "completed");
    assert(await exists(join(task.worktree!, "greet.ts")));
  });

  sandboxTest(`${level}: a cancel ends claude and the command that it runs`, async () => {
    await using world = await claudeWorld({ env });
    const { service } = world;
    const { id } = await service.createTask({ prompt: "[[scenario:slow_setsid]]" });
    await service.waitFor(id, (_, { type }) => type === "output.tool_use");
    await service.command(id, "cancel");
    await service.waitForStatus(id, "cancelled");
    assertEquals(await service.descendants(), []);
  });
}
