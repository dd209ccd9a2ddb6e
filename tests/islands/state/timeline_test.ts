import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { EventType } from "../../../core/domain/event.ts";
import {
  axisOf,
  drawingOf,
  emptyTimeline,
  extendTimeline,
  idleMaxMs,
  markOf,
  nextOf,
  pointedAt,
  positionOf,
  seqAt,
  seqSince,
  shareOf,
  stepMinMs,
  stepTransition,
  timeAt,
} from "../../../islands/state/timeline.ts";
import { begun, history, result, type Sample, use } from "../sample_events.ts";

function timelineOf(...samples: Sample[]) {
  const timeline = emptyTimeline();
  for (const event of history(...samples)) extendTimeline(timeline, event);
  return timeline;
}

Deno.test("axisOf() makes idle time short when it is skipped, and keeps it otherwise", () => {
  const timeline = timelineOf(["task.created"], ["run.claimed", {}, 3_600_000], ["worktree.added", {}, 200]);
  assertEquals([...axisOf(timeline, { skipIdle: true }).positions], [0, idleMaxMs, idleMaxMs + 200]);
  assertEquals([...axisOf(timeline, { skipIdle: false }).positions], [0, 3_600_000, 3_600_200]);
});

Deno.test("seqSince() is the first event since a time, and the last one after all", () => {
  const timeline = timelineOf(["task.created"], ["run.claimed", {}, 1_000], ["worktree.added", {}, 0]);
  const at = (ms: number) => seqSince(timeline, new Date(timeline.times[0]! + ms).toISOString());
  assertEquals([-5, 0, 999, 1_000, 9_000].map(at), [1, 1, 2, 2, 3]);
});

Deno.test("seqAt() and positionOf() are each other's inverse at every event", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 60 }), (gaps) => {
    const timeline = timelineOf(...gaps.map((gap): Sample => ["output.text", { text: "x" }, gap]));
    for (const skipIdle of [true, false]) {
      const axis = axisOf(timeline, { skipIdle });
      for (let seq = 1; seq <= gaps.length; seq++) {
        const found = seqAt(axis, positionOf(axis, seq));
        // Events of one moment stand at one place: the last of them is shown there.
        assert(found >= seq && positionOf(axis, found) === positionOf(axis, seq));
      }
      assertEquals(seqAt(axis, axis.length + 1), gaps.length);
      assertEquals(timeAt(timeline, axis, axis.length), timeline.times.at(-1));
    }
  }));
});

Deno.test("stepTransition() goes to the next and previous change of state, or to the ends", () => {
  const timeline = timelineOf(...begun, use("a"), result("a"), ["run.finished"], ["task.completed"]);
  assertEquals([1, 2, 4, 8, 9].map((seq) => stepTransition(timeline, seq, 1)), [2, 4, 8, 9, 9]);
  assertEquals([9, 8, 2, 1].map((seq) => stepTransition(timeline, seq, -1)), [8, 4, 1, 1]);
});

Deno.test("axisOf() gives what is seen time to be seen, and no more than it took when nothing is skipped", () => {
  const timeline = timelineOf(["task.created"], use("a"), ["usage.counted", {}, 0], use("b"), result("b"));
  for (let index = 0; index < 5; index++) timeline.times[index] = index;
  assertEquals([...axisOf(timeline, { skipIdle: true }).positions], [0, 300, 301, 601, 602]);
  assertEquals(stepMinMs, 300);
  assertEquals([...axisOf(timeline, { skipIdle: false }).positions], [0, 1, 2, 3, 4]);
});

Deno.test("pointedAt() is the mark under the pointer, in words, and the last event where there is none", () => {
  const timeline = timelineOf(...begun, use("a"), result("a", true), use("b"), result("b"), ["output.text", {
    text: "\n Done now\n",
  }, 60_000]);
  const axis = axisOf(timeline, { skipIdle: false });
  const words = (position: number, reach = 1_500) => timeline.words[pointedAt(timeline, axis, { position, reach }) - 1];
  assertEquals(words(positionOf(axis, 7)), "Bash Bash a, failed");
  assertEquals(words(positionOf(axis, 7) + 900), "Bash Bash a, failed", "an error wins over the call beside it");
  assertEquals(words(positionOf(axis, 8) + 100, 500), "Bash Bash b");
  assertEquals(words(positionOf(axis, 9) + 30_000), null);
  assertEquals(words(axis.length), "Done now");
});

