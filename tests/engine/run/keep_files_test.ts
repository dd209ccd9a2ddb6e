// What may be spent on the files of every step, by a clock that the test turns.

import { assertEquals } from "@std/assert";
import { keepFilesOf } from "../../../core/engine/run/keep_files.ts";
import type { RunScope } from "../../../core/engine/run/run_scope.ts";
import type { NewEvent, TaskEvent } from "../../../core/domain/event.ts";
import { emptyTask, type TaskPlace } from "../../../core/domain/task.ts";
import { eventually } from "../../support/temp.ts";

/** A run whose looks at its files take `lookMs`, and what it wrote; `sleep` resolves when `pass` turned the clock on. */
function keeping({ lookMs, changes = true }: { lookMs: number; changes?: boolean }) {
  let now = 0;
  let looks = 0;
  let hear: (event: TaskEvent) => void = () => {};
  const sleeping: { until: number; wake: () => void }[] = [];
  const written: NewEvent[] = [];
  const scope = {
    context: {
      clock: {
        monotonic: () => now,
        sleep(ms: number, { signal }: { signal: AbortSignal }) {
          const { promise, resolve } = Promise.withResolvers<void>();
          sleeping.push({ until: now + ms, wake: resolve });
          signal.addEventListener("abort", () => resolve());
          return promise;
        },
      },
      store: {
        tail: {
          subscribe(listener: (batch: { events: { event: TaskEvent }[] }) => void) {
            hear = (event) => listener({ events: [{ event }] });
            return () => hear = () => {};
          },
        },
      },
      worktrees: {
        keepFiles() {
          now += lookMs;
          looks++;
          return Promise.resolve(changes ? { ref: "steps", commit: `c${looks}` } : null);
        },
      },
      warn() {},
    },
    task: { ...emptyTask(1), points: [] },
    run: { epoch: 1 },
    log: { record: (...events: NewEvent[]) => Promise.resolve(void written.push(...events)) },
  } as unknown as RunScope;
  const keeper = keepFilesOf(scope, { base_commit: "base" } as TaskPlace);
  let seq = 0;
  return {
    written,
    get looks() {
      return looks;
    },
    get waits() {
      return sleeping.length;
    },
    tool(name: string): number {
      const id = `t${++seq}`;
      hear(
        { type: "output.tool_use", task: 1, seq, data: { id, name, summary: "", input: {} } } as unknown as TaskEvent,
      );
      hear({ type: "output.tool_result", task: 1, seq: ++seq, data: { id } } as unknown as TaskEvent);
      return seq;
    },
    pass(ms: number) {
      now += ms;
      for (const { until, wake } of sleeping) if (until <= now) wake();
    },
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  };
}

Deno.test("the files are looked at after what may have changed them, and told where they differ", async () => {
  await using run = keeping({ lookMs: 10 });
  for (const reader of ["Read", "Grep", "TodoWrite"]) run.tool(reader);
  const after = run.tool("Bash");
  await eventually(() => run.written.length === 1);
  assertEquals([run.looks, run.written], [1, [{ type: "files.kept", data: { ref: "steps", commit: "c1", after } }]]);
  await using same = keeping({ lookMs: 10, changes: false });
  same.tool("Edit");
  await eventually(() => same.looks === 1);
  assertEquals(same.written, []);
});

Deno.test("after five seconds of it, looks at the files wait until they are a hundredth of the run's time", async () => {
  await using run = keeping({ lookMs: 2_000 });
  for (const looks of [1, 2]) {
    run.tool("Bash");
    await eventually(() => run.looks === looks);
  }
  // A third one would make it 6 s: 1 more than what is free, a hundredth of 100 s.
  run.tool("Bash");
  await eventually(() => run.waits === 1);
  run.pass(95_000);
  assertEquals(run.looks, 2);
  run.pass(1_000);
  await eventually(() => run.looks === 3);
});

Deno.test("who needs too long for one look is left alone, and that is said once", async () => {
  await using run = keeping({ lookMs: 3_100 });
  run.tool("Bash");
  await eventually(() => run.written.length === 2);
  assertEquals(run.written[1], {
    type: "output.notice",
    data: { kind: "files", text: "The files are not kept after each tool call: that takes 3.1 s here" },
  });
  run.tool("Bash");
  assertEquals([run.looks, run.waits], [1, 0]);
});
