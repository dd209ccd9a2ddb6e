// A history of 100,000 events: the page opens at once, stays small, scrolls to both ends, and can be replayed.

import { assert, assertEquals } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempDir } from "../support/temp.ts";
import { answered, recordedAgent, said, used } from "./recorded_agent.ts";

const turns = 20_000;

function* work(): Generator<unknown> {
  for (let turn = 1; turn <= turns; turn++) {
    yield said(`Turn ${turn} of ${turns}.`);
    yield used(`t${turn}`, `echo ${turn}`);
    yield answered(`t${turn}`, `output ${turn}`, turn % 5_000 === 0);
  }
}

Deno.test("a task of 100,000 events opens within a bounded page and reaches every moment", async (t) => {
  await using folder = await tempDir();
  const program = await recordedAgent(folder.path, work());
  await using service = await startService({ env: { CODER_CLAUDE: program, IS_SANDBOX: "1" } });
  const { id } = await service.createTask({ prompt: "Make a long history" });
  const { seq } = await service.waitForStatus(id, "completed");
  assert(seq > 100_000, `${seq} events`);
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440, height: 900 });
  const nodes = () => page.evaluate("document.querySelectorAll('*').length") as Promise<number>;

  await t.step("opens at the newest events with few nodes", async () => {
    const began = performance.now();
    await page.goto(`${service.url}/tasks/${id}`);
    await page.getByText(`Turn ${turns} of ${turns}.`).waitFor();
    const tookMs = performance.now() - began;
    assert(tookMs < 5_000, `opened in ${Math.round(tookMs)} ms`);
    assert(await nodes() < 6_000, `${await nodes()} nodes`);
  });

  await t.step("reads older pages as it is scrolled, and keeps the page small", async () => {
    const box = page.locator(".transcript");
    for (let step = 0; step < 8; step++) {
      await box.evaluate((element) => element.scrollTop = -element.scrollHeight);
      await page.waitForTimeout(60);
    }
    assert(await nodes() < 8_000, `${await nodes()} nodes`);
    await page.getByRole("button", { name: /Go to the start/ }).click();
    await page.getByText(`Turn 1 of ${turns}.`).waitFor();
    assert(await page.getByText("Make a long history").last().isVisible());
    await page.getByRole("button", { name: /Go to the end/ }).click();
    await page.getByText(`Turn ${turns} of ${turns}.`).waitFor();
  });

  await t.step("shows any moment of it once its history is read", async () => {
    await page.getByRole("button", { name: /events to replay/ }).click();
    const slider = page.getByRole("slider", { name: "Moment" });
    await page.locator(".track[aria-disabled=false]").waitFor({ timeout: 60_000 });
    assertEquals(await slider.getAttribute("aria-valuenow"), String(seq));
    await slider.focus();
    await page.keyboard.press("Home");
    await page.getByText("Make a long history").last().waitFor();
    assertEquals(await slider.getAttribute("aria-valuenow"), "1");
    const box = (await slider.boundingBox())!;
    await page.mouse.click(box.x + box.width / 2, box.y + 10);
    const middle = Number(await slider.getAttribute("aria-valuenow"));
    assert(middle > 10_000 && middle < seq - 10_000, `in the middle stands event ${middle}`);
    await page.waitForURL(new RegExp(`at=${middle}$`));
    await page.locator(`[data-seq]`).last().waitFor();
    assert(await nodes() < 8_000, `${await nodes()} nodes`);
    await page.keyboard.press("End");
    await page.getByText(`Turn ${turns} of ${turns}.`).waitFor();
  });

  assertEquals(browser.problems, []);
});
