import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { callNames } from "../../../core/view/transcript/tool_calls.ts";
import { transcriptItems } from "../../../core/view/transcript/transcript_items.ts";
import { begun, history, result, type Sample, use } from "../../islands/sample_events.ts";

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

Deno.test("transcriptItems() puts what a subagent says and does, and its own subagents, into the call that started it", () => {
  const within = (subagent: string, [type, data]: Sample) => [type, { ...data, subagent }] as Sample;
  const events = history(
    ...begun,
    use("a", "Agent"),
    within("a", ["output.text", { text: "Looking" }]),
    within("a", use("r", "Read")),
    within("a", result("r")),
    within("a", use("b", "Agent")),
    within("b", ["output.thinking", { text: "Deeper" }]),
    ["output.text", { text: "Meanwhile" }],
    within("a", result("b")),
    result("a"),
    within("lost", ["output.text", { text: "Earlier" }]),
  );
  const items = transcriptItems(events);
  assertEquals(items.map(({ kind }) => kind), ["prompt", "run", "tools", "said", "said"]);
  const [, , tools, , earlier] = items;
  if (tools?.kind !== "tools" || earlier?.kind !== "said") throw new Error("no tools");
  const [agent] = tools.calls;
  assertEquals([tools.calls.length, tools.last, tools.endedAt !== null], [1, events.length - 1, true]);
  assertEquals(agent!.nested.map((item) => [item.kind, item.kind === "said" && item.subagent]), [
    ["said", null],
    ["tools", false],
  ]);
  const inner = agent!.nested[1];
  if (inner?.kind !== "tools") throw new Error("no inner tools");
  assertEquals(inner.calls.map(({ id, result, nested }) => [id, result?.text, nested.map(({ kind }) => kind)]), [
    ["r", "out", []],
    ["b", "out", ["thought"]],
  ]);
  // Its own call stands before this stretch.
  assertEquals(earlier.subagent, "started earlier");
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
    fc.constantFrom("a", "b").map((subagent): Sample => ["output.text", { text: "inner", subagent }]),
    fc.constantFrom("a", "b").map((
      subagent,
    ): Sample => ["output.tool_use", { id: `${subagent}1`, name: "Read", summary: "", input: {}, subagent }]),
    fc.constantFrom("a", "b").map((
      subagent,
    ): Sample => ["output.tool_result", { id: `${subagent}1`, is_error: false, text: "out", subagent }]),
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

const asked = { method: "squash", target: "main", message: null } as const;
const ended = { ...asked, target_commit: "a".repeat(40), commit: "b".repeat(40), backup_ref: null, error: null };
const anchor = { path: "a.ts", side: "new", line: 3, quote: "x", blob: null } as const;

/** An event of a review, and the line that it is; null: it is not shown. */
const reviewLines: [sample: Sample, line: [tone: string, text: string, detail: string | null] | null][] = [
  [["landing.requested", { ...asked, auto: true }], ["run", "Landing in main by squash", "by itself"]],
  [["landing.requested", { ...asked, leave_uncommitted: true }], [
    ...["run", "Landing in main by squash", "what is not committed stays behind"] as const,
  ]],
  [["landing.integrated", ended], ["wait", "Joined with main in bbbbbbbbb", "main at aaaaaaaaa"]],
  [["landing.finished", { ...ended, outcome: "landed" }], ["done", "Landed in main as bbbbbbbbb by squash", null]],
  [["landing.finished", { ...ended, outcome: "landed", backup_ref: "refs/coder/x" }], [
    ...["done", "Landed in main as bbbbbbbbb by squash", "what it was at is kept under refs/coder/x"] as const,
  ]],
  [["landing.finished", { ...ended, outcome: "refused", error: "It was cancelled" }], [
    ...["need", "Not landed in main", "It was cancelled"] as const,
  ]],
  [["landing.finished", { ...ended, outcome: "conflict", conflicts: ["a", "b"] }], [
    ...["need", "Not landed in main", "2 files to solve: a, b"] as const,
  ]],
  [["landing.finished", { ...ended, outcome: "check_failed", error: "exit 1" }], [
    ...["fail", "Not landed in main", "exit 1"] as const,
  ]],
  [["merge.started", { target: "main", commit: "a".repeat(40), conflicts: ["a"] }], [
    ...["need", "main at aaaaaaaaa merged into the branch", "1 file to solve: a"] as const,
  ]],
  [["task.accepted"], ["done", "Accepted: the work was taken elsewhere", null]],
  [["task.discarded"], ["off", "Discarded", null]],
  [["comment.added", { ...anchor, id: 1, text: "Why?\nmore" }], ["wait", "Comment on a.ts, line 3", "Why?"]],
  [["comment.added", { ...anchor, path: "", side: "plan", id: 1, text: "Why?" }], [
    ...["wait", "Comment on the plan, line 3", "Why?"] as const,
  ]],
  [["comment.edited", { id: 1, text: "x" }], null],
  [["comment.deleted", { id: 1 }], null],
  [["comment.resolved", { id: 1, resolved: true }], null],
  [["work.saved", { name: "run-1", ref: null, commit: "a" }], null],
  [["branch.pushed", { remote: "origin", url: "https://x/y", branch: "task-1", commit: "a".repeat(40) }], [
    ...["done", "Pushed task-1 to origin at aaaaaaaaa", "https://x/y"] as const,
  ]],
  [["pull_request.opened", { url: "https://x/1", number: 7, title: "T" }], [
    ...["done", "Pull request #7 opened", "https://x/1"] as const,
  ]],
  [["pull_request.changed", { url: "https://x/1", state: "merged" }], [
    "done",
    "Pull request is merged",
    "https://x/1",
  ]],
  [["pull_request.changed", { url: "https://x/1", state: "closed" }], ["off", "Pull request is closed", "https://x/1"]],
];

for (const [sample, line] of reviewLines) {
  Deno.test(`transcriptItems() ${line === null ? "leaves out" : "has a line for"} ${JSON.stringify(sample)}`, () => {
    const items = transcriptItems(history(sample));
    assertEquals(
      items.map((item) => item.kind === "line" ? [item.tone, item.text, item.detail] : item.kind),
      line === null ? [] : [line],
    );
  });
}

Deno.test("transcriptItems() tells what judges a landing from what judges a run, and what a message is about", () => {
  const started = { command: "npm test", timeout_seconds: 60, round: 1, commit: "c", uncommitted: 0 };
  const merge = { target: "main", commit: "c", method: "squash" } as const;
  const items = transcriptItems(history(
    ["check.started", started],
    ["check.started", { ...started, of: "landing" }],
    ["check.output", { of: "landing", text: "red" }],
    ["message.added", { text: "Do" }],
    ["message.added", { text: "Do", comments: [1] }],
    ["message.added", { text: "Do", resolve: merge }],
  ));
  assertEquals(
    items.map((item) => item.kind === "step" ? [item.ofLanding, item.text] : item.kind === "message" && item.about),
    [[false, ""], [true, "red"], "words", "comments", "resolve"],
  );
});
