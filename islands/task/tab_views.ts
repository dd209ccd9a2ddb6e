// What the tabs of a task show whose code is large or rarely needed: it is loaded when they are opened.

import type { OpenTask } from "../state/open_task.ts";
import type { Tab } from "../state/page_data.ts";
import { lazy, type LazyPart } from "../parts/lazy.tsx";

interface TabProps {
  open: OpenTask;
  drawer: boolean;
}

export const tabViews: Record<Exclude<Tab, "events">, LazyPart<TabProps>> & { events?: undefined } = {
  transcript: lazy<TabProps>(async () => (await import("../loaded/transcript.ts")).TranscriptTab),
  changes: lazy<TabProps>(async () => (await import("../loaded/changes.ts")).Changes),
  files: lazy<TabProps>(async () => (await import("../loaded/files.ts")).FilesTab),
  log: lazy<TabProps>(async () => (await import("../loaded/log.ts")).RawLog),
};

/** What the page must have before it comes to life with that tab open. */
export async function loadTab(tab: Tab): Promise<void> {
  await tabViews[tab]?.load();
}
