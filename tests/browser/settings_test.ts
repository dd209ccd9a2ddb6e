// The settings page in a real browser: a repository is added by its path, used, and taken away again; nothing secret is shown.

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

Deno.test("the settings page", async (t) => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await using other = await tempRepository();
  const agent = await scriptAgent(folder.path, "true");
  await using service = await startService({ repo: repository.path, env: { ...agent, CODER_WORKER: "home" } });
  await using browser = await launchBrowser();

  await t.step("is reached from every page, and says what holds", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(service.url);
    await alive(page);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.waitForURL(`${service.url}/settings`);
    await alive(page);
    assertEquals(await page.title(), "Settings · Personal Coder");
    const row = page.getByRole("row", { name: /CODER_WORKER / });
    assertMatch(await row.innerText(), /CODER_WORKER\s+home\s+set/);
    assertMatch(await page.getByRole("row", { name: /CODER_STALL_SECONDS/ }).innerText(), /300\s+by default/);
    await page.context().close();
  });

  await t.step("adds a repository, says what is wrong with a path, and removes it in two steps", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/settings`);
    await alive(page);
    const path = page.getByLabel("Path of a git repository on this machine");
    const add = page.getByRole("button", { name: "Add repository" });
    await path.fill("/nowhere/at/all");
    await add.click();
    assertMatch(await page.getByRole("alert").innerText(), /the folder does not exist/);
    await path.fill(other.path);
    await page.getByLabel("Name, if not as its folder").fill("shop");
    await add.click();
    const row = page.getByRole("listitem").filter({ hasText: other.path });
    await row.getByText("added here").waitFor();
    assertEquals(await page.getByRole("alert").count(), 0);
    const { id } = await service.createTask({ prompt: "Do it", repo: "shop" });
    await service.waitForStatus(id, "completed");
    await row.getByRole("button", { name: "Remove shop" }).click();
    await row.getByRole("button", { name: /its files stay/ }).click();
    await row.waitFor({ state: "detached" });
    assertEquals((await service.health()).repos.map(({ name }) => name), ["repo"]);
    await page.context().close();
  });

  await t.step("pauses and resumes", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/settings`);
    await alive(page);
    await page.getByRole("button", { name: "Claim nothing more" }).click();
    const pauses = page.getByRole("region", { name: "Pauses" });
    await pauses.getByText("claims nothing more").waitFor();
    await pauses.getByRole("button", { name: "Resume now" }).click();
    await pauses.getByText("Nothing is paused.").waitFor();
    assertEquals((await service.health()).draining, false);
    await page.context().close();
  });

  await t.step("has no finding in both themes and sizes", async () => {
    const findings: string[] = [];
    for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 390], ["dark", 390]] as const) {
      const page = await browser.page({ scheme, width, height: 900 });
      await page.goto(`${service.url}/settings`);
      await alive(page);
      findings.push(...await axeFindings(page, `/settings, ${scheme}, ${width} px`));
      await assertFits(page, `/settings, ${width} px`);
      const pictures = Deno.env.get("TEST_PICTURES");
      if (pictures) await page.screenshot({ path: join(pictures, `settings-${scheme}-${width}.png`), fullPage: true });
      await page.context().close();
    }
    assertEquals(findings, []);
    assertEquals(browser.problems.filter((one) => !one.includes("422")), []);
  });
});
