// The changes at a past moment are those of that moment, or none; never those of the end.

import { assertEquals, assertMatch } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { alive } from "./page_checks.ts";
import { quickWorld } from "./quick_world.ts";

Deno.test("the changes of a past moment", async (t) => {
  await using world = await quickWorld();
  await using browser = await launchBrowser();
  const { service } = world;
  const { id } = await service.createTask({ prompt: "write a file" });
  await service.waitForStatus(id, "completed");
  const events = await service.events(id);
  const started = events.find(({ type }) => type === "run.started")!.seq;
  const saved = events.find(({ type }) => type === "run.finished")!.seq;
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(20_000);
  const files = page.locator("[data-file]");

  await t.step("come with the page, where they were kept", async () => {
    for (const [at, count] of [["", 1], [`?at=${saved}`, 1], [`?at=${started}`, 0], ["?at=1", 0]] as const) {
      const html = await (await service.call(`/tasks/${id}/changes${at}`)).text();
      assertEquals(html.split("data-file=").length - 1, count, at);
    }
  });

  await t.step("can be compared by their events", async () => {
    const diff = async (query: string) => await (await service.call(`/api/tasks/${id}/diff?${query}`)).text();
    assertMatch(await diff(`from=base&to=event-${saved}`), /^\+\+\+ b\/made\.txt$/m);
    assertMatch(await diff(`from=event-${saved}&to=base`), /^--- a\/made\.txt$/m);
    assertEquals(await diff(`from=event-${saved}&to=now`), "");
    const { errors } = JSON.parse(await diff("from=event-1"));
    assertEquals(errors, undefined, "that there was no worktree then is no fault of the field");
  });

  await t.step("are gone before those of the moment are there", async () => {
    await page.goto(`${service.url}/tasks/${id}/changes`);
    await alive(page);
    await files.first().waitFor();
    const asked = Promise.withResolvers<void>();
    await page.route("**/diff?at=*", async (route) => {
      await asked.promise;
      await route.continue();
    });
    await page.locator(".track[aria-disabled=false]").waitFor();
    await page.keyboard.press("Home");
    await page.getByText("as it was at event 1").waitFor();
    assertEquals(await files.count(), 0);
    await page.getByText("Reading the changes").waitFor();
    asked.resolve();
    await page.getByText("No changes can be shown.").waitFor();
    assertEquals(await files.count(), 0);
    await page.keyboard.press("End");
    await files.first().waitFor();
  });

  // The service says of a moment without a worktree that there is none.
  assertEquals(browser.problems.filter((one) => !one.includes("404")), []);
});
