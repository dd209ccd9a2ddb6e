// A page that came with its data asks for nothing of it again, and misses nothing that happened while it was on its way.

import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { eventually } from "../support/temp.ts";
import { alive, connected } from "./page_checks.ts";
import { quickWorld } from "./quick_world.ts";

Deno.test("the first load of a page", async (t) => {
  await using world = await quickWorld();
  await using browser = await launchBrowser();
  const { service } = world;
  const done = (await service.createTask({ prompt: "Say hello" })).id;
  await service.waitForStatus(done, "completed");
  const running = (await service.createTask({ prompt: "hang" })).id;
  await service.waitFor(running, (task) => task.last_step?.startsWith("Bash"));
  const waiting = (await service.createTask({ prompt: "Wait for it", depends_on: [running] })).id;

  let titles = 0;
  /** What the page asks for until its stream is open, which shows by a new title on it. */
  async function askedOf(page: Page, path: string): Promise<string[]> {
    const asked = watch(page);
    await page.goto(`${service.url}${path}`);
    await alive(page);
    await connected(page);
    const title = `Title ${++titles}`;
    const response = await service.call(`/api/tasks/${waiting}`, { method: "PATCH", json: { title } });
    await response.body?.cancel();
    await page.getByText(title).first().waitFor();
    if (path !== "/") await whyOf(page, asked);
    return asked.toSorted();
  }

  await t.step("asks for neither board nor condition nor the task, and once why", async () => {
    for (const path of ["/", `/?task=${waiting}`, `/tasks/${waiting}`]) {
      const page = await browser.page({ width: 1440 });
      assertEquals(await askedOf(page, path), path === "/" ? [] : [`/api/tasks/${waiting}/why`], path);
      await page.context().close();
    }
  });

  await t.step("does not ask for changes that it came with", async () => {
    const page = await browser.page({ width: 1440 });
    const asked = watch(page);
    await page.goto(`${service.url}/tasks/${done}/changes`);
    await whyOf(page, asked);
    assertEquals(asked.toSorted(), [`/api/tasks/${done}/comments`, `/api/tasks/${done}/why`]);
    await page.context().close();
  });

  await t.step("asks again in a second tab only for what the first one has been told of meanwhile", async () => {
    const page = await browser.page({ width: 1440 });
    await askedOf(page, "/");
    const second = await page.context().newPage();
    assertEquals(await askedOf(second, "/"), []);
    await page.context().close();
  });

  await t.step("shows what happened before its scripts ran", async () => {
    const page = await browser.page({ width: 1440 });
    await page.route("**/assets/main.*.js", async (route) => {
      await service.createTask({ prompt: "Come in between", title: "In between", depends_on: [running] });
      await route.continue();
    });
    await page.goto(service.url);
    await alive(page);
    await page.locator(".card", { hasText: "In between" }).waitFor();
    await page.context().close();
  });

  /** A board whose dialogs come when it is said. */
  async function withoutDialogs() {
    const page = await browser.page({ width: 1440 });
    const asked = Promise.withResolvers<void>();
    await page.route("**/dialogs*.js", async (route) => {
      await asked.promise;
      await route.continue();
    });
    await page.goto(service.url);
    await alive(page);
    return { page, come: asked.resolve };
  }

  await t.step("keeps what is typed for a dialog whose code is still on its way", async () => {
    const { page, come } = await withoutDialogs();
    await page.keyboard.press("c");
    await page.keyboard.type("One linex");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Enter");
    await page.keyboard.type("c, and ?");
    assertEquals(await page.getByRole("dialog").count(), 0);
    come();
    const prompt = page.getByRole("dialog").getByRole("textbox", { name: "What should be done" });
    const has = (text: string) =>
      eventually(async () => await prompt.inputValue() === text, { what: `the form has ${text}` });
    await has("One line\nc, and ?");
    // What somebody began to write goes on.
    await page.reload();
    await alive(page);
    await page.keyboard.press("c");
    await page.keyboard.type(" More");
    await has("One line\nc, and ? More");
    await page.context().close();
  });

  await t.step("a dialog that cannot be loaded is told of, and leaves the keys to the page", async () => {
    const page = await browser.page({ width: 1440 });
    await page.route("**/dialogs*.js", (route) => route.abort());
    await page.goto(service.url);
    await alive(page);
    await page.keyboard.press("c");
    await page.getByText("could not be loaded").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("abc");
    assertEquals(await page.locator("#search").inputValue(), "abc");
    assertEquals(browser.problems.splice(0).filter((problem) => !/ERR_FAILED/.test(problem)), []);
    await page.context().close();
  });

  await t.step("does what the palette was told before it was there", async () => {
    const { page, come } = await withoutDialogs();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("reposit");
    await page.keyboard.press("Enter");
    assertEquals(new URL(page.url()).pathname, "/");
    come();
    await page.waitForURL(`${service.url}/repositories`);
    await page.context().close();
  });

  assertEquals(browser.problems, []);
});

/** Paths of the API, as they are asked for, without those of the stream. */
function watch(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname !== "/api/stream" && (pathname.startsWith("/api/") || pathname === "/healthz")) asked.push(pathname);
  });
  return asked;
}

async function whyOf(page: Page, asked: string[]): Promise<void> {
  const isWhy = (path: string) => path.endsWith("/why");
  if (!asked.some(isWhy)) await page.waitForRequest((request) => isWhy(new URL(request.url()).pathname));
}
