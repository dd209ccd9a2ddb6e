// What may be opened on any page, and the page that is one of these dialogs.

import "./shared.ts";
import { arrive } from "../parts/lazy.tsx";
import { SlotPanel } from "../board/slot_panel.tsx";
import { Dialogs } from "../overlay/dialogs.tsx";
import { NewTaskPage } from "../form/new_task_page.tsx";

arrive({ SlotPanel, Dialogs, NewTaskPage });

export { Dialogs, NewTaskPage, SlotPanel };
