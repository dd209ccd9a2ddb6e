// The drawer for the board, which is there before any task is opened.

import { lazy } from "../parts/lazy.tsx";

export const taskDrawer = lazy("TaskDrawer", () => import("../loaded/task.ts"));
