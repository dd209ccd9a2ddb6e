import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TaskEvent } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask, type Task } from "../../core/domain/task.ts";
import { indexChanges, indexEntries } from "../../core/kv/head_index.ts";
import { legalHistories, texts } from "../domain/histories.ts";
import { begun, completedHistory, events, failedHistory, taskOf } from "../domain/world.ts";
import { runs } from "../support/runs.ts";

const names = (task: Task) => indexEntries(task).map(({ key }) => key.join("/"));

Deno.test("indexEntries() has an unfinished task in the queue", () => {
  const dependent = taskOf(events.created({ depends_on: [3, 4] }));
  assertEquals(names(dependent), ["dependants/3/12", "dependants/4/12", "active/12"]);
  assertEquals(names(taskOf(...begun())), ["active/12"]);
});

Deno.test("indexEntries() has a finished task by how and when it ended, and by whether its worktree stands", () => {
  assertEquals(names(taskOf(...completedHistory())), [
    "finished/completed/12",
    "finished/at/2026-01-01T00:00:06.000Z/12",
    "finished/standing/12",
  ]);
  assertEquals(names(taskOf(...failedHistory())), ["finished/failed/12", "finished/at/2026-01-01T00:00:08.000Z/12"]);
});

Deno.test("indexEntries() has nothing for the service's own log and for a task without events", () => {
  assertEquals(indexEntries({ ...emptyTask(0), seq: 5 }), []);
  assertEquals(indexEntries(emptyTask(9)), []);
});

Deno.test("indexChanges() writes nothing when nothing it holds changed", () => {
  const before = taskOf(...begun());
  assertEquals(indexChanges(before, taskOf(...begun(), events.said(1))), { sets: [], deletes: [] });
});

Deno.test("indexChanges() along any history keeps the index equal to the entries of the head", () => {
  fc.assert(
    fc.property(legalHistories({ texts: texts({ maxLength: 100 }) }), ({ events, head }) => {
      const stored = new Map<string, string>();
      let task: Task | null = null;
      for (const event of events as TaskEvent[]) {
        const after: Task = evolve(task ?? emptyTask(event.task), event);
        const { sets, deletes } = indexChanges(task, after);
        for (const key of deletes) stored.delete(JSON.stringify(key));
        for (const { key, value } of sets) stored.set(JSON.stringify(key), value);
        task = after;
      }
      assertEquals(stored, new Map(indexEntries(head).map(({ key, value }) => [JSON.stringify(key), value])));
    }),
    { numRuns: runs(40) },
  );
});
