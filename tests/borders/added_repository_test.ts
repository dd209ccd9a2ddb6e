// A repository that a person adds, as `deno task start` runs the service: its permissions were fixed at the launch, so it says
// that it needs a restart, and after one the work in it is done.

import { assertEquals, assertMatch } from "@std/assert";
import type { RepositoryPlace, SettingsView } from "../../core/view/settings_view.ts";
import { startService, type TestService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { scriptAgent } from "./script_agent.ts";

async function places(service: TestService): Promise<RepositoryPlace[]> {
  return (await (await service.call("/api/settings")).json() as SettingsView).repositories;
}

Deno.test("a repository added under limited permissions is used after a restart, and one that is gone is said to be", async () => {
  await using folder = await tempDir();
  await using first = await tempRepository();
  await using other = await tempRepository();
  const env = { ...await scriptAgent(folder.path, "true"), CODER_WORKTREES: undefined };
  const options = { repo: first.path, data: folder.path, env, limited: true };
  {
    await using service = await startService(options);
    const response = await service.call("/api/repositories", { json: { path: other.path, name: "shop" } });
    assertEquals(response.status, 201);
    assertMatch((await response.json()).reason, /needs a restart: which folders the service may use/);
    const refused = await service.call("/api/tasks", { json: { prompt: "Do it", repo: "shop" } });
    assertEquals(refused.status, 422);
    await refused.body?.cancel();
    const missing = await service.call("/api/repositories", { json: { path: `${other.path}/nothing` } });
    assertEquals(missing.status, 422);
    assertMatch((await missing.json()).detail, /No such file|does not exist/);
  }
  {
    await using service = await startService(options);
    assertEquals((await places(service)).map(({ name, added, reason }) => [name, added, reason]), [
      ["repo", false, null],
      ["shop", true, null],
    ]);
    const { id } = await service.createTask({ prompt: "Do it", repo: "shop" });
    await service.waitForStatus(id, "completed");
  }
  await Deno.remove(other.path, { recursive: true });
  await using service = await startService(options);
  const [, shop] = await places(service);
  assertMatch(shop!.reason ?? "", /No such file|does not exist/);
  // The others work as before.
  const { id } = await service.createTask({ prompt: "Do it" });
  await service.waitForStatus(id, "completed");
});
