// What the page of a task and the drawer are, but for what its tabs show.

import "./shared.ts";
import { arrive } from "../parts/lazy.tsx";
import { TaskDrawer } from "../task/task_drawer.tsx";
import { TaskPage } from "../task/task_page.tsx";

arrive({ TaskDrawer, TaskPage });

export { TaskDrawer, TaskPage };
