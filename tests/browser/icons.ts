// `deno run -A tests/browser/icons.ts`: the icons of an installed page, drawn from the page's own icon.

import { fromFileUrl, join } from "@std/path";
import { iconSvg } from "../../islands/parts/title.ts";
import { launchBrowser } from "../support/browser.ts";

const folder = fromFileUrl(new URL("../../islands/brand/", import.meta.url));

/** `full`: to the edge, for systems that cut their own shape out of it; its sign stays within the middle 80%. */
const icons = [
  { name: "icon-192", size: 192, full: false },
  { name: "icon-512", size: 512, full: false },
  { name: "icon-full-192", size: 192, full: true },
  { name: "icon-full-512", size: 512, full: true },
];

await using browser = await launchBrowser();
for (const { name, size, full } of icons) {
  const page = await browser.page({ width: size, height: size });
  const svg = full ? iconSvg(0).replace('rx="7"', "") : iconSvg(0);
  await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  await page.screenshot({ path: join(folder, `${name}.png`), omitBackground: true });
  await page.context().close();
}
