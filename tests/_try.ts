import { reviewWorld } from "./browser/review_world.ts";
import { launchBrowser } from "./support/browser.ts";
import { alive } from "./browser/page_checks.ts";
await using w = await reviewWorld();
await using b = await launchBrowser();
const diff = await (await w.service.call(`/api/tasks/${w.id}/diff`)).text();
console.log(
  "diff",
  diff.length,
  diff.split("\n").filter((l) => /^[+-](?![+-])/.test(l)).length,
  diff.match(/^diff --git/gm)?.length,
);
const html = await (await w.service.call(`/tasks/${w.id}/changes`)).text();
console.log("html", html.length);
for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 390]] as const) {
  const page = await b.page({ scheme, width, height: width < 500 ? 844 : 900 });
  const t = performance.now();
  await page.goto(`${w.service.url}/tasks/${w.id}/changes`);
  await alive(page);
  await page.locator(".code-keyword").first().waitFor({ timeout: 5000 }).catch(() => console.log("no colours"));
  console.log("opened", performance.now() - t, await page.evaluate("document.querySelectorAll('*').length"));
  await page.locator(".file-tree a").nth(43).waitFor();
  await page.screenshot({ path: `/tmp/hl/shots/a-${scheme}-${width}.png` });
  for (let i = 0; i < 3; i++) await page.keyboard.press("n");
  await page.waitForTimeout(700);
  await page.screenshot({ path: `/tmp/hl/shots/b-${scheme}-${width}.png` });
  await page.evaluate(
    "globalThis.longs=[];new PerformanceObserver(l=>longs.push(...l.getEntries().map(e=>e.duration))).observe({entryTypes:['longtask']})",
  );
  await page.getByRole("button", { name: "Split" }).click();
  await page.locator(".diff.split").first().waitFor();
  await page.waitForTimeout(800);
  console.log("long", await page.evaluate("longs"), await page.evaluate("document.querySelectorAll('*').length"));
  await page.screenshot({ path: `/tmp/hl/shots/c-${scheme}-${width}.png` });
}
console.log(b.problems);
