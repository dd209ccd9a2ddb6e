import { assert, assertEquals } from "@std/assert";
import { emptyTask, type OpenRun, type Task } from "../../core/domain/task.ts";
import { noUsage, unreportedCost } from "../../core/domain/usage.ts";
import { begun, fold, taskOf } from "./world.ts";

Deno.test("emptyTask() is what a log without events folds to, with nothing shared that could be changed", () => {
  const task: Task = emptyTask(7);
  assertEquals([task.id, task.seq, task.usage], [7, 0, noUsage]);
  assert(emptyTask(7).depends_on !== task.depends_on && emptyTask(7).messages !== task.messages);
  assertEquals(fold([], emptyTask(7)), task);
});

Deno.test("unreportedCost() is sure of a run that asked nothing, and estimates only when every answer has a price", () => {
  const run = taskOf(...begun()).run!;
  const cost = (changes: Partial<OpenRun>) => Object.values(unreportedCost({ ...run, ...changes }));
  assertEquals(cost({ asked: false, counted: 0, estimated_cost_usd: 0 }), [0, "reported"]);
  assertEquals(cost({ asked: true, counted: 0, estimated_cost_usd: 0 }), [0, "unknown"], "no answer was counted");
  assertEquals(cost({ asked: true, counted: 2, estimated_cost_usd: null }), [0, "unknown"], "one has no known price");
  assertEquals(cost({ asked: true, counted: 2, estimated_cost_usd: 0.5 }), [0.5, "estimated"]);
});
