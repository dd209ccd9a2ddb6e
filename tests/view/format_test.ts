import { assertEquals } from "@std/assert";
import {
  ago,
  bytes,
  compact,
  cost,
  dayKey,
  dayWord,
  duration,
  firstLine,
  type Locale,
  silentFor,
  taskCost,
  timeOfDay,
  timeOrDate,
  usableLocale,
  whole,
} from "../../core/view/format.ts";

Deno.test("duration() takes two units at most", () => {
  assertEquals([0, 999, 42_000, 372_000, 3_840_000, 266_400_000].map(duration), [
    "<1 s",
    "<1 s",
    "42 s",
    "6 m 12 s",
    "1 h 04 m",
    "3 d 2 h",
  ]);
  assertEquals(duration(-5), "<1 s");
});

Deno.test("silentFor() counts seconds, then minutes, then hours", () => {
  assertEquals([40_000, 720_000, 11_000_000].map(silentFor), [
    "silent for 40 s",
    "silent for 12 min",
    "silent for 3 h",
  ]);
});

Deno.test("ago(), cost(), compact() and bytes() are short and never NaN", () => {
  assertEquals([10_000, 720_000, 7_200_000, 500_000_000].map(ago), ["now", "12 min ago", "2 h ago", "5 d ago"]);
  assertEquals([0, 0.004, 0.874, 1204.4].map(cost), ["$0", "<$0.01", "$0.87", "$1,204"]);
  assertEquals([0, 950, 12_877, 99_960, 171_204, 2_100_000].map(compact), [
    "0",
    "950",
    "12.9k",
    "100k",
    "171k",
    "2.1M",
  ]);
  assertEquals([12, 2048, 5_500_000, 81_964_914_278].map(bytes), ["12 B", "2 KB", "5.2 MB", "76.3 GB"]);
});

Deno.test("taskCost() does not call a run free whose cost has no estimate yet", () => {
  const over = { cost_usd: 0, cost_basis: "reported", cost_estimate_usd: null, run_started_at: null } as const;
  const running = { ...over, run_started_at: "2026-03-01T10:00:00.000Z" };
  assertEquals(taskCost(over), "$0");
  assertEquals(taskCost(running), "not known yet");
  assertEquals(taskCost({ ...running, cost_estimate_usd: 0.9 }), "≈ $0.90");
  assertEquals(taskCost({ ...running, cost_usd: 0.87 }), "$0.87");
  assertEquals(taskCost({ ...running, cost_usd: null, cost_basis: "unknown" }), "cost unknown");
});

Deno.test("timeOfDay() is the reader's: zone and locale", () => {
  assertEquals(timeOfDay("2026-03-01T10:02:11.000Z", { tag: "en-GB", zone: "Europe/Berlin" }), "11:02:11");
  assertEquals(usableLocale("not a tag!", "Mars/Olympus"), { tag: "en-GB", zone: "UTC" });
  assertEquals(usableLocale("de-DE", "Asia/Tokyo"), { tag: "de-DE", zone: "Asia/Tokyo" });
});

Deno.test("what was written in a locale is not written again, and who keeps it is told of all that is", () => {
  const at = "2026-03-01T10:02:11.000Z";
  const noted: Record<string, string> = {};
  const note = (key: string, words: string) => void (noted[key] = words);
  const locale = { tag: "en-GB", zone: "UTC" };
  const all = (one: Locale) => [timeOrDate(at, "1 Mar 2026", one), dayWord(at, "2026-03-03", one), whole(5_000, one)];
  const words = all({ ...locale, note });
  assertEquals(words, ["10:02:11", "Sunday 1 March", "5,000"]);
  // Another zone and tag would be seen.
  assertEquals(all({ tag: "de-DE", zone: "Asia/Tokyo", written: noted }), words);
  assertEquals(all({ ...locale, written: { [Object.keys(noted)[1]!]: "then" } })[0], "then");
});

Deno.test("firstLine() skips empty lines and is bounded", () => {
  assertEquals(firstLine("\n\n  Fix it \nnow"), "Fix it");
  assertEquals(firstLine("x".repeat(500)).length, 120);
  assertEquals(firstLine(""), "");
});

Deno.test("dayWord() names days as the reader's zone has them", () => {
  const berlin = { tag: "en-GB", zone: "Europe/Berlin" };
  const today = dayKey("2026-11-30T12:00:00.000Z", berlin);
  assertEquals(today, "2026-11-30");
  const moments = ["2026-11-29T23:30:00.000Z", "2026-11-29T22:30:00.000Z", "2026-11-22T10:00:00.000Z"];
  assertEquals(moments.map((at) => dayWord(at, today, berlin)), ["Today", "Yesterday", "Sunday 22 November"]);
  assertEquals(dayWord(moments[0]!, today, { tag: "en-GB", zone: "UTC" }), "Yesterday");
  // Over the end of summer time: 25 hours are one day.
  assertEquals(dayWord("2026-10-24T23:30:00.000Z", "2026-10-26", berlin), "Yesterday");
});
