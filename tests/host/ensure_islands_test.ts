// In a checkout of its own, that has no output yet.

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { tempDir } from "../support/temp.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));
const sources = ["islands", "core", "deno.json", "deno.lock"];

async function cp(name: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-r", join(root, name), to] }).output();
  if (!success) throw new Error(`Cannot copy ${name}`);
}

Deno.test("of services that start at the same time in a fresh checkout one builds, and none fails", async () => {
  await using folder = await tempDir();
  for (const name of sources) await cp(name, folder.path);
  const dist = join(folder.path, "islands", "dist");
  await Deno.remove(dist, { recursive: true }).catch(() => {});
  const module = JSON.stringify(join(folder.path, "core", "host", "build_islands.ts"));
  const code = `
    import { ensureIslands, islandsDist } from ${module};
    await ensureIslands();
    console.log(Deno.statSync(islandsDist + "/page/main.js").ino);`;
  const starts = [1, 2].map(() =>
    new Deno.Command(Deno.execPath(), { args: ["eval", "--quiet", code], cwd: folder.path, stdin: "null" }).output()
  );
  const ended = (await Promise.all(starts)).map(({ success, stdout, stderr }) => {
    return { success, said: new TextDecoder().decode(stderr), file: new TextDecoder().decode(stdout) };
  });
  assertEquals(ended.map(({ success, said }) => success || said), [true, true]);
  // Both have what one has made.
  assertEquals(ended[0]?.file, ended[1]?.file);
  const names = (await Array.fromAsync(Deno.readDir(dist))).map(({ name }) => name);
  assertEquals(names.filter((name) => name.endsWith(".new")), []);
});
