import { assertEquals } from "@std/assert";
import { cancelMany, retryMany } from "../../../islands/board/queue_actions.ts";
import { playService, settle, storeOf, task } from "../page_store.ts";

const done = { status: "completed", runs: 1 } as const;

/** Answers commands to many as the service does, each with a task in that status. */
function bulk(status: "cancelled" | "pending", refused: number[] = []) {
  return playService((path, body) => {
    if (path !== "/api/bulk") return {};
    const { ids } = body as { ids: number[] };
    const results = ids.map((id) =>
      refused.includes(id)
        ? { id, status: 409, problem: { detail: "No" } }
        : { id, status: 200, task: task({ id, status }) }
    );
    return { results, failed: refused.length };
  });
}

Deno.test("several tasks are retried at once, and asked about first where work would be replaced", async () => {
  const failed = [1, 2].map((id) => task({ ...done, id, status: "failed" }));
  const finished = task({ ...done, id: 3, worktree: "/w/task-3" });
  const store = storeOf({ tasks: [...failed, finished] });
  using service = bulk("pending", [1]);
  const isAsked = () => service.asked.filter((one) => one.includes("bulk")).length;
  await retryMany(store, failed);
  assertEquals(isAsked(), 1);

  await retryMany(store, [...failed, finished]);
  const question = store.overlay.peek();
  if (question?.kind !== "ask") throw new Error("Nothing was asked");
  assertEquals([isAsked(), question.title], [1, "Retry 3 tasks"]);
  assertEquals(
    question.text,
    "They start anew, and the work of 1 of them is replaced. What there is now stays kept under refs/coder/kept.",
  );
  assertEquals(await question.run(), true);
  assertEquals([isAsked(), store.overlay.peek()?.kind], [2, "refused"]);
});

Deno.test("of several that were cancelled those that never ran are taken back", async () => {
  const tasks = [1, 2].map((id) => task({ id }));
  const store = storeOf({ tasks });
  using _service = bulk("cancelled");
  store.picked.value = new Set([1, 2, 7]);
  cancelMany(store, tasks);
  await settle();
  const [said] = store.toasts.peek();
  assertEquals([said?.text, said?.action?.word, said?.forMs], ["2 tasks cancelled", "Take back", 8_000]);
  assertEquals([...store.picked.peek()], [7]);

  using back = bulk("pending");
  await said!.action!.run();
  assertEquals(back.asked[0], "POST /api/bulk");
  assertEquals(store.toasts.peek().at(-1)?.text, "2 tasks back in the queue");
});
