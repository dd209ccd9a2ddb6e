// The player on real histories: plays, scrubs, steps, shares a moment, and returns to the present with nothing lost.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { alive } from "./page_checks.ts";
import { eventually } from "../support/temp.ts";
import { shopWorld } from "./shop_world.ts";

Deno.test("the player shows every moment of a task", async (t) => {
  await using world = await shopWorld();
  await using browser = await launchBrowser();
  const { service, ids } = world;
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(15_000);
  const slider = page.getByRole("slider", { name: "Moment" });
  const seq = async () => Number(await slider.getAttribute("aria-valuenow"));

  await t.step("what it shows at every event is what the API says of that moment", async () => {
    await page.goto(`${service.url}/tasks/${ids.paginate}`);
    await ready(page);
    const head = await seq();
    await slider.focus();
    await page.keyboard.press("Home");
    for (let at = 1; at < head; at++) {
      assertEquals(await seq(), at);
      const task = await (await service.call(`/api/tasks/${ids.paginate}?at=${at}`)).json();
      const facts = await page.locator(".side.wide-only").innerText();
      const tokens = task.input_tokens + task.cache_read_tokens + task.cache_write_tokens;
      assertMatch(facts, new RegExp(`Tokens in\\s+${tokens}\\b`), `event ${at}`);
      assertMatch(facts, new RegExp(`Tokens out\\s+${task.output_tokens}\\b`), `event ${at}`);
      const now = await page.locator(".stages .now").innerText();
      const words: Record<string, RegExp> = { pending: /Queued|Next/, in_progress: /Preparing|Running|Finishing/ };
      assertMatch(now, words[task.status] ?? /Completed/, `event ${at}`);
      const last = Math.max(
        ...await page.locator(".transcript .item").evaluateAll((items) =>
          items.map((item) => Number((item as HTMLElement).dataset.seq))
        ),
      );
      assert(last <= at, `item ${last} is shown at event ${at}`);
      await page.keyboard.press("ArrowRight");
    }
    assertEquals(await seq(), head);
    await page.waitForURL(`${service.url}/tasks/${ids.paginate}`);
  });

  await t.step("steps by the stages of its life, backward and forward", async () => {
    for (let step = 0; step < 3; step++) await page.keyboard.press("Shift+ArrowLeft");
    assertEquals(await seq(), 2);
    assertMatch(await page.locator(".stages .now").innerText(), /Preparing/);
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("End");
    assertMatch(await page.locator(".stages .now").innerText(), /Completed/);
  });

  await t.step("plays to the end by itself, faster when asked, and can be paused", async () => {
    await page.getByLabel("Speed").selectOption("1");
    await page.getByRole("button", { name: /^Play/ }).click();
    await page.getByRole("button", { name: /^Pause/ }).waitFor();
    await eventually(async () => await seq() >= 2, { what: "the player moves" });
    await page.getByRole("button", { name: /^Pause/ }).click();
    const paused = await seq();
    await page.waitForTimeout(300);
    assertEquals(await seq(), paused);
    await page.getByLabel("Speed").selectOption("50");
    await page.getByRole("button", { name: /^Play/ }).click();
    await page.locator(".stages .now", { hasText: "Completed" }).waitFor();
    assertEquals(await page.getByRole("button", { name: "End", exact: true }).isDisabled(), true);
  });

  await t.step("a moment can be shared by its address, also without the page's scripts", async () => {
    const box = (await slider.boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.7, box.y + 16);
    const at = await seq();
    await page.waitForURL(new RegExp(`\\?at=${at}$`));
    const shown = await page.locator(".transcript .item").count();
    const other = await browser.page({ width: 1440 });
    await other.goto(page.url());
    await ready(other);
    assertEquals(await other.getByRole("slider", { name: "Moment" }).getAttribute("aria-valuenow"), String(at));
    assertEquals(await other.locator(".transcript .item").count(), shown);
    const html = await (await fetch(page.url())).text();
    assert(!html.split('id="page-data"')[0]!.includes("Task completed"));
    await other.context().close();
  });

  await t.step("while a task runs, the past can be looked at and nothing of the present is lost", async () => {
    await page.goto(`${service.url}/tasks/${ids.limits}`);
    await ready(page);
    const before = await seq();
    await slider.focus();
    await page.keyboard.press("Home");
    await service.command(ids.limits, "messages", { text: "How is it going?" });
    const end = async () => Number(await slider.getAttribute("aria-valuemax"));
    await eventually(async () => await end() > before, { what: "the player's end moves on" });
    assertEquals(await page.getByText("How is it going?").count(), 0);
    await page.getByRole("button", { name: "Live" }).click();
    await page.locator(".item-message", { hasText: "How is it going?" }).waitFor();
    await page.getByLabel("Message the running agent").waitFor();
  });

  await t.step("a new task goes on from a moment, and says from which", async () => {
    await page.goto(`${service.url}/tasks/${ids.paginate}`);
    await ready(page);
    await slider.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    const at = await seq();
    await page.getByRole("button", { name: "Fork from here" }).click();
    const dialog = page.getByRole("dialog", { name: `New task from task ${ids.paginate}, event ${at}` });
    await dialog.getByLabel("What should be done from there").fill("Do the same for the archive");
    await dialog.getByRole("button", { name: "Create task" }).click();
    await page.getByRole("link", { name: `#${ids.paginate}, event ${at}` }).first().waitFor();
    const id = Number(new URL(page.url()).pathname.split("/").at(-1));
    const { prompt, forked_from } = await (await service.call(`/api/tasks/${id}`)).json();
    assertEquals(prompt, "Do the same for the archive");
    assertEquals([forked_from.task, forked_from.seq, forked_from.told], [ids.paginate, at, "new"]);
  });

  assertEquals(browser.problems, []);
});

async function ready(page: Page): Promise<void> {
  await alive(page);
  await page.locator(".track[aria-disabled=false]").waitFor();
}
