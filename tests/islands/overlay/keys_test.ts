import { assertEquals } from "@std/assert";
import { press } from "../../../islands/overlay/keys.ts";
import { playService, settle, storeOf, task } from "../page_store.ts";

Deno.test("Esc closes the search of a task before anything else", () => {
  const store = storeOf({ tasks: [], open: task({}) });
  const { find } = store.open.peek()!;
  find.isOpen.value = true;
  store.picked.value = new Set([1]);
  assertEquals([press(store, "Escape"), find.isOpen.peek(), store.picked.peek().size], [true, false, 1]);
  assertEquals([press(store, "Escape"), store.picked.peek().size], [true, 0]);
});

Deno.test("n and N step through the hits of a search on the tab Changes, too", async () => {
  const hits = [1, 2].map((line) => ({ line, offset: 7 * (line - 1), text: "needle" }));
  using _service = playService(() => ({ hits, searched: 14, size: 14, next: null }));
  const store = storeOf({ tasks: [], open: task({}) });
  const open = store.open.peek()!;
  open.tab.value = "changes";
  open.find.isOpen.value = true;
  await open.find.look("needle", "log");
  const step = async (key: string) => {
    assertEquals(press(store, key), true, key);
    await settle();
    return open.find.current.peek();
  };
  assertEquals([await step("n"), await step("N")], [0, 1]);
});

Deno.test("a recording has no tab that its number would show", () => {
  const store = storeOf({ open: task({ id: 0 }) });
  assertEquals([press(store, "2"), press(store, "5"), store.open.peek()?.tab.peek()], [false, false, "transcript"]);
});
