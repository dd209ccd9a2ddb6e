// A finished task of 1,000 tool calls in a row, which fold into one line.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { alive } from "./page_checks.ts";
import { calls, quickWorld } from "./quick_world.ts";

Deno.test("a finished task of 1,000 calls", async (t) => {
  await using world = await quickWorld();
  await using browser = await launchBrowser();
  const { service } = world;
  const { id } = await service.createTask({ prompt: "Use the tools" });
  const { seq } = await service.waitForStatus(id, "completed");
  assert(seq > 2 * calls, `${seq} events`);
  const page = await browser.page({ width: 1440, height: 900 });
  page.setDefaultTimeout(15_000);
  const group = page.locator(".tools");
  const summary = group.locator("summary").first();

  await t.step("opens at its end, with all calls counted and none that runs", async () => {
    await page.goto(`${service.url}/tasks/${id}`);
    await alive(page);
    await summary.getByText(`${calls} tool calls`).waitFor();
    assertMatch(await summary.innerText(), /2 errors/);
    assertEquals(await group.count(), 1);
    assert(await page.locator(".transcript").getByText("Task completed").isVisible());
    assert(!/running/i.test(await summary.innerText()), await summary.innerText());
    assertEquals(await page.getByText(/Jump to live|Go to the end/).count(), 0);
    assertEquals(await page.locator(".call", { hasText: "Running" }).count(), 0);
  });

  await t.step("counts the same from its start, and goes back to its end", async () => {
    await page.getByRole("button", { name: /Go to the start/ }).click();
    await page.getByText("Use the tools").last().waitFor();
    await page.locator(".item-prompt").waitFor();
    assertMatch(await summary.innerText(), new RegExp(`^${calls} tool calls`));
    assert(!/running/i.test(await summary.innerText()));
    await page.getByRole("button", { name: /Go to the end \d+ more/ }).click();
    await page.locator(".transcript").getByText("Task completed").waitFor();
    assertMatch(await summary.innerText(), new RegExp(`^${calls} tool calls`));
  });

  await t.step("counts what was made up to a moment, at which the call runs", async () => {
    await page.goto(`${service.url}/tasks/${id}/events`);
    const events = await service.events(id);
    const uses = events.filter(({ type }) => type === "output.tool_use");
    const moment = uses[499]!.seq;
    await page.goto(`${service.url}/tasks/${id}?at=${moment}`);
    await alive(page);
    await summary.getByText("500 tool calls").waitFor();
    assertMatch(await summary.innerText(), /1 error[\s\S]*running/);
  });

  assertEquals(browser.problems, []);
});
