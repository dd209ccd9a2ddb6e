// The new-task form as a page of its own.

import { TaskForm } from "./task_form.tsx";

export function NewTaskPage() {
  return (
    <main id="main" class="form-page">
      <h1>New task</h1>
      <noscript>
        <p class="muted">Creating a task from this page needs JavaScript. The HTTP API does not: POST /api/tasks.</p>
      </noscript>
      <TaskForm from={null} onDone={(task) => location.assign(`/?task=${task?.id}`)} />
    </main>
  );
}
