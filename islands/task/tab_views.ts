// What the tabs of a task show: each is loaded when it is opened.

import type { OpenTask } from "../state/open_task.ts";
import type { Tab } from "../state/page_data.ts";
import { lazy, type LazyPart } from "../parts/lazy.tsx";

interface TabProps {
  open: OpenTask;
  drawer: boolean;
}

export const tabViews: Record<Tab, LazyPart<TabProps>> = {
  transcript: lazy("TranscriptTab", () => import("../loaded/transcript.ts")),
  changes: lazy("Changes", () => import("../loaded/changes.ts")),
  files: lazy("FilesTab", () => import("../loaded/files.ts")),
  events: lazy("EventList", () => import("../loaded/events.ts")),
  log: lazy("RawLog", () => import("../loaded/log.ts")),
};
