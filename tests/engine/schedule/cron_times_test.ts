import { assertEquals, assertThrows } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import { cronTimes } from "../../../core/engine/schedule/cron_times.ts";

const at = (text: string) => Date.parse(text);

Deno.test("cronTimes() gives times of a time zone, in UTC", () => {
  assertEquals(cronTimes("0 9 * * 1-5", "America/New_York").next(at("2026-11-28T00:00:00Z"), 3), [
    "2026-11-30T14:00:00.000Z",
    "2026-12-01T14:00:00.000Z",
    "2026-12-02T14:00:00.000Z",
  ]);
  assertEquals(cronTimes("@daily", "UTC").next(at("2026-11-30T00:00:00Z"), 1), ["2026-12-01T00:00:00.000Z"]);
});

Deno.test("an hour that a clock leaves out comes right after it, and one that comes twice is taken once", () => {
  const berlin = cronTimes("30 2 * * *", "Europe/Berlin");
  assertEquals(berlin.next(at("2026-03-28T00:00:00Z"), 3), [
    "2026-03-28T01:30:00.000Z",
    "2026-03-29T01:00:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
  assertEquals(berlin.next(at("2026-10-24T12:00:00Z"), 2), ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"]);
});

Deno.test("each form of minutes and hours comes right after an hour that is left out, once", () => {
  // At 2:00 on 29 March the clocks of Berlin go to 3:00, which is 1:00 in UTC.
  const gap = "2026-03-29T01:00:00.000Z";
  const cases: [cron: string, times: string[]][] = [
    ["0,30 2 * * *", [gap, "2026-03-30T00:00:00.000Z"]],
    ["*/20 2 * * *", [gap, "2026-03-30T00:00:00.000Z"]],
    ["15,45 2 * * *", [gap, "2026-03-30T00:15:00.000Z"]],
    ["0-10 2 * * *", [gap, "2026-03-30T00:00:00.000Z"]],
    ["5-59/20 2 * * *", [gap, "2026-03-30T00:05:00.000Z"]],
    ["* 2 * * *", [gap, "2026-03-30T00:00:00.000Z"]],
    ["15,45 2 * * 0", [gap, "2026-04-05T00:15:00.000Z"]],
    ["30 1,2 * * *", ["2026-03-29T00:30:00.000Z", gap, "2026-03-29T23:30:00.000Z"]],
    ["30 2,3 * * *", [gap, "2026-03-29T01:30:00.000Z", "2026-03-30T00:30:00.000Z"]],
    ["0 2-3 * * *", [gap, "2026-03-30T00:00:00.000Z"]],
    ["30 */2 * * *", ["2026-03-28T23:30:00.000Z", gap, "2026-03-29T02:30:00.000Z"]],
    ["*/30 * * * *", ["2026-03-28T23:30:00.000Z", "2026-03-29T00:00:00.000Z", "2026-03-29T00:30:00.000Z", gap]],
    ["30 0-23/1 * * *", ["2026-03-28T23:30:00.000Z", "2026-03-29T00:30:00.000Z", "2026-03-29T01:30:00.000Z"]],
  ];
  for (const [cron, times] of cases) {
    assertEquals(cronTimes(cron, "Europe/Berlin").next(at("2026-03-28T23:00:00Z"), times.length), times, cron);
  }
});

Deno.test("each form takes an hour that comes twice once, but for what comes every hour", () => {
  // At 3:00 on 25 October, which is 1:00 in UTC, they go back to 2:00.
  const first = ["2026-10-25T00:00:00.000Z", "2026-10-25T00:20:00.000Z", "2026-10-25T00:40:00.000Z"];
  for (const cron of ["0,20,40 2 * * *", "*/20 2 * * *", "0-59/20 2 * * *", "*/20 2-2 * * *"]) {
    const times = cronTimes(cron, "Europe/Berlin").next(at("2026-10-24T22:00:00Z"), 4);
    assertEquals(times, [...first, "2026-10-26T01:00:00.000Z"], cron);
  }
  assertEquals(cronTimes("30 * * * *", "Europe/Berlin").next(at("2026-10-25T00:00:00Z"), 3), [
    "2026-10-25T00:30:00.000Z",
    "2026-10-25T01:30:00.000Z",
    "2026-10-25T02:30:00.000Z",
  ]);
});

Deno.test("missed() counts the times since one, until now, and not without end", () => {
  const hourly = cronTimes("@hourly", "UTC");
  assertEquals(hourly.missed("2026-11-30T10:00:00.000Z", at("2026-11-30T10:00:00Z")), 0);
  assertEquals(hourly.missed("2026-11-30T10:00:00.000Z", at("2026-11-30T10:59:59Z")), 0);
  assertEquals(hourly.missed("2026-11-30T10:00:00.000Z", at("2026-11-30T13:00:00Z")), 3);
  assertEquals(cronTimes("* * * * *", "UTC").missed("2026-01-01T00:00:00.000Z", at("2026-11-30T13:00:00Z")), 1_000);
});

Deno.test("cronTimes() refuses what is no time, and says which field is wrong", () => {
  const refused = [
    ["x", "UTC", "cron", "five fields"],
    ["* * * * * *", "UTC", "cron", "five fields"],
    ["61 * * * *", "UTC", "cron", "no cron expression"],
    ["2027-01-01T00:00:00", "UTC", "cron", "five fields"],
    ["@reboot", "UTC", "cron", "no cron expression"],
    ["0 9 30 2 *", "UTC", "cron", "no time that ever comes"],
    ["0 9 * * *", "Mars/Base", "timezone", "no time zone"],
  ] as const;
  for (const [cron, timezone, path, words] of refused) {
    const { code, issues } = assertThrows(() => cronTimes(cron, timezone), DomainError, words);
    assertEquals([code, issues[0]?.path], ["invalid", path], cron);
  }
});
