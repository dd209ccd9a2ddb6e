// What shows files: a tab, and the side of a task.

import "./shared.ts";
import { arrive } from "../parts/lazy.tsx";
import { FilesAside } from "../files/files_aside.tsx";
import { FilesTab } from "../files/files_tab.tsx";

arrive({ FilesAside, FilesTab });

export { FilesAside, FilesTab };
