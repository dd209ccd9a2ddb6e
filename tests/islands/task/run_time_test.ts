import { assertEquals } from "@std/assert";
import { runTimeMs } from "../../../islands/task/run_time.ts";
import { elapsedMs } from "../../../core/view/task_state.ts";
import { begun, history, type Sample, viewOf } from "../sample_events.ts";

Deno.test("runTimeMs() counts the runs and not the queue between them", () => {
  const wait: Sample = ["task.retry_scheduled", { due_at: "2026-03-01T11:00:00.000Z", attempt: 2, reason: "failed" }];
  const settle: Sample = ["run.finished", { outcome: "failed", then: "settle" }];
  const samples = [...begun, settle, wait, ["run.claimed", { epoch: 2 }, 3_600_000], ["run.finished"], [
    "task.completed",
  ]] as Sample[];
  const events = history(...samples).map((event, index) => index > begun.length + 1 ? { ...event, run: 2 } : event);
  const at = (seq: number, now = 0) => runTimeMs(viewOf(events.slice(0, seq)), { events, now });
  assertEquals(at(1), null);
  assertEquals(at(2, Date.parse(events[1]!.at) + 700), 700);
  assertEquals(at(6), 4_000);
  assertEquals(at(7), 4_000);
  assertEquals(at(8, Date.parse(events[7]!.at) + 500), 4_500);
  assertEquals(at(10), 5_000);
  const whole = viewOf(events);
  assertEquals(elapsedMs(whole, 0), null);
  assertEquals(runTimeMs(whole, { events: events.slice(0, 3), now: 0 }), null, "a run is not known");
});
