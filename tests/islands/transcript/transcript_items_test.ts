import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { callNames, transcriptItems } from "../../../islands/transcript/transcript_items.ts";
import { begun, history, result, type Sample, use } from "../sample_events.ts";

Deno.test("transcriptItems() folds calls that follow one another into one group, and words end it", () => {
  const items = transcriptItems(history(
    ...begun,
    use("a", "Read"),
    ["usage.counted", { message_id: "m" }],
    result("a"),
    use("b", "Read"),
    result("b", true),
    ["output.text", { text: "So." }],
    use("c"),
  ));
  assertEquals(items.map(({ kind }) => kind), ["prompt", "run", "tools", "said", "tools"]);
  const [, , first, , second] = items;
  if (first?.kind !== "tools" || second?.kind !== "tools") throw new Error("not two groups");
  assertEquals([first.calls.length, first.failed, first.endedAt !== null, callNames(first.calls)], [
    2,
    1,
    true,
    "Read 2",
  ]);
  assertEquals([second.calls.length, second.endedAt], [1, null]);
});

Deno.test("transcriptItems() joins a late result to its call, and keeps one whose call is not in the stretch", () => {
  const events = history(...begun, use("a"), ["output.text", { text: "Meanwhile" }], result("a"), result("lost"));
  const items = transcriptItems(events);
  const tools = items.flatMap((item) => item.kind === "tools" ? item.calls : []);
  assertEquals(tools.map(({ id, result }) => [id, result?.text]), [["a", "out"], ["lost", "out"]]);
});

Deno.test("transcriptItems() shows a plan once: the call that hands it in is left out", () => {
  const items = transcriptItems(
    history(...begun, use("p", "ExitPlanMode"), ["plan.proposed", { plan: "1." }], result("p", true)),
  );
  assertEquals(items.map(({ kind }) => kind), ["prompt", "run", "plan"]);
});

Deno.test("transcriptItems() keeps what it does not know", () => {
  const events = history(...begun, ["output.text", { text: "x" }]);
  const strange = { ...events[5]!, type: "agent.sang", data: { song: 1 } } as unknown as typeof events[0];
  assertEquals(transcriptItems([strange]).map(({ kind }) => kind), ["unknown"]);
});

Deno.test("transcriptItems(): the same first and last event always mean the same content", () => {
  const sample = fc.oneof(
    fc.constantFrom("a", "b", "c").map((id): Sample => use(id)),
    fc.constantFrom("a", "b", "c").map((id): Sample => result(id)),
    fc.constant<Sample>(["output.text", { text: "x" }]),
    fc.constant<Sample>(["output.stderr", { text: "e" }]),
  );
  fc.assert(fc.property(fc.array(sample, { maxLength: 30 }), fc.nat(30), (samples, cut) => {
    const events = history(...begun, ...samples);
    const seen = new Map<string, string>();
    for (const end of [Math.max(6, events.length - cut), events.length]) {
      for (const item of transcriptItems(events.slice(0, end))) {
        const key = `${item.kind}${item.first}-${item.last}`;
        const content = JSON.stringify(item);
        assertEquals(seen.get(key) ?? content, content);
        seen.set(key, content);
      }
    }
  }));
});

Deno.test("transcriptItems() puts a command of the repository, what it said and its end together, and what its run told the agent", () => {
  const started = { command: "npm test", timeout_seconds: 60, round: 2, commit: "c", uncommitted: 3 };
  const finished = { outcome: "failed" as const, exit_code: 1, signal: null, duration_ms: 900, round: 2, commit: "c" };
  const items = transcriptItems(history(
    ...begun,
    ["check.started", started],
    ["check.output", { text: "one\n" }],
    ["check.output", { text: "two\n" }],
    ["check.finished", finished],
    ["followup.sent", { because: "check_failed", text: "Mend it" }],
    ["check.started", { ...started, round: 3, uncommitted: 0 }],
    ["check.output", { text: "x".repeat(30_000) }],
    ["check.output", { text: "y".repeat(30_000) }],
  ));
  assertEquals(items.map(({ kind }) => kind), ["prompt", "run", "step", "told", "step"]);
  const [first, last] = items.filter((item) => item.kind === "step");
  assertEquals([first!.command, first!.text, first!.detail, first!.end?.outcome], [
    ...["npm test", "one\ntwo\n", "round 2, 3 uncommitted set aside", "failed"],
  ]);
  // Of what is very long the end is shown.
  assertEquals([last!.text, last!.detail, last!.end], [`…${"y".repeat(20_000)}`, "round 3", null]);
});
