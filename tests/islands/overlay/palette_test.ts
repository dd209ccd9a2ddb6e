import { assertEquals } from "@std/assert";
import { commandEntries } from "../../../islands/overlay/palette.tsx";
import { storeOf, task } from "../page_store.ts";

const finished = { runs: 1, status: "completed", review: "open", worktree: "/w/task-1" } as const;

function words(open: Parameters<typeof task>[0]): string[] {
  return commandEntries(storeOf({ open: task(open) }), "").map(({ word }) => word);
}

Deno.test("the palette offers of a recording what can be shown of it, and nothing to be done with it", () => {
  const about = (id: number) =>
    words({ ...finished, id }).filter((word) => word.includes(` ${id}`) || word.startsWith("Show"));
  assertEquals(about(0), ["Show transcript", "Show events"]);
  assertEquals(about(3), [
    "Retry task 3",
    "Land task 3",
    "Accept task 3",
    "Discard task 3",
    "New task from task 3",
    "Compare task 3 with another",
    ...["transcript", "changes", "files", "events", "log"].map((tab) => `Show ${tab}`),
  ]);
});

Deno.test("the palette offers no plan to approve of a task that is being cancelled", () => {
  const offers = (cancel_requested: boolean) =>
    words({ status: "awaiting_approval", runs: 1, cancel_requested }).includes("Approve the plan of task 1");
  assertEquals([offers(false), offers(true)], [true, false]);
});
