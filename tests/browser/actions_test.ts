// What people do, from the first run on: the sample task, a new task with its errors and draft, edit, message, cancel,
// retry, plans. Each by the page alone, on the real service with the real claude.

import { assertEquals, assertMatch } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { claudeEnv, claudeProgram } from "../support/claude_program.ts";
import { messagesApi } from "../support/messages_api.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { alive } from "./page_checks.ts";

Deno.test("everything a person does works from the page", async (t) => {
  await using api = messagesApi();
  await using home = await tempDir();
  await using repository = await tempRepository();
  await using service = await startService({
    repo: repository.path,
    env: {
      ...claudeEnv({ baseUrl: api.url, home: home.path }),
      CODER_CLAUDE: await claudeProgram(),
      CODER_MAX_CONCURRENT: "1",
    },
  });
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(15_000);
  const field = (name: string) => page.getByRole("dialog").getByLabel(name);
  const create = page.getByRole("button", { name: /Create task/ });

  await t.step("the first page says what is there, and starts a sample task with one click", async () => {
    await page.goto(service.url);
    await alive(page);
    assertMatch(await page.locator(".preflight").innerText(), /claude \d+\.\d+\.\d+[\s\S]*Repository/);
    await page.getByRole("button", { name: "Start a sample task" }).click();
    await page.waitForURL(/task=1$/);
    await page.locator(".drawer .stages .now", { hasText: "Completed" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator('[data-column="done"] .card').waitFor();
  });

  await t.step("a draft survives a reload, errors stand at their fields, Ctrl-Enter creates", async () => {
    await page.keyboard.press("c");
    await page.keyboard.type("Wait a while [[scenario:slow 300]]");
    await page.getByText("Base, model, check and limits").click();
    await field("Budget").fill("-1");
    await page.reload();
    await alive(page);
    await page.keyboard.press("c");
    assertEquals(await field("What should be done").inputValue(), "Wait a while [[scenario:slow 300]]");
    await create.click();
    await page.locator(".field-max_budget_usd .field-error").waitFor();
    assertEquals(await field("Budget").getAttribute("aria-invalid"), "true");
    await field("Budget").fill("");
    await field("Title").fill("The slow one");
    await page.keyboard.press("Control+Enter");
    await page.locator('[data-column="running"] .card', { hasText: "The slow one" }).waitFor();
    assertEquals(await page.evaluate("localStorage.getItem('coder.draft')"), null);
  });

  await t.step("a dependency is found by words, and a queued task can be edited", async () => {
    await page.keyboard.press("c");
    await page.keyboard.type("Repeat [[scenario:simple]]");
    await page.getByRole("combobox", { name: /Starts after/ }).fill("slow one");
    await page.getByRole("option", { name: /The slow one/ }).click();
    await create.click();
    const queued = page.locator('[data-column="queue"] .card', { hasText: "After #2" });
    await queued.click();
    await page.getByRole("button", { name: "Edit" }).click();
    await field("Title").fill("The edited one");
    await field("Priority").fill("7");
    await page.getByRole("button", { name: /Save/ }).click();
    await page.locator('[data-column="queue"] .card', { hasText: "priority 7" }).waitFor();
    await page.locator(".drawer h2", { hasText: "The edited one" }).waitFor();
    await page.keyboard.press("Escape");
  });

  await t.step("a message reaches the running agent; cancelling asks once more and then stops it", async () => {
    await page.locator(".card", { hasText: "The slow one" }).click();
    await page.locator(".tools", { hasText: "running" }).waitFor();
    await page.getByLabel("Message the running agent").fill("Are you there?");
    await page.keyboard.press("Enter");
    await page.locator(".item-message", { hasText: "Are you there?" }).waitFor();
    const cancel = page.locator(".drawer .actions").getByRole("button", { name: "Cancel" });
    await cancel.click();
    await page.getByRole("button", { name: "Stop the agent" }).click();
    await page.locator(".drawer .stages .now", { hasText: "Cancelled" }).waitFor();
    await page.keyboard.press("Escape");
    assertMatch(await page.locator('[data-column="needs_you"]').innerText(), /After #2, which is cancelled/);
  });

  await t.step("a plan is sent back with words, then approved, and carried out", async () => {
    await page.keyboard.press("c");
    await page.keyboard.type("Greet [[scenario:plan]]");
    await page.getByRole("button", { name: "Plan first" }).click();
    await create.click();
    await page.locator('[data-column="needs_you"] .card', { hasText: "Plan to approve" }).click();
    await page.locator(".item-plan", { hasText: "Add greet.ts" }).waitFor();
    await page.getByLabel("What should change in the plan").fill("mind the tests");
    await page.getByRole("button", { name: "Send back" }).click();
    await page.locator(".item-plan", { hasText: "mind the tests" }).waitFor();
    await page.getByRole("button", { name: "Approve plan" }).click();
    await page.locator(".drawer .stages .now", { hasText: "Completed" }).waitFor();
    await page.locator(".drawer .tabs .add", { hasText: "+1" }).waitFor();
  });

  await t.step("a finished task takes a follow-up and can be retried; a new one starts from it", async () => {
    await page.getByLabel(/Follow up/).fill("And again [[scenario:followup]]");
    await page.keyboard.press("Enter");
    await page.locator(".item-said", { hasText: "You said: And again" }).waitFor();
    await page.locator(".drawer .stages .now", { hasText: "Completed" }).waitFor();
    await page.getByRole("button", { name: "New from this" }).click();
    assertEquals(await field("What should be done").inputValue(), "Greet [[scenario:plan]]");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await page.getByRole("button", { name: "Retry it" }).click();
    await page.locator(".drawer .line", { hasText: "Back in the queue" }).waitFor();
  });

  assertEquals(browser.problems.filter((one) => !one.includes("422")), []);
});
