// A phone upright and on its side, and a desktop at 200 %: what is read has room, nothing is wider than the screen, and every
// target is large enough for a finger.

import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { alive, assertFits } from "./page_checks.ts";
import { quickWorld } from "./quick_world.ts";

const screens = [
  { name: "a phone", width: 390, height: 844, transcriptPx: 400 },
  { name: "a phone on its side", width: 844, height: 390, transcriptPx: 210 },
  { name: "1440 x 900 at 200 %", width: 720, height: 450, transcriptPx: 210 },
];

Deno.test("a task on small screens", async (t) => {
  await using world = await quickWorld();
  await using browser = await launchBrowser();
  const { service } = world;
  const done = (await service.createTask({ prompt: "Use the tools" })).id;
  await service.waitForStatus(done, "completed");
  const running = (await service.createTask({ prompt: "hang", title: "A long title ".repeat(8) })).id;
  await service.waitFor(running, (task) => task.last_step?.startsWith("Bash"));

  for (const { name, width, height, transcriptPx } of screens) {
    await t.step(`on ${name}`, async () => {
      const page = await browser.page({ width, height });
      const small: string[] = [];
      page.setDefaultTimeout(20_000);
      for (const path of [`/tasks/${done}`, `/tasks/${running}`, `/tasks/${done}?at=300`, `/?task=${done}`]) {
        const what = `${path} on ${name}`;
        await page.goto(`${service.url}${path}`);
        await alive(page);
        await page.locator(".track[aria-disabled=false]").waitFor();
        await assertFits(page, what);
        const seen = await page.evaluate(`(() => {
          const box = document.querySelector(".transcript").getBoundingClientRect();
          const strip = document.querySelector(".replay").getBoundingClientRect();
          const header = document.querySelector(".task-header").getBoundingClientRect();
          return {
            transcript: Math.min(box.bottom, strip.top) - box.top,
            stripBottom: Math.round(strip.bottom),
            strip: Math.round(strip.height),
            header: Math.round(header.height),
          };
        })()`) as { transcript: number; stripBottom: number; strip: number; header: number };
        const drawerBar = path.startsWith("/?") ? 44 : 0;
        assert(seen.transcript >= transcriptPx - drawerBar, `${what}: ${JSON.stringify(seen)}`);
        assertEquals(seen.stripBottom, height, what);
        assert(seen.strip <= 48 && seen.header <= 48, `${what}: ${JSON.stringify(seen)}`);
        small.push(...await smallTargets(page, what));
      }
      assertEquals(small, []);
      await page.context().close();
    });
  }

  await t.step("its actions open from one button, and the second step of cancelling stays in sight", async () => {
    const page = await browser.page({ width: 390, height: 844 });
    await page.goto(`${service.url}/tasks/${running}`);
    await alive(page);
    const cancel = page.locator(".task-header").getByRole("button", { name: "Cancel" });
    assertEquals(await cancel.isVisible(), false);
    await page.getByRole("button", { name: "Actions" }).click();
    await cancel.click();
    await page.getByRole("button", { name: "Stop the agent" }).waitFor();
    await page.context().close();
  });

  await t.step("the rest of the player unfolds from one button", async () => {
    for (const { name, width, height } of screens) {
      const page = await browser.page({ width, height });
      await page.goto(`${service.url}/tasks/${done}`);
      await alive(page);
      await page.locator(".track[aria-disabled=false]").waitFor();
      const rest = ["select", "[aria-label^='Next event']", ".legend", ".moment-actions"].map((part) =>
        page.locator(`.replay ${part}`)
      );
      for (const one of rest) assertEquals(await one.isVisible(), false, name);
      await page.getByRole("button", { name: "More of the player" }).click();
      for (const one of rest) await one.waitFor();
      await page.locator(".replay select").selectOption("5");
      await page.locator(".legend button", { hasText: "Tools" }).click();
      await page.waitForURL(/at=\d+/);
      await assertFits(page, `the player on ${name}`);
      assertEquals(await smallTargets(page, `the player on ${name}`), []);
      await page.context().close();
    }
  });

  await t.step("the other pages fit, and their targets are large enough", async () => {
    const small: string[] = [];
    for (const { name, width, height } of screens) {
      const page = await browser.page({ width, height });
      for (
        const path of [
          "/",
          "/tasks/new",
          "/repositories",
          "/workers",
          "/schedules",
          "/webhooks",
          "/insights",
          "/settings",
          `/tasks/${done}/changes`,
          `/tasks/${done}/events`,
          `/tasks/${done}/files`,
        ]
      ) {
        await page.goto(`${service.url}${path}`);
        await alive(page);
        if (path.endsWith("/files")) await page.locator(".tree-row").first().waitFor();
        await assertFits(page, `${path} on ${name}`);
        small.push(...await smallTargets(page, `${path} on ${name}`));
      }
      await page.context().close();
    }
    assertEquals(small, []);
  });

  assertEquals(browser.problems, []);
});

Deno.test("the first page of a new service fits a phone", async () => {
  await using service = await startService();
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 390, height: 844 });
  await page.goto(service.url);
  await alive(page);
  await page.locator(".preflight").waitFor();
  await assertFits(page, "the first page");
  const wide = await page.locator(".preflight").evaluate((element: HTMLElement) => element.scrollWidth);
  assert(wide <= 390, `${wide} px`);
  assertEquals(await smallTargets(page, "the first page"), []);
});

/**
 * What is pressed and is lower than 40 px; links within a text aside, the box of a card, in whose place a finger has its menu,
 * and the shapes of a chart, whose links stand in its table, too.
 */
async function smallTargets(page: Page, where: string): Promise<string[]> {
  const small = await page.evaluate(
    `[...document.querySelectorAll("button, .button, select, textarea, summary, a, input")]
    .filter((element) => element.checkVisibility() && !element.matches(".skip, p a, dd a, .checks a, .card-pick, svg a[tabindex]"))
    .map((element) => element.matches("[type=checkbox], [type=radio]") ? element.closest("label") ?? element : element)
    .filter((element) => element.getBoundingClientRect().height < 39.5)
    .map((element) => element.outerHTML.slice(0, 100) + " " + element.getBoundingClientRect().height)`,
  ) as string[];
  return small.map((one) => `${where}: ${one}`);
}
