import { assert, assertEquals } from "@std/assert";
import type { BoardEntry } from "../../../core/domain/plan.ts";
import { emptyTask, isOver, type Status, type Task } from "../../../core/domain/task.ts";
import { SearchTexts } from "../../../core/engine/service/search_texts.ts";
import { searchTasks, type TaskFilter } from "../../../core/engine/service/task_search.ts";
import type { Store } from "../../../core/kv/store.ts";

const all: TaskFilter = { status: null, q: null };

/** Tasks 1, 2, 3 ...; `long` are the whole texts of those whose excerpt is not whole. A look at the clock takes `lookMs`. */
function world(
  changes: Partial<Task>[],
  { long = {}, lookMs = 0 }: { long?: Record<number, unknown>; lookMs?: number } = {},
) {
  const tasks = changes.map((change, index): Task => ({
    ...emptyTask(index + 1),
    prompt: { text: `Please ${change.title ?? "do it"}`, seq: 1, whole: true },
    repo: "shop",
    ...change,
  }));
  const counted = { heads: 0, events: 0 };
  const heads = {
    read(ids: number[]) {
      counted.heads += ids.length;
      return Promise.resolve(ids.map((id) => tasks[id - 1]!));
    },
  };
  const event = (task: number, seq: number) => {
    counted.events++;
    return { event: { task, seq, data: long[task] } };
  };
  const log = {
    event: (task: number, seq: number) => Promise.resolve(event(task, seq).event),
    events: (wanted: [number, number][]) => Promise.resolve(wanted.map(([task, seq]) => event(task, seq))),
  } as unknown as Store["log"];
  let now = 0;
  const sources = {
    board: { entries: tasks.filter(({ status }) => !isOver(status)) as unknown[] as BoardEntry[] },
    index: {
      lastId: () => Promise.resolve(tasks.length),
      finished: (status: Status, { before, limit }: { before: number; limit: number }) =>
        Promise.resolve(
          tasks.filter((task) => task.status === status && task.id < before).map(({ id }) => id).reverse()
            .slice(0, limit),
        ),
    },
    heads,
    texts: new SearchTexts({ log }, heads),
    monotonic: () => now += lookMs,
  };
  const page = (filter: Partial<TaskFilter>, { limit = 2, before = Number.MAX_SAFE_INTEGER } = {}) =>
    searchTasks(sources, { ...all, ...filter }, { limit, before });
  return {
    ...{ tasks, counted, page },
    texts: sources.texts,
    async pages(filter: Partial<TaskFilter>): Promise<number[][]> {
      const found: number[][] = [];
      let cursor: string | null = null;
      do {
        const one: Awaited<ReturnType<typeof searchTasks>> = await page(
          filter,
          cursor ? { before: Number(cursor) } : {},
        );
        found.push(one.tasks.map(({ id }) => id));
        cursor = one.next;
      } while (cursor !== null);
      return found;
    },
  };
}

const titled = (...titles: string[]) => titles.map((title) => ({ title }));
const excerptOf = (text: string) => ({ text: text.slice(0, 500), seq: 1, whole: text.length <= 500 });

Deno.test("a search finds its words in any order and case, and a task by its whole number", async () => {
  const { pages } = world(titled("Fix the parser", "Parse more", "Sweep", "parser again"));
  assertEquals(await pages({ q: "PARSE" }), [[4, 2], [1]]);
  assertEquals(await pages({ q: "sw please" }), [[3]]);
  assertEquals(await pages({ q: "#3" }), [[3]]);
  assertEquals(await pages({ q: "#3 sweep" }), [[3]]);
  assertEquals(await pages({ q: "#" }), [[]]);
});

Deno.test("a search looks at prompt, output, error and plan, to their ends, and shows where the words are", async () => {
  const prompt = `${"p".repeat(9_000)} Needle in the hay`;
  const { page } = world([
    { title: "Needle" },
    { title: "a", output: excerptOf("It ends with a needle.") },
    { title: "b", error: excerptOf("Error: no needle") },
    { title: "c", prompt: excerptOf(prompt) },
    { title: "d", plan: excerptOf("1. Buy a needle") },
  ], { long: { 4: { prompt } } });
  const { tasks, hits } = await page({ q: "needle" }, { limit: 10 });
  assertEquals(tasks.map(({ id }) => id), [5, 4, 3, 2, 1]);
  assertEquals(hits, [
    { id: 5, in: "plan", text: "1. Buy a needle" },
    { id: 4, in: "prompt", text: `…${"p".repeat(39)} Needle in the hay` },
    { id: 3, in: "error", text: "Error: no needle" },
    { id: 2, in: "output", text: "It ends with a needle." },
  ]);
});

Deno.test("filters hold together: status, repository, outcome, and a tag or a label", async () => {
  const { pages } = world([
    { status: "failed", outcome: "timed_out", tags: ["web"] },
    { status: "failed", outcome: "failed", repo: "lib", tags: ["web", "flaky"] },
    { labels: { gpu: "1" }, repo: "lib" },
    { tags: ["flaky"] },
  ]);
  assertEquals(await pages({ label: "web" }), [[2, 1]]);
  assertEquals(await pages({ label: "gpu=1" }), [[3]]);
  assertEquals(await pages({ label: "flaky", status: "failed" }), [[2]]);
  assertEquals(await pages({ outcome: "timed_out" }), [[1]]);
  assertEquals(await pages({ repo: "lib", status: "pending" }), [[3]]);
  assertEquals(await pages({ repo: "lib", q: "gone" }), [[]]);
});

Deno.test("one request does a bounded part of a search and says where to go on; none is read twice", async () => {
  const titles = Array.from({ length: 24_000 }, () => "Sweep");
  titles[0] = "Parse";
  for (const lookMs of [0, 1]) {
    const { pages, counted } = world(titled(...titles), { lookMs });
    const found = await pages({ q: "parse" });
    assertEquals(found.flat(), [1]);
    assert(found.length === (lookMs === 0 ? 2 : Math.ceil(24_000 / (50 * 100))), `${found.length} pages`);
    // And once more for its own page.
    assertEquals(counted.heads, 24_001);
  }
});

Deno.test("what was searched is at hand the next time, until the task changes, also while it is being read", async () => {
  const { page, tasks, texts, counted } = world(titled("one", "two"));
  await page({ q: "three" });
  await page({ q: "three" });
  assertEquals(counted.heads, 2);
  tasks[0] = { ...tasks[0]!, title: "three" };
  texts.forget(1);
  assertEquals((await page({ q: "three" })).tasks.map(({ id }) => id), [1]);

  tasks[1] = { ...tasks[1]!, title: "four" };
  texts.forget(2);
  const reading = texts.of([2]);
  tasks[1] = { ...tasks[1]!, title: "five" };
  texts.forget(2);
  await reading;
  assertEquals((await page({ q: "five" })).tasks.map(({ id }) => id), [2]);
});
