// The recorded sample: the player works on it before there is a task of one's own.

import { assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import type { TaskEvent } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask } from "../../core/domain/task.ts";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";

Deno.test("the sample is a whole export of a completed task", async () => {
  const text = await Deno.readTextFile(new URL("../../routes/pages/sample_task.ndjson", import.meta.url));
  const end = text.indexOf("\n") + 1;
  const header = JSON.parse(text.slice(0, end));
  const events = text.slice(end).trimEnd().split("\n").map((line) => JSON.parse(line) as TaskEvent);
  assertEquals(header.sha256, createHash("sha256").update(text.slice(end)).digest("hex"));
  assertEquals(events.map(({ seq }) => seq), Array.from({ length: header.events }, (_, index) => index + 1));
  assertEquals(events.reduce(evolve, emptyTask(1)).status, "completed");
});

Deno.test("a first visitor plays the sample, shares a moment of it, and asks the API for nothing of it", async () => {
  await using service = await startService();
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440, height: 900 });
  const asked: string[] = [];
  page.on("request", (request: { url(): string }) => asked.push(request.url()));
  await page.goto(service.url);
  await page.locator("html[data-alive]").waitFor();
  await page.getByRole("link", { name: "Watch a recorded task" }).click();
  await page.getByRole("heading", { name: /Recorded sample.*rate limiting/ }).waitFor();
  await page.locator("html[data-alive]").waitFor();
  await page.getByText("The README says it now.").first().waitFor();

  await page.goto(`${service.url}/sample?at=25`);
  await page.locator("html[data-alive]").waitFor();
  await page.getByText("event 25/54").waitFor();
  await page.getByText("The window is 0 ms long").waitFor();
  assertEquals(await page.getByText("The README says it now.").count(), 0);
  await page.getByRole("link", { name: /^Events/ }).click();
  await page.waitForURL("**/sample/events?at=25");

  assertEquals(asked.filter((url) => /\/api\/tasks\/0/.test(url)), []);
  assertMatch(await page.title(), /^Sample Add rate limiting/);
  assertEquals(browser.problems, []);
});
