// What a task's work and its tools' answers look like to a client: folders, files, images. All of it was written by an agent.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { ready, type RoutesWorld, routesWorld } from "../world.ts";

async function atWork(): Promise<{ world: RoutesWorld; finish(): Promise<void>; cwd: string; rawLog: string }> {
  const world = await routesWorld();
  await world.create({ commit_reminder: false });
  const run = await world.nextRun();
  const finish = async () => {
    run.say(ready);
    run.finish();
    await world.until(1, ({ status }) => status === "completed");
  };
  return { world, finish, cwd: run.start.cwd, rawLog: run.start.rawLog };
}

Deno.test("GET /api/tasks/{id}/tree lists a folder of the worktree, and of what was saved when that is gone", async () => {
  const { world, finish, cwd } = await atWork();
  await using _ = world;
  await Deno.mkdir(join(cwd, "src/deep"), { recursive: true });
  await Deno.writeTextFile(join(cwd, "src/a.txt"), "four");
  await Deno.writeTextFile(join(cwd, "src/deep/b.txt"), "");
  const src = {
    entries: [{ name: "deep", kind: "folder", bytes: null }, { name: "a.txt", kind: "file", bytes: 4 }],
    is_cut: false,
  };
  assertEquals(await world.json(200, "/api/tasks/1/tree?path=src"), src);
  const names = async (query: string) =>
    (await world.json(200, `/api/tasks/1/tree${query}`)).entries.map(({ name }: { name: string }) => name);
  assertEquals((await names("")).includes("src"), true);
  assertEquals((await names("?at=base")).includes("src"), false);
  for (const path of ["..", "/etc", ".git", "src/../..", "%2e%2e%2f"]) {
    const { errors } = await world.json(422, `/api/tasks/1/tree?path=${path}`);
    assertEquals(errors[0].path, "path", path);
  }
  assertStringIncludes((await world.json(404, "/api/tasks/1/tree?path=gone")).detail, "no folder gone at now");
  await finish();
  await world.json(202, "/api/tasks/1/discard", { method: "POST" });
  await world.until(1, ({ place }) => place?.present === false);
  assertEquals(await world.json(200, "/api/tasks/1/tree?path=src"), src);
  assertEquals(await (await world.call("/api/tasks/1/file?path=src/a.txt")).text(), "four");
});

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);

function resultLine(id: string, ...images: { media_type: string; data: string }[]): string {
  const content = images.map((source) => ({ type: "image", source: { type: "base64", ...source } }));
  const block = { type: "tool_result", tool_use_id: id, content: [{ type: "text", text: "Look" }, ...content] };
  return `${JSON.stringify({ type: "user", message: { content: [block] } })}\n`;
}

Deno.test("GET /api/tasks/{id}/results/{call}/images/{index} finds an image in the raw log, and nothing that could run", async () => {
  const { world, finish, rawLog } = await atWork();
  await using _ = world;
  const url = "/api/tasks/1/results/toolu_01/images";
  assertStringIncludes((await world.json(404, `${url}/0`)).detail, "no log yet");
  const data = png.toBase64();
  const page = { media_type: "text/html", data: btoa("<script>alert(1)</script>") };
  await Deno.mkdir(dirname(rawLog), { recursive: true });
  await Deno.writeTextFile(
    rawLog,
    `no json "image" "toolu_01"\n${resultLine("toolu_02", { media_type: "image/gif", data: "AAAA" })}` +
      resultLine("toolu_01", page, { media_type: "image/png", data }, { media_type: "image/webp", data: "%%%" }),
  );
  const answer = await world.call(`${url}/0`);
  assertEquals(answer.status, 200);
  assertEquals(new Uint8Array(await answer.arrayBuffer()), png);
  const headers = ["content-type", "x-content-type-options", "cache-control"].map((name) => answer.headers.get(name));
  assertEquals(headers, ["image/png", "nosniff", "private, max-age=86400"]);
  assertStringIncludes(answer.headers.get("content-security-policy")!, "default-src 'none'");
  // The page is no image, and the second one is no base64.
  for (const index of [1, 2]) assertStringIncludes((await world.json(404, `${url}/${index}`)).detail, "no such image");
  assertEquals((await world.json(422, "/api/tasks/1/results/a%20b/images/0")).errors[0].path, "call");
  await finish();
});
