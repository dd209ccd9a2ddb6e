// Why a task runs or waits, told on its page: now, and at a moment of its past.

import { assertEquals } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";

Deno.test("the page of a task says why it waits, why it was started, and why it waited then", async () => {
  await using service = await startService();
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440, height: 900 });
  const first = await service.createTask({ prompt: "Write a greeting" });
  const second = await service.createTask({ prompt: "Write another", depends_on: [first.id] });

  await page.goto(`${service.url}/tasks/${second.id}`);
  const why = page.locator(".side.wide-only .why");
  await why.getByText(`After #${first.id}`, { exact: true }).waitFor();
  await why.getByText(
    /^Started because it was the only task that could start and \d slots were free; it had waited for #1$/,
  )
    .waitFor();

  await page.goto(`${service.url}/tasks/${second.id}?at=1`);
  await why.getByText(`After #${first.id} (pending)`).or(why.getByText(`After #${first.id} (in progress)`)).waitFor();
  assertEquals(browser.problems, []);
});
