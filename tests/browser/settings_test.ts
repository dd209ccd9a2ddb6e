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

  await t.step("makes a token with a scope, shows it once, and revokes it when asked twice", async () => {
    const page = await browser.page({ width: 390 });
    await page.goto(`${service.url}/settings`);
    await alive(page);
    const tokens = page.getByRole("region", { name: "Tokens with a scope" });
    const name = tokens.getByLabel("Name of a new token");
    await name.fill("No Name");
    await tokens.getByRole("button", { name: "Make token" }).click();
    assertMatch(await tokens.getByRole("alert").innerText(), /small letters/);
    await name.fill("ci");
    await tokens.getByLabel("What it may do").selectOption("submit");
    await tokens.getByRole("button", { name: "Make token" }).click();
    const row = tokens.getByRole("listitem").filter({ hasText: "ci" });
    assertMatch(await row.innerText(), /submit[\s\S]*since[\s\S]*by ui/);
    const shown = (await tokens.getByRole("status").innerText()).match(/coder_ci_[0-9a-f]{64}/)?.[0];
    await tokens.getByRole("button", { name: "Copy" }).waitFor();
    const called = (path: string) => service.call(path, { headers: { authorization: `Bearer ${shown}` } });
    const status = async (path: string) => {
      const response = await called(path);
      await response.body?.cancel();
      return response.status;
    };
    assertEquals([await status("/api/tasks"), await status("/api/tokens")], [200, 403]);
    await assertFits(page, "/settings with a token, 390 px");
    assertEquals(await axeFindings(page, "/settings with a token"), []);
    await page.reload();
    await alive(page);
    await row.waitFor();
    assertEquals(await tokens.getByRole("status").count(), 0);
    await row.getByRole("button", { name: "Revoke ci" }).click();
    assertEquals(await status("/api/tasks"), 200);
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.waitFor({ state: "detached" });
    assertEquals(await status("/api/tasks"), 401);
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
