import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { removeFolder } from "../../core/process/remove_folder.ts";
import { run } from "../../core/process/subprocess.ts";
import { tempDir } from "../support/temp.ts";

const names = (path: string) => Array.from(Deno.readDirSync(path), ({ name }) => name);

Deno.test("removeFolder() removes what is nested deeper than Deno can follow, and what its owner made read-only", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "-rf *");
  await Deno.mkdir(join(path, "closed"), { recursive: true });
  await Deno.writeTextFile(join(path, "closed", "file"), "");
  await run("perl", ["-e", "for (1 .. 30000) { mkdir 'd'; chdir 'd' or die }"], { cwd: path });
  await Deno.chmod(join(path, "closed"), 0o555);
  await removeFolder(path);
  assertEquals(names(folder.path), []);
});

Deno.test("removeFolder() follows no link, and takes what is not there for removed", async () => {
  await using folder = await tempDir();
  await Deno.writeTextFile(join(folder.path, "kept"), "");
  await Deno.mkdir(join(folder.path, "gone"));
  await Deno.symlink(folder.path, join(folder.path, "gone", "link"));
  await removeFolder(join(folder.path, "gone"));
  await removeFolder(join(folder.path, "gone"));
  assertEquals(names(folder.path), ["kept"]);
});

Deno.test("removeFolder() says what stays", async () => {
  await assertRejects(() => removeFolder("/proc/self"), Error, "Cannot remove /proc/self");
});
