// What the tabs of a task show whose code is large or rarely needed: it is loaded when they are opened.

import type { OpenTask } from "../state/open_task.ts";
import type { Tab } from "../state/page_data.ts";
import { lazy, type LazyPart } from "../parts/lazy.tsx";

interface TabProps {
  open: OpenTask;
}

export const tabViews: Partial<Record<Tab, LazyPart<TabProps>>> = {
  changes: lazy(async () => (await import("../rare.ts")).Changes),
  log: lazy(async () => (await import("../rare.ts")).RawLog),
};

/** What the page must have before it comes to life with that tab open. */
export async function loadTab(tab: Tab): Promise<void> {
  await tabViews[tab]?.load();
}
