// What is not easily taken back: cancelling, in two steps wherever it is asked for while an agent runs, at once and taken back
// while nothing has begun; retrying what is done.

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

  await t.step("several retries ask before work is replaced, and who refused after that is said", async () => {
    const made = [await service.createTask({ prompt: "write" }), await service.createTask({ prompt: "write" })];
    for (const { id } of made) await service.waitForStatus(id, "completed");
    // What is retried waits for it.
    const hanging = await service.createTask({ prompt: "hang" });
    await service.waitFor(hanging.id, (task) => task.last_step?.startsWith("Bash"));
    await page.goto(service.url);
    await alive(page);
    for (const { id } of made) {
      await page.locator(`[data-card="${id}"]`).focus();
      await page.keyboard.press("x");
    }
    await page.getByRole("region", { name: "Selected tasks" }).getByRole("button", { name: "Retry" }).click();
    await page.getByRole("dialog").getByText("their work is replaced").waitFor();
    // It is retried behind the page's back, after the question.
    await page.route("**/api/bulk", async (route) => {
      await service.command(made[1]!.id, "retry");
      await route.continue();
    }, { times: 1 });
    await page.getByRole("dialog").getByRole("button", { name: "Retry 2 tasks" }).click();
    await page.locator(".toast", { hasText: "1 task back in the queue" }).waitFor();
    await page.getByRole("dialog", { name: "1 of 2 tasks could not be retried" }).waitFor();
  });

  assertEquals(browser.problems, []);
});
