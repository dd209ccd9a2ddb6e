// The queue in hand: slots, order by keys and by dragging, one command for several tasks, filters and search, all by the page.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";
import { queueWorld } from "./queue_world.ts";

Deno.test("people control the queue and find what is in it", async (t) => {
  await using world = await queueWorld();
  const { service, create } = world;
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(15_000);
  const queue = page.locator('[data-column="queue"]');
  const titles = () => queue.locator(".card-title").allInnerTexts();
  const order = async (...wanted: string[]) => {
    await page.waitForFunction(
      "wanted => [...document.querySelectorAll('[data-column=queue] .card-title')].map((one) => one.innerText).join() === wanted",
      wanted.join(),
    ).catch(async () => assertEquals(await titles(), wanted));
  };
  const row = (title: string) => queue.locator(".card", { hasText: title });

  const running = await create("Running", "say working; sleep 600");
  await service.waitFor(running, ({ run }) => run?.started_at);
  for (const title of ["one", "two", "three"]) await create(title, "say Hello; sleep 600", { tags: [`tag-${title}`] });
  await create("urgent", "sleep 600", { priority: 5 });
  const later = await create("later", "sleep 600", { depends_on: [running] });
  await page.goto(service.url);
  await alive(page);

  await t.step("a queued task is one line, and why all wait is said once", async () => {
    await order("urgent", "one", "two", "three", "later");
    assertEquals(await queue.getByText("The only slot is busy").count(), 1);
    assertMatch(await row("later").innerText(), /After #1/);
    const heights = await queue.locator(".card").evaluateAll((rows) => rows.map((one) => one.clientHeight));
    assertEquals(heights.filter((height) => height > 36), []);
  });

  await t.step("keys move a task within its priority and no further, and the focus goes with it", async () => {
    await row("three").focus();
    await page.keyboard.press("Shift+K");
    await order("urgent", "one", "three", "two", "later");
    await page.keyboard.press("t");
    await order("urgent", "three", "one", "two", "later");
    await page.waitForFunction("document.activeElement?.innerText.includes('three')");
    await page.keyboard.press("Shift+K");
    await page.keyboard.press("Shift+J");
    await order("urgent", "one", "three", "two", "later");
  });

  await t.step("dragging does the same, and refuses what priority does not allow", async () => {
    await row("two").dragTo(row("one"), { targetPosition: { x: 40, y: 3 } });
    await order("urgent", "two", "one", "three", "later");
    await row("two").dragTo(row("urgent"), { targetPosition: { x: 40, y: 3 } });
    await order("urgent", "two", "one", "three", "later");
  });

  await t.step("the menu of a card is worked by keys and does what it says", async () => {
    await row("one").focus();
    await page.keyboard.press(".");
    const menu = page.getByRole("menu");
    await menu.waitFor();
    assertEquals(await axeFindings(page, "the menu"), []);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await order("urgent", "one", "two", "three", "later");
    await menu.waitFor({ state: "detached" });
  });

  await t.step("several tasks take one command, and who refuses says why", async () => {
    await row("one").focus();
    await page.keyboard.press("x");
    await row("two").focus();
    await page.keyboard.press("x");
    const bar = page.getByRole("region", { name: "Selected tasks" });
    await bar.getByText("2 tasks selected").waitFor();
    assertEquals(await axeFindings(page, "the selection"), []);
    await bar.getByRole("button", { name: "Priority" }).click();
    await page.getByRole("dialog").getByLabel("Priority").fill("7");
    await page.getByRole("button", { name: "Change 2 tasks" }).click();
    // The queue may be told of it before the dialog is.
    await bar.waitFor({ state: "detached" });
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await order("one", "two", "urgent", "three", "later");

    // It is cancelled behind the page's back: the page still offers it.
    await page.route("**/api/bulk", async (route) => {
      await service.command(3, "cancel");
      await route.continue();
    }, { times: 1 });
    for (const title of ["two", "three"]) {
      await row(title).focus();
      await page.keyboard.press("x");
    }
    await bar.getByRole("button", { name: "Move to the top" }).click();
    const refused = page.getByRole("dialog", { name: "1 of 2 tasks could not be moved" });
    await refused.getByText("Cannot move task 3: it is cancelled").waitFor();
    await page.keyboard.press("Escape");
    await order("one", "urgent", "three", "later");
    await page.keyboard.press("Escape");
    await bar.waitFor({ state: "detached" });
  });

  await t.step("cancelling a running one with others asks first", async () => {
    for (const card of [page.locator(`[data-card="${running}"]`), row("later")]) {
      await card.focus();
      await page.keyboard.press("x");
    }
    await page.getByRole("region", { name: "Selected tasks" }).getByRole("button", { name: "Cancel" }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel 2 tasks" });
    await dialog.getByText("1 agent will be stopped").waitFor();
    await dialog.getByRole("button", { name: "Keep it as it is" }).click();
    await page.keyboard.press("Escape");
    assertEquals((await service.task(later)).cancel_requested, false);
  });

  await t.step(
    "the slot meter adds a slot, which starts the next; pauses and resumes; says what today cost",
    async () => {
      const meter = page.getByRole("link", { name: /^Workers:/ });
      const panel = page.getByRole("dialog", { name: "Slots" });
      await meter.click();
      await panel.getByText(/in 1 task/).waitFor();
      assertEquals(await axeFindings(page, "the slots"), []);
      await panel.getByRole("button", { name: "One slot more" }).click();
      await page.locator('[data-column="running"] .card', { hasText: "one" }).waitFor();
      await panel.getByText("1 as configured").waitFor();
      await panel.getByRole("button", { name: "Pause" }).click();
      await page.locator(".pause-banner").waitFor();
      await panel.getByRole("button", { name: "Resume" }).click();
      await page.locator(".pause-banner").waitFor({ state: "detached" });
      await panel.getByRole("button", { name: "Back to 1" }).click();
      await panel.getByText("2 agents run").waitFor();
      await page.keyboard.press("Escape");
      await panel.waitFor({ state: "detached" });
      assertMatch(await meter.innerText(), /2\/1/);
    },
  );

  await t.step("filters are there at every width and in the address; the search looks at whole texts", async () => {
    const long = await create("Long", `: ${"x".repeat(1_200)} needle; sleep 600`);
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 844 });
      await page.goto(service.url);
      await alive(page);
      await page.getByRole("button", { name: "Filters" }).click();
      await page.getByLabel("Status").selectOption("pending");
      await page.getByLabel("Label").fill("tag-three");
      await page.getByLabel("Label").press("Enter");
      await page.waitForURL(/\?status=pending&label=tag-three$/);
      await order("three");
      await assertFits(page, `filters at ${width}`);
      assertEquals(await axeFindings(page, `filters at ${width}`), []);
      await page.reload();
      await alive(page);
      assertEquals(await titles(), ["three"]);
      await page.getByText("Clear filter").click();
      await page.waitForURL(/\/$/);
    }
    await row("three").focus();
    await page.keyboard.press("x");
    await page.keyboard.press("/");
    await page.keyboard.type("NEEDLE");
    await page.locator(".card-hit", { hasText: "needle" }).waitFor();
    assertEquals(await titles(), ["Long"]);
    await page.getByText("0 tasks selected, 1 more not shown").waitFor();
    await page.reload();
    await alive(page);
    assertEquals(await titles(), ["Long"]);
    await page.goto(`${service.url}/?outcome=cancelled`);
    await alive(page);
    await page.locator(".filter-note", { hasText: "cancelled" }).waitFor();
    await service.command(long, "cancel");
  });

  await t.step("a column folds away, stays so, and the others have its room", async () => {
    const width = async (name: string) => (await page.locator(`[data-column=${name}]`).boundingBox())!.width;
    const cards = (name: string) => page.locator(`[data-column=${name}] [data-card]`).count();
    await page.setViewportSize({ width: 1440, height: 844 });
    await page.goto(service.url);
    await alive(page);
    const before = await width("running");
    const first = page.locator("[data-column=queue] [data-card]").first();
    await first.focus();
    await page.keyboard.press("x");
    const selected = page.getByRole("region", { name: "Selected tasks" });
    await selected.waitFor();
    await page.getByRole("button", { name: "Fold: Queue" }).click();
    // Nobody would see what a key does to it.
    await selected.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Fold: Done" }).click();
    await page.reload();
    await alive(page);
    assertEquals([await width("queue"), await width("done"), await cards("queue")], [40, 40, 0]);
    assert(await width("running") > before * 1.3);
    assert(await cards("running") > 0);
    assertEquals(await axeFindings(page, "folded columns"), []);
    await assertFits(page, "folded columns");
    await page.setViewportSize({ width: 390, height: 844 });
    await assertFits(page, "folded columns at 390");
    assertEquals(await axeFindings(page, "folded columns at 390"), []);
    await page.getByRole("navigation", { name: "Columns" }).getByText("Queue").click();
    assert(await cards("queue") > 0);
    // All of it unfolds it.
    await page.setViewportSize({ width: 1440, height: 844 });
    await page.locator("[data-column=done]").click({ position: { x: 20, y: 500 } });
    assertEquals(await width("done"), await width("queue"));
    assertEquals((await page.context().cookies()).filter(({ name }) => name === "coder_folded"), []);
  });
});

