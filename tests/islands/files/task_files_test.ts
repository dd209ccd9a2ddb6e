import { assertEquals } from "@std/assert";
import { TaskFiles } from "../../../islands/files/task_files.ts";
import { playService } from "../page_store.ts";

Deno.test("a folder is read when it is opened, whatever its name is", async () => {
  using service = playService(() => ({ entries: [], is_cut: false }));
  const files = new TaskFiles(1, { file: null, at: null });
  files.toggle("constructor");
  await files.read();
  await files.read();
  assertEquals(service.asked.map((one) => one.split("?")[1]), ["path=&at=now", "path=constructor&at=now"]);
  assertEquals(files.folders.peek().get("constructor"), { entries: [], is_cut: false });
});
