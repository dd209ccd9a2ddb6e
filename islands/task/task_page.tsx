// The page of one task.

import { useStore } from "../state/store.ts";
import { TaskDetail } from "./task_detail.tsx";

export function TaskPage() {
  const open = useStore().open.value;
  if (!open) return null;
  return (
    <main id="main" class="task-page">
      <TaskDetail open={open} drawer={false} />
    </main>
  );
}
