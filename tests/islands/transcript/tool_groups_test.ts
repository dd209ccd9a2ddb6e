import { assertEquals } from "@std/assert";
import { callsOf, inWhole, isWithin, ToolGroups } from "../../../islands/transcript/tool_groups.ts";
import { type TranscriptItem, transcriptItems } from "../../../core/view/transcript/transcript_items.ts";
import { begun, history, result, type Sample, use } from "../sample_events.ts";

const said: Sample = ["output.text", { text: "Next" }];
const counted: Sample = ["usage.counted", {}];
/** From event 6 on: two calls, words, three calls of which one fails and the last has no answer. */
const samples: Sample[] = [
  ...begun,
  ...[use("a"), result("a"), counted, use("b"), result("b")],
  said,
  ...[use("c"), use("d"), result("d", true), result("c"), use("e")],
];
const events = history(...samples);
const groups = new ToolGroups();
for (const event of events) groups.take(event);
type Group = Extract<TranscriptItem, { kind: "tools" }>;

/** What is drawn of the stretch. */
function drawn(from: number, to: number, { isRunning = false, limit = events.length } = {}): Group[] {
  const items = transcriptItems(events.slice(from - 1, to));
  return inWhole(items, { groups, from, to, limit, isRunning }).filter((item): item is Group => item.kind === "tools");
}

Deno.test("ToolGroups knows all of a group from any event in it", () => {
  for (let seq = 6; seq <= 10; seq++) assertEquals(groups.around(seq, 16)?.calls, 2, `event ${seq}`);
  for (let seq = 12; seq <= 16; seq++) {
    assertEquals(groups.around(seq, 16), { first: 12, calls: 3, failed: 1, tookMs: 4_000 }, `event ${seq}`);
  }
  assertEquals(groups.around(14, 14), { first: 12, calls: 2, failed: 1, tookMs: 2_000 });
  for (const seq of [1, 11, 17, 99]) assertEquals(groups.around(seq, 16), null, `event ${seq}`);
});

Deno.test("a stretch that cuts groups counts them whole, and no answer as a call", () => {
  const [first, second] = drawn(7, 13) as [Group, Group];
  assertEquals([first.whole?.calls, callsOf(first).length, first.calls.length], [2, 1, 2]);
  assertEquals([second.whole?.calls, callsOf(second).length], [3, 2]);
  assertEquals(drawn(1, 16).map(({ whole, calls }) => [whole, calls.length]), [[null, 2], [null, 3]]);
});

Deno.test("a call runs only at the end of an open run", () => {
  const open = (...args: Parameters<typeof drawn>) => drawn(...args).map(({ isOpen }) => isOpen);
  assertEquals(open(1, 16, { isRunning: true }), [false, true]);
  assertEquals(open(1, 16), [false, false]);
  assertEquals(open(1, 13, { isRunning: true }), [false, false], "its answer stands further down");
  assertEquals(open(1, 13, { isRunning: true, limit: 13 }), [false, true], "at that moment");
});

Deno.test("isWithin() tells which of several calls at once an event belongs to, a subagent's words too", () => {
  const of = (subagent: string): Sample => ["output.text", { text: "x", subagent }];
  const own = history(use("a", "Task"), use("b", "Task"), of("b"), of("a"), result("a"), result("b"));
  const [group] = transcriptItems(own) as [Group];
  const [a, b] = group.calls;
  assertEquals([3, 4].map((seq) => isWithin(a!.nested, seq)), [false, true]);
  assertEquals([3, 4].map((seq) => isWithin(b!.nested, seq)), [true, false]);
  assertEquals([a, b].map((call) => call!.result?.seq), [5, 6]);
  assertEquals([0, 1, 2, 3, 4, 5, 6, 7].map((seq) => isWithin([group], seq)), [
    ...[false, true, true, true, true, true, true, false],
  ]);
});
