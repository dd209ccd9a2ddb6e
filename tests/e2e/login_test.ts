// The login of a service with a token, in a real browser.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempRepository } from "../support/temp.ts";

const token = "a-token-of-the-tests-0123456789";

Deno.test("a browser logs in once and gets to the page it asked for", async () => {
  await using repository = await tempRepository();
  await using service = await startService({
    repo: repository.path,
    env: { CODER_CLAUDE: "no-such-claude", CODER_TOKEN: token },
  });
  const created = await service.call("/api/tasks", {
    json: { prompt: "Wait", title: "Behind the door" },
    headers: { authorization: `Bearer ${token}` },
  });
  assertEquals(created.status, 201);
  await created.body!.cancel();

  await using browser = await launchBrowser();
  const page = await browser.page();
  await page.goto(`${service.url}/tasks/1`);
  assertEquals(new URL(page.url()).pathname, "/login");
  await page.getByLabel("Token").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("That is not the token").waitFor();
  // The browser reports the 403 of the wrong token, and nothing else.
  assertEquals(browser.problems.filter((problem) => !problem.includes("403")), []);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(`${service.url}/tasks/1`);
  assertStringIncludes(await page.title(), "Behind the door");
  const cookies = await page.context().cookies();
  assertEquals(cookies.map(({ httpOnly, sameSite, path }) => ({ httpOnly, sameSite, path })), [
    { httpOnly: true, sameSite: "Strict", path: "/" },
  ]);
  // The page's own requests have the cookie, too: a live stream and a command.
  const answers = await page.evaluate(async () => {
    const task = await fetch("/api/tasks/1");
    const cancelled = await fetch("/api/tasks/1/cancel", { method: "POST" });
    return [task.status, cancelled.status];
  });
  assertEquals(answers, [200, 202]);

  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL(`${service.url}/login`);
  assertEquals(await page.context().cookies(), []);
  await page.goto(`${service.url}/tasks/1`);
  assertEquals(new URL(page.url()).pathname, "/login");
});
