// Live pages: many tabs on one connection, a service that is killed and comes back, and not a line lost or doubled.

import { assertEquals } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { claudeEnv, claudeProgram } from "../support/claude_program.ts";
import { messagesApi } from "../support/messages_api.ts";
import { startService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { alive } from "./page_checks.ts";

Deno.test("pages stay live through many tabs and a killed service", async (t) => {
  await using api = messagesApi();
  await using home = await tempDir();
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const env = {
    ...claudeEnv({ baseUrl: api.url, home: home.path }),
    CODER_CLAUDE: await claudeProgram(),
    CODER_MAX_CONCURRENT: "1",
  };
  const first = await startService({ repo: repository.path, data: folder.path, env });
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(20_000);
  const { id } = await first.createTask({ prompt: "Work slowly [[scenario:slow 300]]" });
  await first.waitFor(id, (task) => task.last_step?.startsWith("Bash"));

  await t.step("ten tabs share one connection and all stay live", async () => {
    await page.goto(first.url);
    await alive(page);
    const tabs = [];
    for (let tab = 0; tab < 10; tab++) {
      const one = await page.context().newPage();
      await one.goto(first.url);
      await alive(one);
      tabs.push(one);
    }
    await first.createTask({ prompt: "Seen everywhere [[scenario:simple]]" });
    for (const one of [page, ...tabs]) {
      await one.locator('[data-column="queue"] .card', { hasText: "Seen everywhere" }).waitFor();
    }
    for (const one of tabs) await one.close();
  });

  await t.step("a killed service is shown, its return heals the page without a lost or doubled line", async () => {
    await page.goto(`${first.url}/tasks/${id}/events`);
    await alive(page);
    await page.locator(".event").first().waitFor();
    const before = browser.problems.length;
    await first.kill();
    await page.getByRole("button", { name: "Connection lost" }).waitFor();
    const port = new URL(first.url).port;
    await using second = await startService({
      repo: repository.path,
      data: folder.path,
      env: { ...env, CODER_PORT: port },
    });
    await second.waitForStatus(id, "completed");
    await page.locator(".stages .now", { hasText: "Completed" }).waitFor();
    await page.getByRole("button", { name: "Connection lost" }).waitFor({ state: "detached" });
    const events = await second.events(id);
    await eventually(async () => {
      const shown = await page.locator(".event-seq").allInnerTexts();
      return shown.length === events.length && shown.every((seq, index) => Number(seq) === events[index]!.seq);
    }, { what: "the page shows every event once" });
    // The refused connections are the browser's own words about the killed service.
    const said = browser.problems.slice(before).filter((one) => !one.includes("ERR_CONNECTION_REFUSED"));
    assertEquals(said.filter((one) => !/ERR_(INCOMPLETE|EMPTY|CONNECTION|NETWORK)/.test(one)), []);
  });
});
