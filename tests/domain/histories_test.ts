// Properties of every legal history.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isTerminal, type TaskEvent } from "../../core/domain/event.ts";
import { evolve, evolveAll } from "../../core/domain/evolve.ts";
import { boardEntry } from "../../core/domain/plan.ts";
import { emptyTask, isOver, statuses, type Task } from "../../core/domain/task.ts";
import { type History, legalHistories, play, specs, texts, wishes } from "./histories.ts";
import { fold } from "./world.ts";

const short = texts({ maxLength: 3_000 });

function holds(property: (history: History) => void, { runs = 200, text = short } = {}): void {
  fc.assert(fc.property(legalHistories({ texts: text }), property), { numRuns: runs });
}

Deno.test("legal histories come by every status and every event type of a task", () => {
  const histories = fc.sample(legalHistories({ texts: short }), { numRuns: 300, seed: 1 });
  const types = new Set(histories.flatMap(({ events }) => events.map(({ type }) => type as string)));
  const seen = new Set(histories.flatMap(({ events }) => states(events).map(({ status }) => status)));
  assertEquals([...statuses].filter((status) => !seen.has(status)), []);
  const expected = [
    ..."created edited cancel_requested retry_scheduled completed failed cancelled".split(" ").map((t) => `task.${t}`),
    ..."claimed started finished".split(" ").map((type) => `run.${type}`),
    ..."added snapshotted removed kept".split(" ").map((type) => `worktree.${type}`),
    ..."text thinking tool_use tool_result notice stderr raw".split(" ").map((type) => `output.${type}`),
    ..."plan.proposed plan.approved plan.rejected message.added message.sent".split(" "),
    ...["agent.ready", "usage.counted"],
  ];
  assertEquals(expected.filter((type) => !types.has(type)), []);
});

Deno.test("seq counts from 1 without a gap, and at never goes back", () => {
  holds(({ events }) => {
    events.forEach(({ seq }, index) => assertEquals(seq, index + 1));
    for (let index = 1; index < events.length; index++) assert(events[index]!.at >= events[index - 1]!.at);
  });
});

Deno.test("evolveAll() on any part of a history is evolve() one by one, and leaves what it began with", () => {
  fc.assert(fc.property(legalHistories({ texts: short }), fc.nat(), ({ events }, at) => {
    const [first, rest] = [events.slice(0, at % (events.length + 1)), events.slice(at % (events.length + 1))];
    const begun = first.reduce(evolve, emptyTask(12));
    const before = structuredClone(begun);
    assertEquals(evolveAll(begun, rest), events.reduce(evolve, emptyTask(12)));
    assertEquals(begun, before);
  }));
});

Deno.test("a life has at most one terminal event", () => {
  holds(({ events }) => {
    let over = false;
    for (const { type } of events) {
      if (isTerminal(type)) {
        assert(!over, `${type} after the end`);
        over = true;
      }
      if (type === "task.retry_scheduled" || type === "message.added") over = false;
    }
  });
});

Deno.test("a run has one claim, one end and no event after it", () => {
  holds(({ events }) => {
    let open: number | undefined;
    let last = 0;
    for (const { type, run } of events) {
      if (type === "run.claimed") {
        assertEquals(open, undefined, "two runs at once");
        assertEquals(run, last + 1);
        open = last = run!;
      } else if (run !== undefined) assertEquals(run, open, `${type} of a run that is not open`);
      if (type === "run.finished") open = undefined;
    }
  });
});

Deno.test("status, open run, ending and completed_at agree at every moment", () => {
  holds(({ events }) => {
    for (const task of states(events)) {
      if (task.run) assertEquals(task.status, "in_progress");
      // Between `run.finished` and `task.completed`, which share a commit, there is neither a run nor an ending.
      if (task.ending) assertEquals([task.status, task.run], ["in_progress", null]);
      assertEquals(task.completed_at !== null, isOver(task.status));
      if (isOver(task.status)) assert(!task.cancel_requested && task.due_at === null);
      assert(task.attempts >= 0 && task.attempts <= Math.max(task.epoch, 0));
      assert(task.attempts <= Math.max(task.max_attempts, 1), "more attempts than allowed");
      assertEquals(new Set(task.messages).size, task.messages.length);
    }
  });
});

