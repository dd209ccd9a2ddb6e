// The pages of schedules and webhooks in a real browser, before a service with the permissions of `deno task start`.

import { join } from "@std/path";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { scriptAgent } from "../borders/script_agent.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

Deno.test("the pages of schedules and webhooks", async (t) => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const received: string[] = [];
  const statuses = [204, 500];
  await using receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    received.push(await request.text());
    return new Response(null, { status: statuses.shift() ?? 204 });
  });
  const env = {
    ...await scriptAgent(folder.path, "true"),
    CODER_WEBHOOK_HOSTS: "127.0.0.1=private,api.github.com",
  };
  await using service = await startService({ repo: repository.path, env, limited: true });
  await using browser = await launchBrowser();

  await t.step("a schedule is made, run now, turned off and deleted", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/schedules`);
    await alive(page);
    assertEquals(await page.title(), "Schedules · Personal Coder");
    const form = page.getByRole("form", { name: "New schedule" });
    await form.getByLabel("Name").fill("Tidy up");
    await form.getByLabel("What is to be done each time").fill("Remove what nobody uses");
    await form.getByLabel(/^When/).fill("every day");
    await form.getByRole("button", { name: "Create schedule" }).click();
    await form.getByText("five fields").waitFor();
    await form.getByLabel(/^When/).fill("0 6 * * *");
    await form.getByRole("button", { name: "Create schedule" }).click();
    const panel = page.getByRole("region", { name: "Tidy up" });
    await panel.getByText("Every day at 6:00").waitFor();
    assertEquals(await panel.locator(".rule-time").count(), 3);
    await panel.getByRole("button", { name: "Run now: Tidy up" }).click();
    await panel.getByRole("link", { name: "#1" }).waitFor();
    await panel.getByRole("button", { name: "Change Tidy up" }).click();
    const change = page.getByRole("form", { name: "Change Tidy up" });
    await change.getByLabel("Name").fill("Tidy the shop");
    await change.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Turn off Tidy the shop" }).click();
    await page.getByRole("region", { name: "Tidy the shop" }).getByText("Off", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Turn on Tidy the shop" }).click();
    await page.getByRole("button", { name: "Turn off Tidy the shop" }).waitFor();
    await page.context().close();
  });

  await t.step("a webhook shows its secret once, is tested, and shows what waits", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/webhooks`);
    await alive(page);
    const form = page.getByRole("form", { name: "New webhook" });
    await form.getByLabel("Name").fill("Log");
    await form.getByLabel(/^Address/).fill("http://chat.example/in");
    await form.getByRole("button", { name: "Create webhook" }).click();
    await form.getByText("add chat.example to CODER_WEBHOOK_HOSTS").waitFor();
    await form.getByLabel(/^Address/).fill(`http://127.0.0.1:${receiver.addr.port}/in`);
    await form.getByRole("checkbox", { name: "created" }).check();
    await form.getByRole("button", { name: "Create webhook" }).click();
    assertMatch(await page.locator(".rule-secret code").innerText(), /^whsec_/);
    const panel = page.getByRole("region", { name: "Log" });
    await panel.getByRole("button", { name: "Test Log" }).click();
    await page.getByText(/A test arrived at Log/).waitFor();
    assertEquals(JSON.parse(received[0]!).type, "webhook.test");
    await service.createTask({ prompt: "Tell of it", priority: -1 });
    await panel.getByText("Tries again").waitFor();
    await panel.getByText("Deliveries").click();
    await panel.getByText(/It answered 500/).last().waitFor();
    await panel.getByRole("button", { name: "Send again: message 1" }).click();
    await panel.getByText("arrived after 2 tries").waitFor();
    await page.reload();
    await alive(page);
    assertEquals(await page.locator(".rule-secret").count(), 0);
    await page.context().close();
  });

  await t.step("GitHub is connected, and says what to do there", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/webhooks`);
    await alive(page);
    await page.getByText("Connect", { exact: true }).click();
    await page.getByLabel(/^Repositories/).fill("octo/shop");
    await page.getByRole("button", { name: "Connect GitHub" }).click();
    await page.getByText("/api/github/deliveries").waitFor();
    await page.getByText("No answer goes back").waitFor();
    await page.context().close();
  });

  await t.step("both are readable in both themes and sizes", async () => {
    const findings: string[] = [];
    for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 390], ["dark", 390]] as const) {
      const page = await browser.page({ scheme, width, height: 900 });
      for (const name of ["schedules", "webhooks"]) {
        await page.goto(`${service.url}/${name}`);
        await alive(page);
        for (const summary of await page.locator("main details > summary").all()) await summary.click();
        findings.push(...await axeFindings(page, `/${name}, ${scheme}, ${width} px`));
        await assertFits(page, `/${name}, ${width} px`);
        const pictures = Deno.env.get("TEST_PICTURES");
        if (pictures) await page.screenshot({ path: join(pictures, `${name}-${scheme}-${width}.png`), fullPage: true });
      }
      await page.context().close();
    }
    assertEquals(findings, []);
    // What was refused above, as it was meant to be.
    assertEquals(browser.problems.filter((one) => !one.includes("status of 422")), []);
  });

  await t.step("a schedule and a webhook are deleted after a question", async () => {
    const page = await browser.page({ width: 1440 });
    for (const [path, name] of [["schedules", "Tidy the shop"], ["webhooks", "Log"]] as const) {
      await page.goto(`${service.url}/${path}`);
      await alive(page);
      await page.getByRole("button", { name: `Delete ${name}` }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.getByText("There is none yet.").waitFor();
    }
    assert(!service.output.includes("NotCapable"), service.output);
    await page.context().close();
  });
});
