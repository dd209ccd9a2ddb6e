import { assertEquals } from "@std/assert";
import { TaskFiles } from "../../../islands/files/task_files.ts";
import { playService } from "../page_store.ts";

Deno.test("a folder is read each time it is opened, and what was known of it is shown until then", async () => {
  let names = ["a.ts"];
  using service = playService(() => ({
    entries: names.map((name) => ({ name, kind: "file", bytes: 1 })),
    is_cut: false,
  }));
  const files = new TaskFiles(1, { file: null, at: null });
  // A name that every object has.
  const path = "constructor";
  const shown = () => {
    const folder = files.folders.peek().get(path);
    return typeof folder === "object" && "entries" in folder ? folder.entries.map(({ name }) => name) : folder;
  };
  const first = files.toggle(path);
  assertEquals(shown(), "reading");
  await first;
  assertEquals(shown(), ["a.ts"]);
  assertEquals(service.asked.map((one) => one.split("?")[1]), ["path=constructor&at=now"]);
  await files.toggle(path);
  names = ["a.ts", "b.ts"];
  const again = files.toggle(path);
  assertEquals(shown(), ["a.ts"]);
  await again;
  assertEquals(shown(), ["a.ts", "b.ts"]);
});
