// The dialogs that any page may show, and the page that is one of them.

import "./shared.ts";

export { Dialogs } from "../overlay/dialogs.tsx";
export { NewTaskPage } from "../form/new_task_page.tsx";
