// Everything about one task: header, tabs, side, composer and player. The same in the drawer and on its own page.

import { Composer } from "./composer.tsx";
import { FindBar, FindButton } from "./find_bar.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { type Tab, tabsOf } from "../state/page_data.ts";
import { PlanApproval } from "./plan_approval.tsx";
import { Replay } from "./replay.tsx";
import { useStore } from "../state/store.ts";
import { showTab } from "../state/actions.ts";
import { urlOf } from "../state/location.ts";
import { whole } from "../../core/view/format.ts";
import { Lines } from "../parts/state_badge.tsx";
import { tabViews } from "./tab_views.ts";
import { TaskFacts } from "./task_facts.tsx";
import { TaskHeader } from "./task_header.tsx";

const tabWords: Record<Tab, string> = {
  transcript: "Transcript",
  changes: "Changes",
  files: "Files",
  events: "Events",
  log: "Log",
};

export function TaskDetail({ open, drawer }: { open: OpenTask; drawer: boolean }) {
  const tab = open.tab.value;
  const { View } = tabViews[tab];
  return (
    <div class={`task${drawer ? " in-drawer" : ""}${open.at.value === null ? "" : " replaying"}`}>
      <TaskHeader open={open} drawer={drawer} />
      <Tabs open={open} drawer={drawer} />
      <FindBar open={open} />
      <div class="task-body">
        <div class="tab-panel">
          <View open={open} drawer={drawer} />
        </div>
        <TaskFacts open={open} drawer={drawer} />
      </div>
      <div class="task-foot">
        <PlanApproval open={open} />
        <Composer open={open} />
        <Replay open={open} />
      </div>
    </div>
  );
}

function Tabs({ open, drawer }: { open: OpenTask; drawer: boolean }) {
  const store = useStore();
  const file = open.files.place.value;
  const place = { task: open.id, at: open.at.value, filter: store.filter.value };
  return (
    <nav class="tabs" aria-label="Views of this task">
      {tabsOf(open).map((tab) => (
        <a
          key={tab}
          href={urlOf({ ...place, page: drawer ? "board" : "task", tab, ...(tab === "files" && file && { file }) })}
          aria-current={open.tab.value === tab ? "page" : undefined}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            showTab(store, tab);
          }}
          onPointerEnter={() => void tabViews[tab].load().catch(() => {})}
        >
          {tabWords[tab]}
          {tab === "changes" && <Lines task={open.shown.value} />}
          {tab === "events" && <span class="num">{whole(open.limit.value, store.locale)}</span>}
        </a>
      ))}
      <FindButton open={open} />
    </nav>
  );
}
