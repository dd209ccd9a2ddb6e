// The page of insights in a real browser, on real runs: charts, tables and CSV, and every choice an address.

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

Deno.test("the page of insights", async (t) => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const agent = await scriptAgent(folder.path, 'case "$prompt" in *[[]long]*) exec sleep 600 ;; esac');
  const env = { ...agent, CODER_WORKER: "home", CODER_MAX_CONCURRENT: "1" };
  await using service = await startService({ repo: repository.path, env });
  await using browser = await launchBrowser();
  const good = await service.createTask({ prompt: "Good", title: "A good one" });
  const bad = await service.createTask({ prompt: "Bad [fail]", title: "A bad one", depends_on: [good.id] });
  await service.waitForStatus(bad.id, "failed");
  const running = await service.createTask({ prompt: "[long]", title: "One that runs" });
  await service.waitFor(running.id, (task) => task.run?.started_at);
  await service.createTask({ prompt: "later", title: "One that waits" });

  await t.step("is reached from every page, and has a chart, its table and its CSV of each", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(service.url);
    await alive(page);
    await page.getByRole("link", { name: "Insights" }).click();
    await page.waitForURL(`${service.url}/insights`);
    // One task needs a person; the count comes with the page's code.
    await eventually(async () => await page.title() === "(1) Insights · Personal Coder", { what: "the count" });
    const titles = await page.locator("figure h2").allInnerTexts();
    assertEquals(titles, [
      ...["Cost by model", "Tokens", "Results of runs", "Last checks of runs", "Wait for a slot", "Time of a run"],
      ...["Slots", "Activity by the hour"],
    ]);
    const results = page.getByRole("figure", { name: "Results of runs" });
    assertMatch(await results.innerText(), /50 % good of 2/);
    await results.getByText("Table").click();
    assertMatch(await results.locator("tbody tr").innerText(), /\d{4}-\d\d-\d\d\s+1\s+1\s+0/);
    const csv = await page.request.get(
      service.url + await results.getByRole("link", { name: /CSV/ }).getAttribute("href"),
    );
    assertMatch(await csv.text(), /^day,repository,model,runs_good/);
    await page.context().close();
  });

  await t.step("tells who ran when and who waits for what, with a way to each task", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/insights`);
    const slots = page.getByRole("figure", { name: "Slots" });
    assertMatch(await slots.innerText(), /3 runs, at most 1 at once, 1 waits now/);
    await slots.getByText("Table").click();
    const rows = slots.locator("tbody tr");
    assertMatch(await rows.nth(0).innerText(), /One that waits[\s\S]*only slot is busy/);
    assertMatch(await rows.nth(1).innerText(), /One that runs[\s\S]*running[\s\S]*home/);
    assertMatch(await rows.nth(2).innerText(), /A bad one[\s\S]*another task[\s\S]*#1/);
    await rows.nth(2).getByRole("link", { name: /A bad one/ }).click();
    await page.waitForURL(`${service.url}/tasks/${bad.id}`);
    await page.context().close();
  });

  await t.step("keeps each choice in its address", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/insights`);
    await page.getByRole("link", { name: "7 days" }).first().click();
    await page.waitForURL(/days=7&hours=24/);
    await page.getByRole("link", { name: "repository", exact: true }).click();
    await page.waitForURL(/days=7.*by=repository/);
    await page.getByRole("figure", { name: "Cost by repository" }).waitFor();
    await page.getByRole("region", { name: "The whole time" }).getByRole("link").first().click();
    await page.waitForURL(/days=7.*repo=/);
    await page.getByRole("link", { name: /Show all again/ }).click();
    await page.waitForURL((url) => !url.search.includes("repo="));
    await page.context().close();
  });

  await t.step("has no finding in both themes and sizes, with its tables open", async () => {
    const findings: string[] = [];
    for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 390], ["dark", 390]] as const) {
      const page = await browser.page({ scheme, width, height: 900 });
      await page.goto(`${service.url}/insights`);
      await alive(page);
      for (const table of await page.locator("figure details > summary").all()) await table.click();
      findings.push(...await axeFindings(page, `/insights, ${scheme}, ${width} px`));
      await assertFits(page, `/insights, ${width} px`);
      const pictures = Deno.env.get("TEST_PICTURES");
      if (pictures) await page.screenshot({ path: join(pictures, `insights-${scheme}-${width}.png`), fullPage: true });
      await page.context().close();
    }
    assertEquals(findings, []);
    assertEquals(browser.problems, []);
  });
});
