// What the tab Changes shows, and what comments on a plan as it does on changes.

import "./shared.ts";
import { arrive } from "../parts/lazy.tsx";
import { Changes } from "../changes/changes.tsx";
import { PlanLines } from "../task/plan_lines.tsx";

arrive({ Changes, PlanLines });

export { Changes, PlanLines };
