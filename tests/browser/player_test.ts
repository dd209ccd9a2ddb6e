// The player for people: what is under the pointer, the way from mark to mark, keys wherever the focus is, a pace to follow,
// and two moments compared.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { eventually } from "../support/temp.ts";
import { alive } from "./page_checks.ts";
import { quickWorld } from "./quick_world.ts";

Deno.test("the player of a finished task", async (t) => {
  await using world = await quickWorld();
  await using browser = await launchBrowser();
  const { service } = world;
  const { id } = await service.createTask({ prompt: "Use the tools" });
  await service.waitForStatus(id, "completed");
  const events = await service.events(id);
  const errors = events.filter(({ type, data }) => type === "output.tool_result" && "is_error" in data && data.is_error)
    .map(({ seq }) => seq);
  assertEquals(errors.length, 2);
  const page = await browser.page({ width: 1440, height: 900 });
  page.setDefaultTimeout(15_000);
  const slider = page.getByRole("slider", { name: "Moment" });
  const seq = async () => Number(await slider.getAttribute("aria-valuenow"));
  const legend = (name: string) => page.getByRole("group", { name: "Marks" }).getByRole("button", { name });

  await t.step("is not called live", async () => {
    await page.goto(`${service.url}/tasks/${id}`);
    await ready(page);
    assertEquals(await page.getByRole("button", { name: "End", exact: true }).isDisabled(), true);
    assertEquals(await page.getByText(/\blive\b/i).count(), 0);
  });

  await t.step("its legend counts the marks and leads from error to error, around the ends", async () => {
    assertMatch(await legend("Errors").innerText(), /Errors\s+2/);
    assertMatch(await legend("Tools").innerText(), /Tools\s+1000/);
    const went: number[] = [];
    for (const modifiers of [[], [], [], ["Shift"]] as ("Shift")[][]) {
      await legend("Errors").click({ modifiers });
      went.push(await seq());
    }
    assertEquals(went, [errors[0], errors[1], errors[0], errors[1]]);
    assertMatch(await slider.getAttribute("aria-valuetext") ?? "", /Bash echo 800, failed/);
  });

  await t.step("says what is under the pointer, and a click goes there", async () => {
    await page.getByLabel("Skip idle").check();
    await legend("Errors").click();
    const box = (await slider.boundingBox())!;
    const head = page.locator(".playhead circle");
    const at = (await head.boundingBox())!;
    await page.mouse.move(at.x + at.width / 2 + 2, box.y + 10);
    await page.locator(".pointed").getByText(/Bash echo 400, failed.*\d\d:\d\d:\d\d/).waitFor();
    await page.mouse.down();
    await page.mouse.up();
    assertEquals(await seq(), errors[0]);
    await page.mouse.move(10, 10);
    await page.locator(".pointed").waitFor({ state: "detached" });
  });

  await t.step("a link to the moment can be copied there", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: service.url });
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.locator(".toast", { hasText: "Copied" }).waitFor();
    const copied = await page.evaluate("navigator.clipboard.readText()");
    assertEquals(copied, `${service.url}/tasks/${id}?at=${errors[0]}`);
  });

  await t.step("its keys act wherever the focus is, but not in a field", async () => {
    const steps: [string, () => Promise<void>][] = [
      ["the transcript", () => page.locator(".transcript").focus()],
      ["a tab", () => page.getByRole("link", { name: "Transcript" }).focus()],
      ["a button", () => legend("Tools").focus()],
    ];
    for (const [where, focus] of steps) {
      const before = await seq();
      await focus();
      await page.keyboard.press("ArrowRight");
      assertEquals(await seq(), before + 1, where);
    }
    await page.keyboard.press("End");
    await page.getByLabel(/Follow up/).fill("ab");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Home");
    assertEquals(await page.getByRole("button", { name: "End", exact: true }).isDisabled(), true);
    await page.goto(`${service.url}/tasks/${id}/changes`);
    await ready(page);
    await page.locator(".changes").focus();
    await page.keyboard.press("Home");
    assertEquals(await page.getByRole("button", { name: "End", exact: true }).isDisabled(), true, "it scrolls there");
    await page.goto(`${service.url}/?task=${id}`);
    await ready(page);
    await page.locator(".drawer").focus();
    await page.keyboard.press("Home");
    assertEquals(await seq(), 1);
  });

  await t.step("compares the files of two moments", async () => {
    await page.goto(`${service.url}/tasks/${id}?at=${errors[0]}`);
    await ready(page);
    await page.getByRole("button", { name: "Compare from here" }).click();
    assert(await page.getByRole("button", { name: "Go to another moment" }).isDisabled());
    await page.getByRole("button", { name: "Do not compare" }).click();
    await page.getByRole("button", { name: "Compare from here" }).click();
    await slider.focus();
    await page.keyboard.press("Home");
    await page.getByRole("button", { name: `Compare event ${errors[0]} with this one` }).click();
    await page.waitForURL(`${service.url}/tasks/${id}/changes`);
    assertEquals(await page.getByLabel("Compare from").inputValue(), "base");
    assertEquals(await page.getByLabel("Compare to").inputValue(), `event-${errors[0]}`);
    // Files are kept beside the agent, which may have been faster; then that is said.
    await page.getByText("No file differs between these points.").or(page.getByText(/were not kept/)).waitFor();
  });

  await t.step("plays a short task at a pace that can be followed", async () => {
    const short = (await service.createTask({ prompt: "Say hello" })).id;
    await service.waitForStatus(short, "completed");
    await page.goto(`${service.url}/tasks/${short}`);
    await ready(page);
    const began = performance.now();
    await page.getByRole("button", { name: /^Play/ }).click();
    await eventually(async () => await page.getByRole("button", { name: "End", exact: true }).isDisabled(), {
      what: "it has played to its end",
    });
    const tookMs = performance.now() - began;
    assert(tookMs > 1_500, `${Math.round(tookMs)} ms`);
  });

  assertEquals(browser.problems.filter((one) => !one.includes("409")), []);
});

async function ready(page: Page): Promise<void> {
  await alive(page);
  await page.locator(".track[aria-disabled=false]").waitFor();
}
