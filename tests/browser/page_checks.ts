// What every page must pass: no accessibility finding, nothing wider than the screen.

import axe from "axe-core";
import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";

interface Finding {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Runs axe on the page as it stands: each finding with its place. */
export async function axeFindings(page: Page, what: string): Promise<string[]> {
  await page.evaluate(axe.source);
  const findings = await page.evaluate("axe.run().then((result) => result.violations)") as Finding[];
  return findings.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${what}: ${id} at ${node.target.join(" ")}: ${node.failureSummary}`)
  );
}

export async function assertFits(page: Page, what: string): Promise<void> {
  const [content, screen] = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]") as [
    number,
    number,
  ];
  assertEquals(Math.max(content, screen), screen, `${what} is wider than the screen`);
}

/** Resolves when the islands have come to life. */
export async function alive(page: Page): Promise<void> {
  await page.locator("html[data-alive]").waitFor();
}

/** It hears of what changes: a page answers before it does. */
export async function connected(page: Page): Promise<void> {
  await page.locator("html[data-connection=live]").waitFor();
}
