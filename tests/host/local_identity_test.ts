import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { makeDataFolder } from "../../core/host/local_identity.ts";
import { tempDir } from "../support/temp.ts";

Deno.test("makeDataFolder() keeps a folder that it makes, and the copies of the database in any, to their owner", async () => {
  await using folder = await tempDir();
  const data = join(folder.path, "a", "data");
  await makeDataFolder(data);
  assertEquals((await Deno.stat(data)).mode! & 0o777, 0o700);
  await Deno.chmod(data, 0o755);
  const modes: Record<string, number> = {
    "backup-2026-01-05T09-12-00-000Z.db": 0o600,
    "coder.db.before-restore-2026-01-05T09-12-00-000Z": 0o600,
    "notes.txt": 0o644,
  };
  for (const name of Object.keys(modes)) {
    await Deno.writeTextFile(join(data, name), "");
    await Deno.chmod(join(data, name), 0o644);
  }
  await makeDataFolder(data);
  for (const [name, mode] of Object.entries(modes)) {
    assertEquals((await Deno.stat(join(data, name))).mode! & 0o777, mode, name);
  }
  assertEquals((await Deno.stat(data)).mode! & 0o777, 0o755);
});
