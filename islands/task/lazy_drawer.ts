// The drawer for the board, which is there before any task is opened.

import { lazy } from "../parts/lazy.tsx";

export const taskDrawer = lazy(async () => (await import("../loaded/task.ts")).TaskDrawer);
