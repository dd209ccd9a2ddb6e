// What the service has to say besides its tasks: notices, addresses that lead nowhere, wrong values in the form.

import { assertEquals, assertMatch } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { tempDir } from "../support/temp.ts";
import { agentProgram } from "../support/agent_program.ts";
import { startService } from "../support/service.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

Deno.test("what the service says of itself", async (t) => {
  await using folder = await tempDir();
  // A version that was never tested runs with a notice.
  const program = await agentProgram(folder.path, "#!/bin/sh\necho '1.0.0 (Claude Code)'\n");
  await using service = await startService({ env: program });
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(20_000);

  await t.step("notices stand in the bar, and in words behind it", async () => {
    const { notices } = await service.health();
    assertEquals(notices.length, 1);
    await page.goto(service.url);
    await alive(page);
    await page.getByRole("button", { name: "1 notice" }).click();
    await page.getByRole("dialog").getByText(notices[0]!).waitFor();
  });

  await t.step("a browser gets a page for an address that leads nowhere, a program gets a problem", async () => {
    for (const path of ["/nothing", "/tasks/one", "/a/b?c=d"]) {
      const response = await page.goto(`${service.url}${path}`);
      assertEquals(response?.status(), 404, path);
      await page.getByRole("heading", { name: "There is no page at this address" }).waitFor();
      await alive(page);
    }
    await assertFits(page, "the page of no address");
    assertEquals(await axeFindings(page, "the page of no address"), []);
    await page.getByRole("link", { name: "Go to the board" }).click();
    await page.waitForURL(`${service.url}/`);
    const asked = await service.call("/nothing");
    assertEquals(await asked.json(), {
      ...{ type: "about:blank", title: "Not found", status: 404, detail: "There is nothing at /nothing" },
    });
    const api = await service.call("/api/nothing", { headers: { accept: "text/html" } });
    assertMatch(api.headers.get("content-type") ?? "", /problem\+json/);
    await api.body?.cancel();
  });

  await t.step("the form says what is accepted, in its own units", async () => {
    await page.goto(`${service.url}/tasks/new`);
    await alive(page);
    const field = (name: string) => page.getByLabel(name);
    await field("What should be done").fill("Do it");
    await page.getByText("Base, model, check and limits").click();
    await field("Priority").fill("1.5");
    await field("Time limit").fill("20000");
    await page.getByRole("button", { name: /Create task/ }).click();
    await page.locator(".field-priority .field-error", { hasText: "A whole number" }).waitFor();
    const limit = page.locator(".field-timeout_minutes .field-error");
    assertEquals(await limit.innerText(), "More than 0 and at most 10,080 minutes, which is 7 days");
  });

  await t.step("a limit that is no number is not taken for none", async () => {
    await page.getByLabel("Priority").fill("1");
    await page.getByLabel("Time limit").fill("");
    await page.getByLabel("Budget").focus();
    await page.keyboard.type("5e");
    await page.getByRole("button", { name: /Create task/ }).click();
    await page.locator(".field-max_budget_usd .field-error", { hasText: "A number is needed" }).waitFor();
    assertEquals((await service.call("/api/tasks").then((answer) => answer.json())).tasks, []);
  });

  await t.step("what somebody began to write stays while a task is made from another", async () => {
    const { id } = await service.createTask({ prompt: "The other one" });
    const kept = () => page.evaluate("JSON.parse(localStorage.getItem('coder.draft')).prompt");
    await page.goto(`${service.url}/tasks/${id}`);
    await alive(page);
    await page.getByRole("button", { name: "New from this" }).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("What should be done").fill("Another one");
    assertEquals([await form.getByText("The draft is kept").count(), await kept()], [0, "Do it"]);
    await form.getByRole("button", { name: /Create task/ }).click();
    await page.waitForURL(`${service.url}/tasks/${id + 1}`);
    assertEquals(await kept(), "Do it");
  });

  assertEquals(browser.problems.filter((one) => !/404|422/.test(one)), []);
});
