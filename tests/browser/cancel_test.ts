// Cancelling: in two steps wherever it is asked for while an agent runs, at once and taken back while nothing has begun.

import { assertEquals } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { alive } from "./page_checks.ts";
import { quickWorld } from "./quick_world.ts";

Deno.test("what cancels asks first, or can be taken back", async (t) => {
  await using world = await quickWorld();
  await using browser = await launchBrowser();
  const { service } = world;
  const running = await service.createTask({ prompt: "hang" });
  await service.waitFor(running.id, (task) => task.last_step?.startsWith("Bash"));
  const waiting = await service.createTask({ prompt: "wait" });
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(20_000);
  const status = async (id: number) => (await service.task(id)).status;
  const choose = async (id: number) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill(`cancel task ${id}`);
    await page.getByRole("option", { name: `Cancel task ${id}` }).waitFor();
    await page.keyboard.press("Enter");
  };

  await t.step("the palette asks before it stops an agent, as the button does", async () => {
    await page.goto(`${service.url}/tasks/${running.id}`);
    await alive(page);
    await choose(running.id);
    await page.getByRole("dialog").getByRole("button", { name: "Keep it as it is" }).click();
    const events = await service.events(running.id);
    assertEquals(events.filter(({ type }) => type === "task.cancel_requested"), []);
    await page.locator(".task-header").getByRole("button", { name: "Cancel" }).click();
    await page.locator(".task-header").getByRole("button", { name: "Stop the agent" }).waitFor();
    assertEquals(await status(running.id), "in_progress");
  });

  await t.step("a task that never ran is cancelled at once, and taken back", async () => {
    await page.goto(`${service.url}/tasks/${waiting.id}`);
    await alive(page);
    for (const cancel of [() => page.getByRole("button", { name: "Cancel" }).click(), () => choose(waiting.id)]) {
      await cancel();
      await page.locator(".stages .now", { hasText: "Cancelled" }).waitFor();
      await page.getByRole("button", { name: "Take back" }).click();
      await page.locator(".toast", { hasText: "back in the queue" }).waitFor();
      assertEquals(await status(waiting.id), "pending");
      assertEquals((await service.task(waiting.id)).queue_position, 1);
      await page.locator(".stages .now", { hasText: "Cancelled" }).waitFor({ state: "detached" });
      await page.locator(".toast").getByRole("button", { name: "Dismiss" }).first().click();
    }
  });

  await t.step("said twice, it stops the agent", async () => {
    await page.goto(`${service.url}/tasks/${running.id}`);
    await alive(page);
    await choose(running.id);
    await page.getByRole("dialog").getByRole("button", { name: "Stop the agent" }).click();
    await page.locator(".stages .now", { hasText: "Cancelled" }).waitFor();
    assertEquals(await page.getByRole("button", { name: "Take back" }).count(), 0);
  });

  assertEquals(browser.problems, []);
});