Deno.test("a text is found in a task's events and log, step by step, and marked on the player's line", async () => {
  await using world = await queueWorld();
  const { service, create } = world;
  const script =
    "for i in $(seq 1 900); do say Line_$i; done; say A_needle; for i in $(seq 1 900); do say More_$i; done; " +
    "say Another_Needle; result false Fine";
  const id = await create("Talker", script);
  await service.waitForStatus(id, "completed");
  await using browser = await launchBrowser();
  const page = await browser.page({ width: 1440 });
  page.setDefaultTimeout(15_000);
  await page.goto(`${service.url}/tasks/${id}`);
  await alive(page);
  await page.locator(".track[aria-disabled=false]").waitFor();

  await page.keyboard.press("f");
  await page.keyboard.type("needle");
  const found = page.locator(".find-count");
  await found.getByText(/^\d+ found$/).waitFor();
  // The prompt says both words, too, as does the command line of the run.
  const hits = await page.locator(".find-marks rect").count();
  assertEquals(hits >= 2, true);
  assertEquals(await axeFindings(page, "the search of a task"), []);

  const shown = page.locator(".find-hit bdi");
  const count = Number((await found.innerText()).split(" ")[0]);
  const seen: string[] = [];
  await page.keyboard.press("Enter");
  for (let at = 1; at <= count; at++) {
    await found.getByText(`${at} of ${count}`).waitFor();
    seen.push(await shown.innerText());
    if (seen.at(-1) === "A_needle") {
      await page.locator("[data-found]", { hasText: "A_needle" }).waitFor();
      assertEquals(
        await page.locator("[data-found]").evaluate((one) => {
          const { top, bottom } = one.getBoundingClientRect();
          return top >= 0 && bottom <= innerHeight;
        }),
        true,
      );
    }
    if (at === 1) await page.locator("#find").blur();
    await page.keyboard.press("n");
  }
  assertEquals(seen.includes("A_needle") && seen.includes("Another_Needle"), true, seen.join(" | "));
  await found.getByText(`1 of ${count}`).waitFor();
  await page.keyboard.press("N");
  await found.getByText(`${count} of ${count}`).waitFor();

  await page.keyboard.press("5");
  await page.locator("#find").fill("another_needle");
  await found.getByText(/found/).waitFor();
  await page.locator("#find").press("Enter");
  await page.locator(".find-hit", { hasText: /line [\d,.]+/ }).waitFor();
  await page.locator(".find-hit time").waitFor();
  assert(await page.locator(".find-marks rect.current").count() === 1);
  const line = page.locator(".log-lines [data-found]", { hasText: /another_needle/i });
  await line.waitFor();
  const isInView = (one: Element) => {
    const { top, bottom } = one.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  };
  assertEquals(await line.evaluate(isInView), true);
  await page.locator(".raw-log .bar button", { hasText: "Raw" }).click();
  await page.locator("#find").press("Enter");
  const raw = page.locator("pre [data-found]", { hasText: /another_needle/i });
  await raw.waitFor();
  assertEquals(await raw.evaluate(isInView), true);
  await page.locator("#find").fill("nowhere to be found");
  await found.getByText("nothing found").waitFor();
  await page.locator("#find").press("Escape");
  await page.locator(".find-bar").waitFor({ state: "detached" });
});
