// What may be opened on any page, and the page that is one of these dialogs.

import "./shared.ts";

export { SlotPanel } from "../board/slot_panel.tsx";
export { Dialogs } from "../overlay/dialogs.tsx";
export { NewTaskPage } from "../form/new_task_page.tsx";
