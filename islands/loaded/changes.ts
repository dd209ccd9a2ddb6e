// What the tab Changes shows, and what comments on a plan as it does on changes.

import "./shared.ts";

export { Changes } from "../changes/changes.tsx";
export { PlanLines } from "../task/plan_lines.tsx";
