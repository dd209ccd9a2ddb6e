// What the service is told in secret, and what only it may decide.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { eventually, tempDir } from "../../support/temp.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { confinedLevels, type SandboxWorld, sandboxWorld } from "./world.ts";

/**
 * Proposes a plan, and stays as long as it may to approve it, with and without the proxy. `tries` says whether anybody answered
 * while the plan was not there yet.
 */
const plan = {
  type: "assistant",
  message: { id: "m", content: [{ type: "tool_use", id: "t", name: "ExitPlanMode", input: { plan: "Do it" } }] },
};
const selfApproving = `
approve() {
  curl -sf --max-time 5 -o /dev/null "$@" -X POST "$(cat "$FOLDER/url")/api/tasks/1/plan/approve"
  [ $? = 0 ] || curl -s --max-time 5 "$@" "$(cat "$FOLDER/url")/healthz" | grep -q '"version"'
}
if approve || approve --noproxy "" || approve --proxytunnel --noproxy ""; then echo answered > tries; else echo refused > tries; fi
printf '%s\\n' '${JSON.stringify(plan)}' >&3
(while :; do approve; sleep 0.05; done) > /dev/null 2>&1 &
`;

const token = "planted-token-of-the-test-0123456789";

for (const level of confinedLevels) {
  sandboxTest(
    `${level}: CODER_TOKEN_FILE, .env and a database elsewhere are not read, and are in no environment`,
    async () => {
      await using elsewhere = await tempDir();
      const file = join(elsewhere.path, "token");
      await Deno.writeTextFile(file, token, { mode: 0o600 });
      await using world = await sandboxWorld({
        level,
        agent: `
        for path in "$ELSEWHERE"/token "$ELSEWHERE"/tasks.db "$ELSEWHERE"/tasks.db-* "$FOLDER"/.env; do
          head -c 100 "$path" > got && [ -s got ] && echo "$path" >> read; done
        (env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n') 2> /dev/null | grep -e 'planted-toke[n]' -e '^CODER_' >> read
        echo end >> read`,
        env: { CODER_TOKEN_FILE: file, CODER_KV: join(elsewhere.path, "tasks.db"), ELSEWHERE: elsewhere.path },
      });
      const headers = { authorization: `Bearer ${token}` };
      // Its working folder is where the service looks for it.
      await Deno.writeTextFile(join(world.folder, ".env"), `CODER_TOKEN=${token}`);
      await world.service.createTask({ prompt: "Look around" }, headers);
      const read = await eventually(async () => {
        const task = await (await world.service.call("/api/tasks/1", { headers })).json();
        return task.status === "completed" && await Deno.readTextFile(join(task.worktree, "read"));
      }, { timeoutMs: 30_000, what: "the agent has looked" });
      assertEquals(read, "end\n");
      assert((await Deno.stat(join(elsewhere.path, "tasks.db"))).size > 0);
    },
  );

  sandboxTest(`${level}: an agent cannot approve its own plan`, async () => {
    await using world = await sandboxWorld({ level, agent: selfApproving });
    assertEquals(await planned(world), ["Do it", "refused\n"]);
  });
}

sandboxTest("off: an agent that plans is answered when it asks for approval", async () => {
  await using world = await sandboxWorld({ level: "off", agent: selfApproving });
  assertEquals((await planned(world))[1], "answered\n");
});

async function planned({ service, folder }: SandboxWorld): Promise<unknown[]> {
  await Deno.writeTextFile(join(folder, "url"), service.url);
  const { id } = await service.createTask({ prompt: "Plan it", mode: "plan" });
  const task = await service.waitForStatus(id, "awaiting_approval");
  // Whatever it left is gone by now, and its plan is not.
  assertEquals(await service.descendants(), []);
  assertEquals((await service.task(id)).status, "awaiting_approval");
  return [task.plan, await Deno.readTextFile(join(task.worktree!, "tries"))];
}
