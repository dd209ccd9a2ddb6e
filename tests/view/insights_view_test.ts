import { assertEquals } from "@std/assert";
import { activityCsv } from "../../core/view/insights_csv.ts";
import { lanesOf, waitsOf } from "../../core/view/insights_view.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const said = (waits: ReturnType<typeof waitsOf>) => waits.map(({ for: what, from, to }) => [what, from, to]);

Deno.test("waitsOf() tells one wait after the other, up to the claim", () => {
  const run = { queued_at: at(0), ready_at: at(2), due_at: at(5), claimed_at: at(6), depends_on: [7] };
  assertEquals(said(waitsOf(run)), [
    ["dependencies", at(0), at(2)],
    ["delay", at(2), at(5)],
    ["slot", at(5), at(6)],
  ]);
  assertEquals(waitsOf(run)[0]!.tasks, [7]);
});

Deno.test("waitsOf() leaves out what was over before, and what comes after the claim", () => {
  assertEquals(said(waitsOf({ queued_at: at(3), ready_at: at(1), claimed_at: at(4) })), [["slot", at(3), at(4)]]);
  assertEquals(said(waitsOf({ queued_at: at(3), due_at: at(9), claimed_at: at(4) })), [["delay", at(3), at(4)]]);
  assertEquals(waitsOf({ claimed_at: at(4) }), []);
});

Deno.test("lanesOf() puts runs of one worker beside each other only where they overlap", () => {
  const run = (worker: string, from: number, to: number | null) => ({
    worker,
    claimed_at: at(from),
    ended_at: to === null ? null : at(to),
  });
  const [a, b, c, d] = [run("w", 0, 5), run("w", 3, null), run("w", 5, 6), run("v", 0, 1)];
  assertEquals(lanesOf([c, b, a, d]), [[a, c], [b], [d]]);
});

Deno.test("a cell of a CSV with a comma, a quote or a line is quoted, and one that looks like a formula is text", () => {
  const item = { at: at(0), task: 1, repo: "r", kind: "task.created" as const, outcome: null };
  const csv = activityCsv({
    ...{ from: at(0), to: at(1), hours: [], truncated: false },
    items: ['a, "b"', "=1+1", "+x", "two\nlines"].map((title) => ({ ...item, title })),
  });
  const titles = csv.split("\r\n").slice(1, -1).map((row) =>
    row.slice(`${at(0)},1,`.length, -",r,task.created,".length)
  );
  assertEquals(titles, ['"a, ""b"""', "'=1+1", "'+x", '"two\nlines"']);
});
