// Everything about one task: header, tabs, side, composer and player. The same in the drawer and on its own page.

import { Changes } from "../changes/changes.tsx";
import { Composer } from "./composer.tsx";
import { EventList } from "./event_list.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { type Tab, tabs } from "../state/page_data.ts";
import { PlanApproval } from "./plan_approval.tsx";
import { RawLog } from "./raw_log.tsx";
import { Replay } from "./replay.tsx";
import { useStore } from "../state/store.ts";
import { showTab } from "../state/actions.ts";
import { urlOf } from "../state/location.ts";
import { whole } from "../parts/format.ts";
import { Lines } from "../parts/state_badge.tsx";
import { TaskFacts } from "./task_facts.tsx";
import { TaskHeader } from "./task_header.tsx";
import { Transcript } from "../transcript/transcript.tsx";

const tabWords: Record<Tab, string> = { transcript: "Transcript", changes: "Changes", events: "Events", log: "Log" };

/** A recording has no worktree to compare and no raw log. */
const recordedTabs = new Set<Tab>(["transcript", "events"]);

export function TaskDetail({ open, drawer }: { open: OpenTask; drawer: boolean }) {
  const tab = open.tab.value;
  return (
    <div class={`task${drawer ? " in-drawer" : ""}${open.at.value === null ? "" : " replaying"}`}>
      <TaskHeader open={open} drawer={drawer} />
      <Tabs open={open} drawer={drawer} />
      <div class="task-body">
        <div class="tab-panel">
          {tab === "transcript" && <Transcript open={open} />}
          {tab === "changes" && <Changes open={open} />}
          {tab === "events" && <EventList open={open} />}
          {tab === "log" && <RawLog open={open} />}
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
  const place = { task: open.id, at: open.at.value, filter: store.filter.value };
  return (
    <nav class="tabs" aria-label="Views of this task">
      {tabs.filter((tab) => !open.isRecorded || recordedTabs.has(tab)).map((tab) => (
        <a
          key={tab}
          href={urlOf({ ...place, page: drawer ? "board" : "task", tab })}
          aria-current={open.tab.value === tab ? "page" : undefined}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            showTab(store, tab);
          }}
        >
          {tabWords[tab]}
          {tab === "changes" && <Lines task={open.shown.value} />}
          {tab === "events" && <span class="num">{whole(open.limit.value, store.locale)}</span>}
        </a>
      ))}
    </nav>
  );
}
