// What shows files: a tab, and the side of a task.

import "./shared.ts";

export { FilesAside } from "../files/files_aside.tsx";
export { FilesTab } from "../files/files_tab.tsx";
