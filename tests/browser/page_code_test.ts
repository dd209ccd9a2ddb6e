// How much code a page loads, and when: what it needs at once stands in its head, it comes to life without what takes long to
// load, and languages come with the code that is in them.

import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { scriptAgent } from "../borders/script_agent.ts";
import { launchBrowser } from "../support/browser.ts";
import { codeOf } from "../support/page_code.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { alive } from "./page_checks.ts";

const codeAtMostKb = 120;

/** What the page loaded by then, and how often it asked for a format of dates, which takes a browser 20 ms. */
const watch = `
  window.formats = 0;
  Intl.DateTimeFormat = new Proxy(Intl.DateTimeFormat, {
    construct: (made, parts) => (window.formats++, new made(...parts)),
    apply: (made, that, parts) => (window.formats++, made(...parts)),
  });
  new MutationObserver((_, observer) => {
    if (document.documentElement.dataset.alive === undefined) return;
    window.atLife = { formats: window.formats, at: performance.now() };
    observer.disconnect();
  }).observe(document, { subtree: true, attributes: true });`;

Deno.test("a page loads the code that it needs, and no more", async (t) => {
  await using repository = await tempRepository();
  await using folder = await tempDir();
  const agent = await scriptAgent(
    folder.path,
    `echo 'export const view = <b class="c">{one}</b>;' > a.ts; echo 'def one(): pass' > b.py
    git add -A && git -c user.name=agent -c user.email=agent@example.com commit -qm "Files"`,
  );
  await using service = await startService({ repo: repository.path, env: agent });
  await using browser = await launchBrowser();
  const { id } = await service.createTask({ prompt: "Do it" });
  await service.waitForStatus(id, "completed");

  const open = async (path: string) => {
    const page = await browser.page({ width: 1440 });
    const loaded = codeOf(page);
    await page.addInitScript(watch);
    await page.goto(`${service.url}${path}`);
    await alive(page);
    if (path.endsWith("changes")) await page.locator("td.code .code-keyword", { hasText: "def" }).waitFor();
    return { page, loaded };
  };
  const task = `/tasks/${id}`;

  await t.step("nothing is asked for one after the other, nor needs a format that the server did not use", async () => {
    const paths = ["/", `/?task=${id}`, `/?task=${id}&tab=changes`, task, `${task}/changes`, `${task}/events`];
    for (const path of [...paths, `${task}/files`, `${task}/log`, "/tasks/new", "/settings", "/workers", "/insights"]) {
      const { page } = await open(path);
      assertEquals(await page.evaluate("window.atLife.formats"), 0, path);
      assertEquals(await lateScripts(page), [], path);
      await page.context().close();
    }
  });

  await t.step("no page loads more than 120 KB of it, with what it loads ahead and with colours", async () => {
    for (const path of ["/", task, `${task}/changes`, "/settings"]) {
      const { page, loaded } = await open(path);
      const code = await loaded();
      const isAhead = [...code.keys()].some((name) => name.startsWith("dialogs-"));
      assertEquals(isAhead, path === "/", path);
      const kb = [...code.values()].reduce((sum, bytes) => sum + bytes) / 1024;
      assert(kb > 50 && kb <= codeAtMostKb, `${path}: ${kb} KB`);
      await page.context().close();
    }
  });

  await t.step("a language is loaded with the first code in it, and none besides", async () => {
    const { page, loaded } = await open(`${task}/changes`);
    const names = [...(await loaded()).keys()];
    const known = ["bash", "css", "graphql", "java", "php", "python", "rust", "swift", "typescript", "xml"];
    const found = known.filter((one) => names.some((name) => name.startsWith(`${one}-`)));
    assertEquals(found, ["python", "typescript", "xml"]);
    await page.context().close();
  });

  await t.step("who is in another zone sees its times without a reload", async () => {
    const page = await browser.page({ width: 1440 });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Kolkata" });
    await page.goto(`${service.url}${task}/changes`);
    const created = new Date((await service.events(id))[0]!.at);
    const time = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Kolkata", timeStyle: "medium" }).format(created);
    await page.getByText(time).first().waitFor({ state: "attached" });
    assertEquals((await page.context().cookies()).find(({ name }) => name === "coder_zone")?.value, "Asia/Calcutta");
    await page.context().close();
  });

  assertEquals(browser.problems, []);
});

/** Scripts that were asked for before the page came to life and do not stand in its head. */
async function lateScripts(page: Page): Promise<unknown> {
  return await page.evaluate(
    `performance.getEntriesByType("resource").filter(({ startTime }) => startTime < window.atLife.at)
      .map(({ name }) => new URL(name).pathname).filter((name) => /^\\/assets\\/.*\\.js$/.test(name) &&
        !document.querySelector('link[href="' + name + '"], script[src="' + name + '"]'))`,
  );
}
