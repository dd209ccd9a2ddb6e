// The page of the workers in a real browser: one real worker, and others as they would be told of.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { WorkerView } from "../../core/view/workers_view.ts";
import { scriptAgent } from "../borders/script_agent.ts";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

const other: WorkerView = {
  id: "00000000-0000-4000-8000-000000000001",
  name: "mill",
  self: false,
  state: "alive",
  version: "0.1.0",
  repositories: ["shop", "web", "a-repository-with-a-rather-long-name"],
  labels: { gpu: "1", os: "linux" },
  slots: 4,
  free: 1,
  running: [7, 12, 31],
  last_beat_ms: 1_900,
  paused: null,
  draining: false,
  disk: null,
  confinement: "files",
  url: "http://mill.example:8000",
};
const unknown = { version: null, slots: null, free: null, confinement: null, url: null, running: [], labels: {} };
const others: WorkerView[] = [
  other,
  { ...other, id: "2", name: "forge", draining: true, paused: "A usage limit was met (429)", running: [8], free: 3 },
  { ...other, id: "3", name: "door", slots: 0, free: 0, running: [], labels: {}, repositories: [], confinement: "off" },
  { ...other, id: "4", name: "attic", state: "silent", disk: "The disk is nearly full", last_beat_ms: 8_200 },
  { ...other, ...unknown, id: "5", name: "3f1e0f5a", state: "dead", repositories: [], last_beat_ms: 4_000_000 },
];

Deno.test("the page of the workers", async (t) => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const gate = join(folder.path, "gate");
  const agent = await scriptAgent(folder.path, `until [ -e ${gate} ]; do sleep 0.05; done`);
  const env = { ...agent, CODER_WORKER: "home", CODER_LABELS: "os=linux" };
  await using service = await startService({ repo: repository.path, env });
  await using browser = await launchBrowser();
  const { id } = await service.createTask({ prompt: "Do it" });
  await service.waitForStatus(id, "in_progress");

  await t.step("is reached from every page, tells what this worker does, and follows it", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(service.url);
    await alive(page);
    await page.getByRole("link", { name: /^Workers:/ }).click();
    await page.getByRole("link", { name: "All workers" }).click();
    await page.waitForURL(`${service.url}/workers`);
    await alive(page);
    assertEquals(await page.title(), "Workers · Personal Coder");
    const row = page.getByRole("row", { name: /home/ });
    assertMatch(await row.innerText(), /home\s*this one[\s\S]*Alive[\s\S]*1 of 3[\s\S]*#1[\s\S]*os=linux/);
    await Deno.writeTextFile(gate, "");
    await row.getByText("nothing").waitFor();
    assertMatch(await row.innerText(), /0 of 3/);
    await page.context().close();
  });

  await t.step("drains and resumes, by its buttons and by the banner of every page", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/workers`);
    await alive(page);
    await page.getByRole("button", { name: "Drain home" }).click();
    await page.getByRole("button", { name: "Resume home" }).waitFor();
    await page.getByRole("region", { name: "The queue is paused" }).getByText("until it is resumed").waitFor();
    assertEquals((await service.health()).draining, true);
    await page.getByRole("button", { name: "Resume home" }).click();
    await page.getByRole("button", { name: "Drain home" }).waitFor();
    await page.getByRole("button", { name: "Drain home" }).click();
    await page.getByRole("button", { name: "Resume home" }).waitFor();
    await page.goto(service.url);
    await alive(page);
    await page.getByRole("button", { name: "Resume now" }).click();
    await page.getByRole("region", { name: "The queue is paused" }).waitFor({ state: "detached" });
    assertEquals((await service.health()).draining, false);
    await page.context().close();
  });

  await t.step("shows every kind of worker, in both themes and sizes", async () => {
    const findings: string[] = [];
    for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 390], ["dark", 390]] as const) {
      const page = await browser.page({ scheme, width, height: 900 });
      await page.route("**/api/workers", async (route) => {
        const own = await (await route.fetch()).json() as { workers: WorkerView[] };
        await route.fulfill({ json: { workers: [...own.workers, ...others] } });
      });
      await page.goto(`${service.url}/workers`);
      await alive(page);
      await page.getByText("mill", { exact: true }).waitFor();
      const text = await page.locator("#main").innerText();
      for (const words of [/3 of 4/, /Draining/, /429/, /door, no agents/, /Silent/, /nearly full/, /Dead/]) {
        assertMatch(text, words);
      }
      assert(!await page.getByRole("button", { name: "Drain 3f1e0f5a" }).isVisible());
      findings.push(...await axeFindings(page, `/workers, ${scheme}, ${width} px`));
      await assertFits(page, `/workers, ${width} px`);
      const pictures = Deno.env.get("TEST_PICTURES");
      if (pictures) await page.screenshot({ path: join(pictures, `workers-${scheme}-${width}.png`), fullPage: true });
      await page.context().close();
    }
    assertEquals(findings, []);
    assertEquals(browser.problems, []);
  });
});
