// What the page of a task and the drawer are, but for what its tabs show.

import "./shared.ts";

export { TaskDrawer } from "../task/task_drawer.tsx";
export { TaskPage } from "../task/task_page.tsx";
