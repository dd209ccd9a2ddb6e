// Every page of the shop in a real browser: both themes, wide and narrow, by mouse and by keys, with and without JavaScript.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { chromium } from "playwright-core";
import { chromiumProgram, launchBrowser } from "../support/browser.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";
import { eventually } from "../support/temp.ts";
import { shopWorld } from "./shop_world.ts";

Deno.test("the pages of a service at work", async (t) => {
  await using world = await shopWorld();
  await using browser = await launchBrowser();
  const { service, ids } = world;

  await t.step(
    "no page has an accessibility finding or is wider than its screen, in both themes and sizes",
    async () => {
      const paths = [
        "/",
        `/?task=${ids.sessions}`,
        "/?q=limit",
        "/tasks/new",
        "/repositories",
        "/workers",
        "/schedules",
        "/webhooks",
        `/tasks/${ids.limits}`,
        `/tasks/${ids.webhooks}`,
        `/tasks/${ids.paginate}/changes`,
        `/tasks/${ids.paginate}/events`,
        `/tasks/${ids.paginate}/log`,
        `/tasks/${ids.paginate}?at=6`,
        "/tasks/999",
      ];
      const findings: string[] = [];
      for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 390]] as const) {
        const page = await browser.page({ scheme, width, height: 900 });
        for (const path of paths) {
          await page.goto(`${service.url}${path}`);
          await alive(page);
          findings.push(...await axeFindings(page, `${path}, ${scheme}, ${width} px`));
          await assertFits(page, `${path}, ${width} px`);
        }
        for (const key of ["c", "?", "Control+k"]) {
          await page.goto(service.url);
          await alive(page);
          await page.keyboard.press(key);
          await page.getByRole("dialog").waitFor();
          findings.push(...await axeFindings(page, `the dialog of ${key}, ${scheme}, ${width} px`));
        }
        await page.context().close();
      }
      assertEquals(findings, []);
      // 404 is what the missing task's page answers.
      assertEquals(browser.problems.filter((one) => !one.includes("404")), []);
      browser.problems.length = 0;
    },
  );

  await t.step("the board puts tasks where the one who must act looks, and says why they wait", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(service.url);
    const column = (name: string) => page.locator(`[data-column="${name}"]`);
    assertEquals(await column("needs_you").locator(".card").count(), 3);
    assertEquals(await column("running").locator(".card").count(), 2);
    assertMatch(await column("needs_you").innerText(), /Blocked[\s\S]*Timed out[\s\S]*Plan to approve/);
    assertMatch(await column("queue").innerText(), new RegExp(`After #${ids.limits}`));
    const first = column("queue").locator(".card").first();
    assertMatch(await first.innerText(), /Fix the flaky upload test/);
    // The count comes with the page's code.
    await eventually(async () => (await page.title()).startsWith("(3) "), { what: "the count" });
    await page.context().close();
  });

  await t.step("search and status stand in the URL and survive a reload", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(service.url);
    await alive(page);
    await page.keyboard.press("/");
    await page.keyboard.type("mailer");
    await page.waitForURL(/\?q=mailer$/);
    assertEquals(await page.locator(".card").count(), 1);
    await page.reload();
    assertEquals(await page.locator(".card").count(), 1);
    await page.getByRole("link", { name: "Clear filter" }).click();
    await page.waitForURL(`${service.url}/`);
    await page.getByRole("button", { name: "Filters" }).click();
    await page.getByLabel("Status").selectOption("failed");
    await page.waitForURL(/\?status=failed$/);
    assertEquals(await page.locator(".card").count(), 1);
    await page.context().close();
  });

  await t.step("everything is reached by keys: choose, open, change tabs, close, go back", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(service.url);
    await alive(page);
    await page.keyboard.press("j");
    await page.keyboard.press("l");
    const id = await page.evaluate("document.activeElement.dataset.card");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    assertEquals(await page.evaluate("document.activeElement.dataset.card"), id);
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`task=${id}`));
    const drawer = page.getByRole("complementary", { name: `Task ${id}` });
    await drawer.waitFor();
    await page.keyboard.press("2");
    await page.waitForURL(/tab=changes/);
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    assertEquals(await page.evaluate("document.activeElement.dataset.card"), id);
    await page.goBack();
    await drawer.waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("dark theme");
    await page.keyboard.press("Enter");
    await page.locator('html[data-theme="dark"]').waitFor();
    await page.reload();
    assertEquals(await page.locator("html").getAttribute("data-theme"), "dark");
    await page.context().close();
  });

  await t.step("the transcript folds tool calls, opens errors, and shows edits as diffs", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/tasks/${ids.limits}`);
    await alive(page);
    const failed = page.locator("details.tools.failed").first();
    assertEquals(await failed.getAttribute("open"), "");
    assertMatch(await failed.innerText(), /expected 429, got 200/);
    await failed.getByRole("button", { name: /Write/ }).click();
    // Each word has its colour, and so a box of its own.
    assertMatch((await failed.innerText()).replaceAll("\n", ""), /\+ const limit = 100;/);
    assertEquals(await failed.locator(".ansi-red").innerText(), "not ok");
    await page.context().close();
  });

  await t.step("the changes of a running, a finished and a failed task can be read, unified and split", async () => {
    const page = await browser.page({ width: 1440 });
    for (const id of [ids.limits, ids.paginate, ids.webhooks]) {
      await page.goto(`${service.url}/tasks/${id}/changes`);
      await alive(page);
      await page.locator(".diff .diff-add").first().waitFor();
      await page.getByRole("button", { name: "Split" }).click();
      await page.locator(".diff.split").first().waitFor();
      await page.getByRole("button", { name: "Unified" }).click();
    }
    await page.goto(`${service.url}/tasks/${ids.paginate}/log`);
    await page.locator(".log-line", { hasText: "result success" }).waitFor();
    await page.context().close();
  });

  await t.step("pages are strict about where anything comes from, and small", async () => {
    const page = await browser.page({ width: 1440 });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const response = (await page.goto(service.url))!;
    await alive(page);
    const policy = response.headers()["content-security-policy"] ?? "";
    assertMatch(policy, /default-src 'none'/);
    assert(!policy.includes("unsafe"), policy);
    assertEquals(asked.filter((url) => !url.startsWith(service.url) && !url.startsWith("data:")), []);
    const bytes = { code: 0, fonts: 0, pictures: 0 };
    for (const url of asked.filter((one) => one.includes("/assets/"))) {
      const answer = await fetch(url, { headers: { "accept-encoding": "identity" } });
      assertMatch(answer.headers.get("cache-control") ?? "", /immutable/);
      const zipped = answer.body!.pipeThrough(new CompressionStream("gzip"));
      const kind = /\.(js|css)$/.test(url) ? "code" : url.endsWith(".woff2") ? "fonts" : "pictures";
      bytes[kind] += (await new Response(zipped).arrayBuffer()).byteLength;
    }
    assert(bytes.code > 10_000 && bytes.code <= 120 * 1024, `scripts and styles are ${bytes.code} bytes gzipped`);
    assert(bytes.fonts > 10_000 && bytes.fonts <= 60 * 1024, `the type face is ${bytes.fonts} bytes`);
    await page.context().close();
  });

  await t.step("can be read without JavaScript", async () => {
    const plain = await chromium.launch({
      executablePath: await chromiumProgram(),
      args: ["--no-sandbox", "--disable-gpu"],
    });
    try {
      const page = await (await plain.newContext({ javaScriptEnabled: false })).newPage();
      await page.goto(service.url);
      assertEquals(await page.locator("[data-column=running] .card").count(), 2);
      await page.getByText("Paginate the order list").click();
      await page.getByText("the tests pass.").first().waitFor();
      await page.getByRole("link", { name: "Full page" }).click();
      await page.getByRole("link", { name: /Changes/ }).click();
      await page.locator(".diff-add").first().waitFor();
      assertEquals(await page.getByRole("link", { name: "The whole diff as text" }).count(), 0);
      // Of a longer one the start is drawn.
      await page.goto(`${service.url}/tasks/${ids.mailer}/changes`);
      await page.getByRole("link", { name: "The whole diff as text" }).click();
      await page.getByText("-export const field39 = 39;").waitFor();
    } finally {
      await plain.close();
    }
  });

  assertEquals(browser.problems, []);
});
