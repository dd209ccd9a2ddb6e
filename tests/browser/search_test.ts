// Finding a task on the board of two repositories.

import { assertEquals } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { alive } from "./page_checks.ts";
import { quickWorld } from "./quick_world.ts";

Deno.test("the board of two repositories", async (t) => {
  await using world = await quickWorld({ repos: 2, env: { CODER_MAX_CONCURRENT: "0" } });
  await using browser = await launchBrowser();
  const { service } = world;
  await service.createTask({ prompt: "Paint the wall", repo: "repo1" });
  await service.createTask({ prompt: "Mend the roof", repo: "repo2" });
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(20_000);
  await page.goto(service.url);
  await alive(page);
  const cards = page.locator(".card");

  await t.step("a card names its repository", async () => {
    assertEquals(await cards.locator(".card-repo").allInnerTexts(), ["repo1", "repo2"]);
  });

  await t.step("Esc in the search shows the whole board again, and once more leaves the field", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("roof");
    await page.waitForURL(/\?q=roof$/);
    assertEquals(await cards.count(), 1);
    await page.keyboard.press("Escape");
    await page.waitForURL(`${service.url}/`);
    assertEquals(await cards.count(), 2);
    assertEquals(await page.locator("#search").inputValue(), "");
    assertEquals(await page.evaluate("document.activeElement.id"), "search");
    await page.keyboard.press("Escape");
    assertEquals(await page.evaluate("document.activeElement === document.body"), true);
  });

  assertEquals(browser.problems, []);
});
