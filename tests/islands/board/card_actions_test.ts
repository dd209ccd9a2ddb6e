import { assertEquals } from "@std/assert";
import type { TaskView } from "../../../core/view/task_view.ts";
import { cardActions } from "../../../islands/board/card_actions.ts";
import { playService, settle, storeOf, task } from "../page_store.ts";

const finished = { status: "completed", runs: 1, branch: "task-1", base_commit: "0a0a7265" } as const;

function words(one: TaskView): string[] {
  return cardActions(storeOf({ tasks: [one] }), one).map(({ word }) => word);
}

Deno.test("a form that is opened from a card begins with the whole task, not with the board's excerpt", async () => {
  const whole = "The whole prompt. ".repeat(100);
  const excerpts = [task({ prompt: whole.slice(0, 200) }), task({ ...finished, prompt: whole.slice(0, 200) })];
  for (const excerpt of excerpts) {
    using service = playService(() => ({ ...excerpt, prompt: whole }));
    const store = storeOf({ tasks: [excerpt] });
    for (const word of [excerpt.status === "pending" ? "Edit" : "Retry with changes", "New from this"]) {
      store.overlay.value = null;
      cardActions(store, excerpt).find((one) => one.word === word)!.run();
      await settle();
      const overlay = store.overlay.peek();
      const begun = overlay?.kind === "new" ? overlay.from : overlay && "task" in overlay ? overlay.task : null;
      assertEquals(begun?.prompt, whole, word);
    }
    assertEquals(service.asked, ["GET /api/tasks/1", "GET /api/tasks/1"]);
  }
});

Deno.test("a message is offered where its field is: the agent runs, or can go on somewhere", () => {
  const offers = (changes: Partial<TaskView>) => words(task({ ...finished, ...changes })).includes("Message");
  const kept = { worktree: "/w/task-1" };
  assertEquals(offers({ status: "in_progress" }), true);
  assertEquals(offers(kept), true);
  assertEquals(offers({ snapshot: { ref: "refs/coder/1", commit: "0a0a7265" } as TaskView["snapshot"] }), true);
  assertEquals(offers({}), false);
  assertEquals(offers({ base_commit: null }), true);
  assertEquals(offers({ ...kept, trial: true }), false);
  assertEquals(offers({ status: "in_progress", cancel_requested: true }), false);
});

Deno.test("only what is on a board is selected", () => {
  const one = task({});
  assertEquals(words(one).includes("Select"), true);
  const keys = cardActions(storeOf({ open: one }), one).map(({ key }) => key);
  assertEquals([keys.includes("e"), keys.includes("x")], [true, false]);
});
