import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { makeMissing } from "../../../core/process/sandbox/srt_process.ts";
import { tempDir } from "../../support/temp.ts";

Deno.test("runs that start at the same time in a home where claude never ran make its files once", async () => {
  await using home = await tempDir();
  const [file, folder] = ["settings.json", "hooks"].map((name) => join(home.path, ".claude", name));
  const kept = join(home.path, "kept.json");
  await Deno.writeTextFile(kept, "mine");
  const files = { [file!]: "{}\n", [folder!]: null, [kept]: "{}\n" };
  await Promise.all([1, 2, 3].map(() => makeMissing(files)));
  assertEquals(await Promise.all([file!, kept].map((path) => Deno.readTextFile(path))), ["{}\n", "mine"]);
  assertEquals((await Deno.stat(folder!)).isDirectory, true);
});
