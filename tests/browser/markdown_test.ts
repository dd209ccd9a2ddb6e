// Markdown that takes quadratic time costs the service nothing and never keeps a page from answering; other Markdown is drawn.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempDir } from "../support/temp.ts";
import { alive } from "./page_checks.ts";
import { recordedAgent, said } from "./recorded_agent.ts";

const hostile = ["*a_", "a**b", "[", "![", "<", "> "].map((text) => text.repeat(39_999 / text.length));

Deno.test("hostile Markdown is shown as it is, at once and without a pause", async () => {
  await using folder = await tempDir();
  const program = await recordedAgent(folder.path, [
    said("First **bold** words"),
    ...hostile.map((text) => said(text)),
    said("Last `code` words"),
  ]);
  await using service = await startService({ env: { CODER_CLAUDE: program, IS_SANDBOX: "1" } });
  const { id } = await service.createTask({ prompt: "Write" });
  await service.waitForStatus(id, "completed");

  const startedAt = performance.now();
  const html = await (await service.call(`/tasks/${id}`)).text();
  const ms = performance.now() - startedAt;
  assert(ms < 2_000, `the page took ${ms} ms`);
  assertStringIncludes(html, "First **bold** words");

  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440, height: 900 });
  // Collected from the start: how long the page did not answer.
  await page.addInitScript(`globalThis.pauses = [];
    new PerformanceObserver((list) => pauses.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: "longtask", buffered: true });`);
  await page.goto(`${service.url}/tasks/${id}`);
  await alive(page);
  // The last text is read after the others.
  await page.locator(".transcript .markdown code", { hasText: "code" }).last().waitFor({ timeout: 30_000 });
  assertEquals(await page.locator(".transcript .markdown strong").first().innerText(), "bold");
  assertEquals(await page.locator(".transcript pre.plain", { hasText: hostile[0]!.slice(0, 200) }).count(), 1);
  const pauses = await page.evaluate("pauses") as number[];
  assert(Math.max(0, ...pauses) < 1_500, `${pauses} ms without an answer`);
  await page.context().close();
  assertEquals(browser.problems, []);
});
