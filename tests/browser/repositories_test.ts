// The page of the repositories in a real browser, on a service with real ones: one with both files, one without, one broken.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempDir, type TempRepository, tempRepository } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

async function say(repository: TempRepository, text: string): Promise<void> {
  await Deno.writeTextFile(join(repository.path, "coder.json"), text);
  await repository.git("add", "coder.json");
  await repository.git("commit", "--quiet", "--message=Say how");
}

Deno.test("the page of the repositories", async (t) => {
  await using folder = await tempDir();
  await using shop = await tempRepository();
  await using web = await tempRepository();
  await using broken = await tempRepository();
  await say(shop, '{"setup": "npm ci", "check": "npm test", "env": {"NODE_ENV": "said-value"}}');
  await say(broken, '{\n  "check_rounds": "two"\n}\n');
  const operator = join(folder.path, "data", "repositories");
  await Deno.mkdir(operator, { recursive: true });
  await Deno.writeTextFile(join(operator, "shop.json"), '{"check": "make check", "env": {"KEY": "own-value"}}');
  const repo = `shop=${shop.path},web=${web.path},broken=${broken.path}`;
  await using service = await startService({ data: folder.path, repo });
  await using browser = await launchBrowser();

  await t.step("tells what is in force and from where, what is missing and what is wrong", async () => {
    const page = await browser.page({ width: 1440 });
    await page.goto(`${service.url}/repositories`);
    await alive(page);
    const section = (name: string) => page.getByRole("region", { name, exact: true });
    const rows = await section("shop").locator("table.settings").first().locator("tr").allInnerTexts();
    assertEquals(rows.slice(1).map((row) => row.split(/\s*[\t\n]\s*/).join(" | ")), [
      "setup | npm ci | coder.json",
      "check | make check | operator",
      "env | KEY | NODE_ENV | operator",
    ]);
    assertMatch(await section("shop").innerText(), /main[\s\S]*13 more by default[\s\S]*Last check\s+not yet/);
    await section("shop").locator("summary").click();
    assertMatch(await section("shop").innerText(), /check_timeout_seconds\s+at most 30 m 00 s/);
    assertMatch(
      await section("web").innerText(),
      /No coder\.json yet[\s\S]*repositories\/web\.json[\s\S]*All by default/,
    );
    assertMatch(
      await section("broken").innerText(),
      /coder\.json, line 2, column 19: check_rounds must be a whole number/,
    );
    assert(!/said-value|own-value/.test(await page.content()));
    assertEquals(await page.title(), "Repositories · Personal Coder");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await section("web").getByRole("button", { name: "Copy the example" }).click();
    await page.getByText("Copied").waitFor();
    const copied = await page.evaluate("navigator.clipboard.readText()") as string;
    assertEquals(Object.keys(JSON.parse(copied)), ["setup", "check", "env"]);
    await page.context().close();
  });

  await t.step("is reached by the top bar on every screen, and by the palette", async () => {
    for (const width of [1440, 390]) {
      const page = await browser.page({ width, height: 844 });
      await page.goto(service.url);
      await alive(page);
      await page.getByRole("link", { name: /^Repositories/ }).click();
      await page.waitForURL(`${service.url}/repositories`);
      assertEquals(await page.locator('.top a[aria-current="page"]').count(), 1);
      await page.context().close();
    }
    const page = await browser.page({ width: 1440 });
    await page.goto(service.url);
    await alive(page);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("reposit");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${service.url}/repositories`);
    await page.context().close();
  });

  await t.step("has no accessibility finding and fits, in both themes and sizes", async () => {
    const findings: string[] = [];
    for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 390], ["dark", 390]] as const) {
      const page = await browser.page({ scheme, width, height: 900 });
      await page.goto(`${service.url}/repositories`);
      await alive(page);
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      findings.push(...await axeFindings(page, `${scheme}, ${width} px`));
      await assertFits(page, `${width} px`);
      await page.context().close();
    }
    assertEquals(findings, []);
    assertEquals(browser.problems, []);
  });
});
