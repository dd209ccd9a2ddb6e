// How much code a page loads: every script and sheet, also what its workers load, compressed as it is sent.

import { delay } from "@std/async";
import type { Page } from "playwright-core";

/** Begins to listen; what it gives says what was loaded until nothing came for 2 s, by file name, in bytes. */
export function codeOf(page: Page): () => Promise<Map<string, number>> {
  const asked = new Set<string>();
  page.on("request", (request) => asked.add(request.url()));
  return async () => {
    for (let before = -1; before < asked.size;) {
      before = asked.size;
      await delay(2_000);
    }
    // A shared worker belongs to no page, and nobody is told of what is loaded for it.
    const { streamWorker } = JSON.parse(await page.locator("#page-data").textContent() ?? "{}");
    const urls = [...asked, new URL(streamWorker, page.url()).href].filter((url) => /\.(js|css)$/.test(url));
    return new Map(await Promise.all(urls.map(async (url) => [url.split("/").at(-1)!, await sizeOf(url)] as const)));
  };
}

async function sizeOf(url: string): Promise<number> {
  const whole = await (await fetch(url)).blob();
  return (await new Response(whole.stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer()).byteLength;
}
