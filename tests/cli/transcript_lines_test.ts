import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import stringWidth from "string-width";
import { TranscriptLines } from "../../cli/watch/transcript_lines.ts";
import type { TaskEvent } from "../../core/domain/event.ts";
import { begun, history, result, type Sample, use } from "../islands/sample_events.ts";
import { paper } from "./paper.ts";

/** Without the time, which is the reader's own. */
function linesOf(samples: Sample[], out = paper()): string[] {
  const lines = new TranscriptLines(out);
  return history(...samples).flatMap((event) => lines.take(event)).map((line) => line.slice(10));
}

Deno.test("a transcript is printed event by event: words whole, calls in a line, only errors of their results", () => {
  const lines = linesOf([
    ...begun,
    ["output.text", { text: "I look.\n\nThen I write." }],
    use("a", "Read"),
    result("a"),
    use("b", "Bash"),
    result("b", true),
    ["check.started", { command: "npm test", timeout_seconds: 9, round: 2, commit: "c", uncommitted: 0 }],
    ["check.output", { text: "1 failed\n" }],
    ["check.finished", { outcome: "failed", exit_code: 1, signal: null, duration_ms: 3000, round: 2, commit: "c" }],
    ["run.finished"],
    ["task.completed"],
  ]);
  const start = lines.indexOf("I look.");
  assert(lines.some((line) => line === "Run 1 began"), lines.join("\n"));
  assertEquals(lines.slice(start, start + 4), ["I look.", "", "Then I write.", lines[start + 3]!]);
  assert(lines[start + 3]!.startsWith("Read"));
  assert(lines[start + 4]!.startsWith("Bash"));
  assertEquals(lines[start + 5], "Bash failed");
  assertEquals(lines.slice(-5), [
    "Check runs  npm test",
    "1 failed",
    "Check failed  3 s, exit 1",
    "Run 1 ended: succeeded  5 s, $0.25",
    "Task completed",
  ]);
});

Deno.test("the call that hands in a plan is not shown as failed, the plan is", () => {
  const lines = linesOf([...begun, use("p", "ExitPlanMode"), result("p", true), ["plan.proposed", {
    plan: "1. Look",
  }]]);
  assertEquals(lines.slice(-2), ["Proposed plan", "1. Look"]);
});

Deno.test("every type of event fits a terminal, and nothing in it is obeyed", async () => {
  const text = await Deno.readTextFile(fromFileUrl(new URL("../fixtures/events.ndjson", import.meta.url)));
  const events: TaskEvent[] = text.trim().split("\n").map((line) => JSON.parse(line));
  const out = paper({ columns: 60 });
  const lines = new TranscriptLines(out);
  for (const event of events) {
    for (const line of lines.take(event)) {
      assert(stringWidth(line) <= 60 || !line.trim().includes(" "), `${event.type}: ${line}`);
    }
  }
  const evil: Sample[] = [...begun, ["output.text", { text: "\x1b[2Jgone\x1b]0;x\x07" }]];
  assertEquals(linesOf(evil).at(-1), "gone");
});