Deno.test("nothing decided leaves a task that nobody will ever look at again", () => {
  holds(({ head }) => {
    const entry = boardEntry(head);
    const someoneActs = isOver(entry.status) || entry.status === "pending" || entry.status === "awaiting_approval" ||
      entry.runner !== null || entry.ending;
    assert(someoneActs, JSON.stringify(entry));
  });
});

Deno.test("the fold is deterministic, changes no earlier state, and folding in two halves is folding the whole", () => {
  fc.assert(
    fc.property(legalHistories({ texts: short }), fc.nat(), ({ events, head }, cut) => {
      events.forEach(deepFreeze);
      assertEquals(fold(events), head);
      const half = deepFreeze(fold(events.slice(0, cut % events.length)));
      assertEquals(fold(events.slice(cut % events.length), half), head);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a head that went through JSON at any point folds on to the same task", () => {
  fc.assert(
    fc.property(legalHistories({ texts: short }), fc.nat(), ({ events, head }, cut) => {
      const stored = JSON.parse(JSON.stringify(fold(events.slice(0, cut % events.length))));
      const rest = JSON.parse(JSON.stringify(events.slice(cut % events.length)));
      assertEquals(JSON.stringify(fold(rest, stored)), JSON.stringify(head));
    }),
    { numRuns: 200 },
  );
});

Deno.test("the head stays below 16 KB however long the texts and however many the dependencies", () => {
  // What JSON makes longest, control characters, is no text of people; it has a bound of its own below.
  const long = texts({ maxLength: 200_000 });
  fc.assert(
    fc.property(
      specs({ texts: long }),
      fc.array(wishes({ texts: long }), { maxLength: 60, size: "max" }),
      (spec, all) => {
        const dependencies = Array.from({ length: 100 }, (_, index) => Number.MAX_SAFE_INTEGER - index);
        const { events } = play({ ...spec, depends_on: dependencies, prompt: "日本".repeat(100_000) }, all);
        for (const task of states(events)) assert(bytesOf(task) < 16 * 1024, `${bytesOf(task)} bytes`);
      },
    ),
    { numRuns: 80 },
  );
});

Deno.test("no excerpt ends in half a character", () => {
  const whole = fc.tuple(fc.nat({ max: 3 }), fc.constantFrom("😀", "a😀", "  😀"), fc.integer({ min: 70, max: 700 }))
    .map(([before, unit, count]) => "-".repeat(before) + unit.repeat(count));
  holds(({ events }) => {
    for (const task of states(events)) {
      for (const text of [task.prompt.text, task.plan?.text, task.output?.text, task.error?.text, task.last_step]) {
        assert(!text || text.isWellFormed(), text ?? "");
      }
    }
  }, { text: whole });
});

Deno.test("the head stays below 32 KB even when all its texts are control characters", () => {
  const nasty = fc.constantFrom("\u0001".repeat(2_000), "\ud800".repeat(2_000));
  fc.assert(
    fc.property(legalHistories({ texts: nasty }), ({ events }) => {
      for (const task of states(events)) assert(bytesOf(task) < 32 * 1024, `${bytesOf(task)} bytes`);
    }),
    { numRuns: 80 },
  );
});

function bytesOf(task: Task): number {
  return new TextEncoder().encode(JSON.stringify(task)).length;
}

function states(events: TaskEvent[]): Task[] {
  const all: Task[] = [];
  let task = emptyTask(12);
  events.forEach((event, index) => {
    task = evolve(task, event);
    // Inside one commit nobody sees the state.
    const inCommit = event.type === "run.finished" && events[index + 1]?.type === "task.completed";
    if (!inCommit) all.push(task);
  });
  return all;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
