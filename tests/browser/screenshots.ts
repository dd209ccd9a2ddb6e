// `deno task screenshots`: README's pictures, taken of real runs of the real claude (see shop_world.ts), light and dark.

import { fromFileUrl, join } from "@std/path";
import { launchBrowser } from "../support/browser.ts";
import { alive } from "./page_checks.ts";
import { shopWorld } from "./shop_world.ts";

const folder = fromFileUrl(new URL("../../docs/", import.meta.url));

await using world = await shopWorld();
await using browser = await launchBrowser();
await Deno.mkdir(folder, { recursive: true });

const pictures = [
  { name: "board", path: "/", width: 1440 },
  { name: "plan", path: `/?task=${world.ids.sessions}`, width: 1440 },
  { name: "task", path: `/tasks/${world.ids.limits}`, width: 1440 },
  { name: "replay", path: `/tasks/${world.ids.limits}?at=21`, width: 1440 },
  { name: "changes", path: `/tasks/${world.ids.paginate}/changes`, width: 1440 },
  { name: "narrow", path: "/", width: 390 },
];
for (const scheme of ["light", "dark"] as const) {
  for (const { name, path, width } of pictures) {
    const page = await browser.page({ scheme, width, height: width < 500 ? 844 : 900 });
    await page.goto(`${world.service.url}${path}`);
    await alive(page);
    // The player draws its line when the history is folded, and the diff when it is read.
    if (path.startsWith("/tasks")) await page.locator(".track[aria-disabled=false]").waitFor();
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
    await page.context().close();
    console.log(`docs/${name}-${scheme}.png`);
  }
}
