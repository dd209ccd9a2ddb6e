// What the tabs of a task show: each is loaded when it is opened.

import type { OpenTask } from "../state/open_task.ts";
import type { Tab } from "../state/page_data.ts";
import { lazy, type LazyPart } from "../parts/lazy.tsx";

interface TabProps {
  open: OpenTask;
  drawer: boolean;
}

export const tabViews: Record<Tab, LazyPart<TabProps>> = {
  transcript: lazy<TabProps>(async () => (await import("../loaded/transcript.ts")).TranscriptTab),
  changes: lazy<TabProps>(async () => (await import("../loaded/changes.ts")).Changes),
  files: lazy<TabProps>(async () => (await import("../loaded/files.ts")).FilesTab),
  events: lazy<TabProps>(async () => (await import("../loaded/events.ts")).EventList),
  log: lazy<TabProps>(async () => (await import("../loaded/log.ts")).RawLog),
};

/** What the page must have before it comes to life with that tab open. */
export function loadTab(tab: Tab): Promise<void> {
  return tabViews[tab].load();
}