Deno.test("nextOf() finds the next and previous event of a kind", () => {
  const timeline = timelineOf(...begun, use("a"), result("a", true), use("b"), result("b"));
  const from = (seq: number, direction: 1 | -1) => nextOf(timeline, seq, { direction, kinds: ["tool"] });
  assertEquals([from(1, 1), from(6, 1), from(8, 1), from(8, -1), from(6, -1)], [6, 8, null, 6, null]);
});

Deno.test("drawingOf() is bounded by its parts, however many events there are", () => {
  const timeline = emptyTimeline();
  for (let seq = 1; seq <= 50_000; seq++) {
    timeline.times.push(seq * 10);
    timeline.kinds.push(seq % 1000 === 0 ? 4 : 1);
  }
  const drawing = drawingOf(timeline, axisOf(timeline, { skipIdle: true }), 240);
  assertEquals([drawing.density.length, drawing.marks.length], [240, 240]);
  assert(drawing.density.every((value) => value >= 0 && value <= 1));
  assert(drawing.marks.includes("error"));
});

Deno.test("axisOf() gives each step of a short task the same real time at any speed, and a long task its speed", () => {
  const secondsAt = (steps: number, speed: number) => {
    const timeline = timelineOf(["task.created"], ...Array.from({ length: steps }, (_, at) => use(`${at}`)));
    timeline.times.fill(0);
    return axisOf(timeline, { skipIdle: true, speed }).length / speed / 1_000;
  };
  assertEquals([0.5, 1, 5, 50].map((speed) => secondsAt(10, speed)), [6, 3, 3, 3]);
  const atMost = secondsAt(1_000, 50);
  assert(atMost > 19 && atMost < 21, `${atMost} s`);
  assertEquals(Math.round(secondsAt(1_000, 5)), 60);
});

Deno.test("shareOf() is a share of playing time, or of the events where no time is known", () => {
  const axis = axisOf(timelineOf(["task.created"], use("a"), use("b")), { skipIdle: false });
  assertEquals([1, 2, 3].map((seq) => shareOf(axis, { seq, head: 3 })), [0, 0.5, 1]);
  assertEquals([1, 501, 1_001, 2_000].map((seq) => shareOf(null, { seq, head: 1_001 })), [0, 0.5, 1, 1]);
  assertEquals([
    shareOf(null, { seq: 1, head: 1 }),
    shareOf(axisOf(emptyTimeline(), { skipIdle: true }), { seq: 1, head: 1 }),
  ], [
    ...[0, 0],
  ]);
});

Deno.test("markOf() marks what failed, setups and checks as well, and not what was stopped", () => {
  const ended = (outcome: string) => ({ outcome, exit_code: 1, signal: null, duration_ms: 1 });
  const marksOf = (type: EventType, ...outcomes: string[]) =>
    outcomes.map((outcome) => markOf(history([type, ended(outcome)] as Sample)[0]!));
  assertEquals(marksOf("setup.finished", "passed", "failed", "timed_out", "stopped"), [
    "none",
    "error",
    "error",
    "none",
  ]);
  assertEquals(marksOf("check.finished", "passed", "failed"), ["none", "error"]);
  assertEquals(timelineOf(["check.finished", ended("failed") as never]).words, ["Check failed"]);
  assertEquals(marksOf("run.finished", "succeeded", "cancelled", "planned"), [
    "transition",
    "transition",
    "transition",
  ]);
  const bad = ["failed", "timed_out", "stalled", "over_budget", "check_failed", "setup_failed"];
  assertEquals(marksOf("run.finished", ...bad), bad.map(() => "error"));
});
