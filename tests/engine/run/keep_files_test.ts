// What may be spent on the files of every step, by a clock that the test turns.

import { assertEquals } from "@std/assert";
import { keepFilesOf } from "../../../core/engine/run/keep_files.ts";
import type { RunScope } from "../../../core/engine/run/run_scope.ts";
import type { NewEvent, TaskEvent } from "../../../core/domain/event.ts";
import { emptyTask, type TaskPlace } from "../../../core/domain/task.ts";
import { eventually } from "../../support/temp.ts";

/** A run whose looks at its files take `lookMs`, and what it wrote; `sleep` resolves when `pass` turned the clock on. */
function keeping(
  { lookMs, changes = true, fails = () => false }: { lookMs: number; changes?: boolean; fails?(look: number): boolean },
) {
  let now = 0;
  let looks = 0;
  let hear: (event: TaskEvent) => void = () => {};
  const sleeping: { until: number; wake: () => void }[] = [];
  const written: NewEvent[] = [];
  const warnings: string[] = [];
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
          if (fails(looks)) return Promise.reject(new Error("a.txt cannot be read"));
          return Promise.resolve(changes ? { ref: "steps", commit: `c${looks}` } : null);
        },
      },
      warn(text: string) {
        warnings.push(text);
      },
    },
    task: { ...emptyTask(1), points: [] },
    run: { epoch: 1 },
    log: { record: (...events: NewEvent[]) => Promise.resolve(void written.push(...events)) },
  } as unknown as RunScope;
  const keeper = keepFilesOf(scope, { base_commit: "base" } as TaskPlace);
  let seq = 0;
  return {
    written,
    warnings,
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

Deno.test("after half a second of it, looks at the files wait until they are a hundredth of the run's time", async () => {
  await using run = keeping({ lookMs: 50 });
  for (let looks = 1; looks <= 10; looks++) {
    run.tool("Bash");
    await eventually(() => run.looks === looks);
  }
  // The next one would make it 550 ms: 50 more than what is free, a hundredth of 5 s, of which 500 ms are over.
  run.tool("Bash");
  await eventually(() => run.waits === 1);
  run.pass(4_400);
  assertEquals(run.looks, 10);
  run.pass(100);
  await eventually(() => run.looks === 11);
  assertEquals(ofNotice(run.written), []);
});

Deno.test("who waits long for the next look is told so, once", async () => {
  await using run = keeping({ lookMs: 900 });
  run.tool("Bash");
  await eventually(() => run.looks === 1);
  for (const waits of [1, 2]) {
    run.tool("Bash");
    await eventually(() => run.waits === waits);
    run.pass(130_000);
    if (waits === 1) await eventually(() => run.looks === 2);
  }
  assertEquals(ofNotice(run.written), [
    "The files are not kept after each tool call, but now and then: that takes 0.9 s here",
  ]);
});

Deno.test("a look that fails is made again after the next tool, and three in a row are said", async () => {
  await using run = keeping({ lookMs: 10, fails: (look) => look !== 3 && look < 8 });
  for (let looks = 1; looks <= 8; looks++) {
    run.tool("Bash");
    await eventually(() => run.looks === looks);
  }
  await eventually(() => run.written.length === 3);
  assertEquals(run.written.map(({ type }) => type), ["files.kept", "output.notice", "files.kept"]);
  assertEquals(ofNotice(run.written), ["The files cannot be kept after tool calls, 3 times now: a.txt cannot be read"]);
  assertEquals(run.warnings, Array(2).fill("Cannot keep the files of task 1: a.txt cannot be read"));
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

function ofNotice(events: NewEvent[]): string[] {
  return events.flatMap((event) => event.type === "output.notice" ? event.data.text : []);
}
