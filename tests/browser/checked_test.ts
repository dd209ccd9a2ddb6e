// A place that works and a result that is proven, as the pages show them: live output of a check, proof apart from the agent's
// word, going on from what failed, and a trial of a repository. On the real service, with a program of the test in claude's place.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

const commit = "git add -A && git -c user.name=A -c user.email=a@example.com commit --quiet -m work";

Deno.test("setup, check, proof, going on and a trial are seen and done on the pages", async (t) => {
  await using repository = await tempRepository();
  await using folder = await tempDir();
  const gate = join(folder.path, "gate");
  // More than a page shows of it at first: the newest is what counts.
  const check = `seq 1 200; echo step one; until [ -f '${gate}' ]; do sleep 0.05; done; test -f mended`;
  await Deno.writeTextFile(
    join(repository.path, "coder.json"),
    JSON.stringify({ setup: "echo set up", check, check_rounds: 0 }),
  );
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "--message=begin");
  const agent = await scriptAgent(
    folder.path,
    `case "$prompt" in *"Mend it"*) touch mended ;; *) date +%N > work ;; esac; ${commit}`,
  );
  await using service = await startService({ repo: repository.path, env: agent });
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(15_000);
  const { id } = await service.createTask({ prompt: "Work" });

  await t.step("what a check prints is there while it runs", async () => {
    await page.goto(`${service.url}/tasks/${id}`);
    await alive(page);
    const running = page.locator(".item-step", { hasText: "Check runs" });
    await running.getByLabel("Output of the check").getByText("step one").waitFor();
    await page.locator(".stages .now", { hasText: "Check" }).waitFor();
    await page.locator(".item-step", { hasText: "Setup passed" }).waitFor();
    assertEquals(await axeFindings(page, "a task whose check runs"), []);
  });

  await t.step("a red check fails the task, and Continue goes on where its work is saved", async () => {
    await Deno.writeTextFile(gate, "");
    await page.locator(".stages .now", { hasText: "Check failed" }).waitFor();
    await page.getByLabel(/^Continue: the agent goes on/).fill("Mend it");
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await page.locator(".stages .now", { hasText: "Completed" }).waitFor();
    await page.locator(".side").getByText(/^passed in/).first().waitFor();
  });

  await t.step("the board shows proof apart from the agent's word", async () => {
    const unproven = await service.createTask({ prompt: "Mend it unchecked", check: null });
    await service.waitForStatus(unproven.id, "completed");
    await page.goto(service.url);
    await alive(page);
    const proof = (task: number) => page.locator(`[data-card="${task}"] .proof`).innerText();
    assertEquals([await proof(id), await proof(unproven.id)], ["checked", "not checked"]);
  });

  await t.step("Retry with changes sends what was changed, and nothing else", async () => {
    await page.goto(`${service.url}/tasks/${id}`);
    await alive(page);
    await page.getByRole("button", { name: "Retry with changes" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What should be done").fill("Mend it otherwise");
    await dialog.getByText("Base, model, check and limits").click();
    await dialog.getByLabel("Base").fill("mian");
    await dialog.getByRole("button", { name: /^Retry/ }).click();
    await dialog.getByText("did you mean main?").waitFor();
    await dialog.getByLabel("Base").fill("main");
    await dialog.getByRole("button", { name: /^Retry/ }).click();
    await dialog.waitFor({ state: "detached" });
    const edited = (await service.events(id)).find((event) => event.type === "task.edited");
    assertEquals(edited?.data, { prompt: "Mend it otherwise", base: "main" });
    await service.waitForStatus(id, "completed", edited!.seq);
  });

  await t.step("a trial of the repository is a page away", async () => {
    await page.goto(`${service.url}/repositories`);
    await alive(page);
    assertEquals(await axeFindings(page, "repositories"), []);
    await page.getByRole("button", { name: "Try it" }).click();
    await page.waitForURL(/\/tasks\/\d+$/);
    await page.locator(".stages .now", { hasText: "Check failed" }).waitFor();
    const narrow = await browser.page({ width: 390, height: 844 });
    for (const path of ["/repositories", `/tasks/${id}`]) {
      await narrow.goto(`${service.url}${path}`);
      await alive(narrow);
      await assertFits(narrow, path);
    }
  });
});
