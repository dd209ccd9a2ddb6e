import { assertEquals } from "@std/assert";
import type { BoardEntry } from "../../../core/domain/plan.ts";
import { emptyTask, isOver, type Status, type Task } from "../../../core/domain/task.ts";
import { type PageQuery, readTaskPage } from "../../../core/engine/service/task_pages.ts";

/** Tasks 1, 2, 3 ... with these titles, all pending or of the status that is named for their id. */
function world(titles: string[], statuses: Record<number, Status> = {}) {
  const tasks = titles.map((title, index): Task => ({
    ...emptyTask(index + 1),
    title,
    prompt: { text: `Please ${title}`, seq: 1, whole: true },
    status: statuses[index + 1] ?? "pending",
  }));
  const sources = {
    board: {
      entries: tasks.filter(({ status }) => !isOver(status)).map((task) => ({ ...task })) as unknown[] as BoardEntry[],
    },
    index: {
      lastId: () => Promise.resolve(tasks.length),
      finished: (status: Status, { before, limit }: { before: number; limit: number }) =>
        Promise.resolve(
          tasks.filter((task) => task.status === status && task.id < before).map(({ id }) => id).reverse()
            .slice(0, limit),
        ),
    },
    heads: {
      read: (ids: number[]) => Promise.resolve(ids.map((id) => tasks[id - 1]!)),
    },
  } as unknown as Parameters<typeof readTaskPage>[0];
  return {
    tasks,
    /** The ids on every page, one page after the other. */
    async pages(query: Partial<PageQuery>): Promise<number[][]> {
      const found: number[][] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof readTaskPage>> = await readTaskPage(sources, {
          ...{ status: null, limit: 2 },
          ...query,
          before: cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor),
        });
        found.push(page.tasks.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== null);
      return found;
    },
  };
}

Deno.test("readTaskPage() gives every task once, newest first, and no empty page at the end", async () => {
  assertEquals(await world(["a", "b", "c", "d", "e"]).pages({}), [[5, 4], [3, 2], [1]]);
  assertEquals(await world(["a", "b", "c", "d"]).pages({}), [[4, 3], [2, 1]]);
  assertEquals(await world([]).pages({}), [[]]);
});

Deno.test("readTaskPage() takes those of one status from the board or, when they are over, from the index", async () => {
  const { pages } = world(["a", "b", "c", "d", "e", "f", "g"], {
    ...{ 1: "failed", 2: "failed", 4: "failed" },
    ...{ 5: "in_progress" },
  });
  assertEquals(await pages({ status: "failed" }), [[4, 2], [1]]);
  assertEquals(await pages({ status: "pending" }), [[7, 6], [3]]);
  assertEquals(await pages({ status: "in_progress" }), [[5]]);
  assertEquals(await pages({ status: "completed" }), [[]]);
});

Deno.test("readTaskPage() drops a task that has another status by the time it is read", async () => {
  const { pages, tasks } = world(["a", "b"], { 1: "failed" });
  tasks[1]!.status = "failed";
  assertEquals(await pages({ status: "pending" }), [[]]);
});
