import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { noContext, taskView } from "../../core/view/task_view.ts";
import { legalHistories, texts } from "../domain/histories.ts";
import { begun, completedHistory, events, failedHistory, taskOf } from "../domain/world.ts";
import { runs } from "../support/runs.ts";

/** The task JSON that clients rely on; more may come, none may go. */
const promised =
  ("id,title,prompt,status,priority,depends_on,blocked_by,waiting,due_at,queue_position,repo,base,branch,worktree," +
    "base_commit,mode,model,attempts,max_attempts,session_id,output,error,plan,input_tokens,output_tokens," +
    "cache_read_tokens,cache_write_tokens,cost_usd,last_step,lines_added,lines_removed,created_at,started_at," +
    "completed_at,updated_at,seq").split(",");

Deno.test("taskView() of any task has every field of the API, none of them undefined", () => {
  fc.assert(
    fc.property(legalHistories({ texts: texts({ maxLength: 1_000 }) }), ({ head }) => {
      const view = taskView(head) as unknown as Record<string, unknown>;
      for (const field of promised) assert(view[field] !== undefined, field);
      assertEquals(JSON.parse(JSON.stringify(view)), view);
    }),
    { numRuns: runs(40) },
  );
});

Deno.test("taskView() shows excerpts until it gets the whole texts", () => {
  const task = taskOf(...begun(1, { prompt: "p".repeat(900) }));
  assertEquals(taskView(task).prompt.length, 500);
  assertEquals(taskView(task, noContext, { prompt: "the whole" }).prompt, "the whole");
  assertEquals([taskView(task).output, taskView(task).error, taskView(task).plan], [null, null, null]);
});

Deno.test("taskView() shows branch and worktree as long as they are there", () => {
  const there = taskView(taskOf(...completedHistory()));
  assertEquals([there.branch, there.output], ["task-12-greet-in-french", "Done."]);
  const gone = taskView(taskOf(...failedHistory()));
  assertEquals([gone.branch, gone.worktree, gone.base_commit], [null, null, "a".repeat(40)]);
  assertEquals(gone.snapshot?.ref, "refs/coder/task-12/run-1");
});

Deno.test("taskView() says when the open run began, and nothing once it is over", () => {
  assertEquals(taskView(taskOf(...begun())).run_started_at, "2026-01-01T00:00:01.000Z");
  assertEquals(taskView(taskOf(...begun(), events.finished(1, "lost", "resume"))).run_started_at, null);
});
