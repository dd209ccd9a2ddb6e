// From an empty board to work that is where the person wants it, on the demo agent; and the page as something to install.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

Deno.test("a first run ends with getting the work, and Done has its day", async () => {
  await using service = await startService();
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440 });
  await page.goto(service.url);
  await alive(page);
  assertEquals(await page.locator(".way li").count(), 4);
  await page.getByRole("button", { name: "Start a sample task" }).click();
  await page.locator(".drawer .stages .now", { hasText: "Completed" }).waitFor({ timeout: 60_000 });

  // The drawer keeps the width that it was given.
  const drawer = page.locator(".drawer");
  const before = (await drawer.boundingBox())!.width;
  await page.getByRole("separator", { name: "Width of the drawer" }).focus();
  await page.keyboard.press("ArrowLeft");
  assertEquals((await drawer.boundingBox())!.width, before + 24);
  await page.reload();
  await alive(page);
  await page.waitForFunction(`document.querySelector(".drawer").offsetWidth === ${Math.round(before + 24)}`);

  const note = page.getByRole("region", { name: "Get the work" });
  await note.waitFor();
  await page.getByRole("link", { name: "Close", exact: true }).click();
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 800 });
    assertEquals(await axeFindings(page, `the first work at ${width}`), []);
    await assertFits(page, `the first work at ${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 800 });
  await note.getByRole("button", { name: "Get the work" }).click();
  const dialog = page.getByRole("dialog", { name: "Land task 1" });
  await dialog.getByRole("button", { name: /^Land/ }).click();
  await page.locator('[data-column="done"] .card').waitFor({ timeout: 60_000 });
  assertEquals(await page.locator('[data-column="done"] .day').allInnerTexts(), ["Today"]);
  assertEquals(await note.count(), 0);
  // The dialog, then the drawer.
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.keyboard.press("Escape");
  // What an empty column speaks of is there to be pressed.
  await page.locator('[data-column="queue"]').getByRole("button", { name: /New task/ }).click();
  await page.getByRole("dialog", { name: "New task" }).waitFor();
  assertEquals(browser.problems, []);
});

Deno.test("a page can be installed, also behind a token, and brings its type face", async () => {
  const token = "0123456789abcdef0123456789abcdef";
  await using service = await startService({ env: { CODER_TOKEN: token } });
  await using browser = await launchBrowser();
  const page = await browser.page();
  await page.goto(`${service.url}/login`);
  await page.locator("input[name=token]").fill(token);
  await page.keyboard.press("Enter");
  await alive(page);
  await page.waitForFunction(
    "[...document.fonts].some(({ family, status }) => /^\"?Inter\"?$/.test(family) && status === 'loaded')",
  );
  const href = await page.locator("link[rel=manifest]").getAttribute("href");
  const manifest = await page.evaluate(`fetch("${href}").then((answer) => answer.json())`) as {
    display: string;
    icons: { src: string; sizes: string }[];
  };
  assertEquals(manifest.display, "standalone");
  for (const { src, sizes } of manifest.icons) {
    const size = await page.evaluate(
      `fetch("${src}").then((answer) => answer.blob()).then(createImageBitmap).then(({ width }) => width)`,
    );
    assertMatch(sizes, new RegExp(`^${size}x${size}$`));
  }
  assert(manifest.icons.length >= 2);
  assertEquals(browser.problems, []);
});
