import { assertEquals } from "@std/assert";
import { toast } from "../../../islands/state/actions.ts";
import { playService, storeOf } from "../page_store.ts";

Deno.test("of short messages the newest stay, and each that something can be done about", () => {
  using _service = playService(() => ({}));
  const store = storeOf({});
  const say = (text: string, action?: { word: string; run(): void }) =>
    toast(store, { tone: "done", text, task: null, ...(action && { action }) });
  say("Task 1 is cancelled", { word: "Take back", run() {} });
  for (const text of ["a", "b", "c", "d", "e"]) say(text);
  assertEquals(store.toasts.peek().map(({ text }) => text), ["Task 1 is cancelled", "b", "c", "d", "e"]);
});
