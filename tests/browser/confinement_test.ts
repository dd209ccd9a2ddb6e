// That runs are not confined is to be seen on every page, in a real browser.

import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import type { Health } from "../../core/view/api_view.ts";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { eventually } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

Deno.test("that runs are not confined stands on every page, and goes when they are", async (t) => {
  // Without an agent, so that something else is wrong with the service, too.
  await using service = await startService({ env: { CODER_CLAUDE: "/nowhere/claude", CODER_SANDBOX: "off" } });
  await using browser = await launchBrowser();
  const chipOf = (page: Page) => page.getByRole("button", { name: "not confined" });

  /** From now on the page hears that of the service; a new task makes it ask. */
  async function hears(page: Page, changes: Partial<Health>): Promise<void> {
    const health = { ...await service.health(), ...changes };
    await page.route("**/healthz", (route) => route.fulfill({ json: health }));
    await service.createTask({ prompt: "Anything" });
  }

  await t.step("in both themes and sizes, with why, beside what is wrong", async () => {
    assertMatch(service.output, /^ +Confinement not confined: CODER_SANDBOX is off$/m);
    for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 390], ["dark", 390]] as const) {
      const page = await browser.page({ scheme, width });
      for (const path of ["/", "/tasks/new", "/repositories", "/tasks/999"]) {
        const what = `${path}, ${scheme}, ${width} px`;
        await page.goto(`${service.url}${path}`);
        await alive(page);
        await page.getByRole("button", { name: "No agent" }).waitFor();
        await chipOf(page).waitFor();
        assertEquals(await chipOf(page).getAttribute("title"), "CODER_SANDBOX is off", what);
        assertEquals(await axeFindings(page, what), []);
        await assertFits(page, what);
      }
      await page.context().close();
    }
  });

  await t.step("and the bar has room for both at every width", async () => {
    const page = await browser.page();
    await page.goto(service.url);
    await alive(page);
    for (const width of [360, 480, 481, 861, 1100, 1101]) {
      await page.setViewportSize({ width, height: 800 });
      await assertFits(page, `${width} px`);
    }
    await page.context().close();
  });

  await t.step("in words on a narrow screen, where nothing else is wrong", async () => {
    const page = await browser.page({ width: 390 });
    await page.goto(service.url);
    await alive(page);
    assertEquals((await chipOf(page).locator("span").boundingBox())?.width, 1);
    await hears(page, { agent: { ...(await service.health()).agent, kind: "claude" } });
    await page.getByRole("button", { name: "No agent" }).waitFor({ state: "detached" });
    await assertFits(page, "one chip, 390 px");
    // The narrowest have its icon alone, with its words for those who hear them.
    assertMatch(await chipOf(page).innerText(), /not confined/i);
    await page.setViewportSize({ width: 600, height: 800 });
    await eventually(async () => (await chipOf(page).locator("span").boundingBox())!.width > 50, {
      what: "the chip has its words",
    });
    await assertFits(page, "one chip, 600 px");
    await page.context().close();
  });

  await t.step(
    "the check of what a first task needs says the same, and what holds when they are confined",
    async () => {
      const page = await browser.page({ width: 1440 });
      await page.goto(service.url);
      await alive(page);
      await chipOf(page).click();
      const check = page.getByRole("dialog").getByRole("listitem").filter({ hasText: "Confinement" });
      assertMatch(await check.innerText(), /Look at this:\s+Confinement\s+not confined: CODER_SANDBOX is off/);
      await hears(page, { sandbox: { asked: "auto", level: "files", reason: null } });
      await chipOf(page).waitFor({ state: "detached" });
      assertMatch(await check.innerText(), /Fine:\s+Confinement\s+files: /);
      await page.context().close();
    },
  );
});
