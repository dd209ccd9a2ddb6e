import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Failure } from "../../cli/failure.ts";
import { findService } from "../../cli/find_service.ts";
import { tempDir } from "../support/temp.ts";

function found(variables: Record<string, string>, root: string | null = null) {
  return findService({ variable: (name) => variables[name], root });
}

Deno.test("findService() takes the URL that is set, with the token that is set beside it", async () => {
  await using folder = await tempDir();
  await Deno.mkdir(join(folder.path, "data"));
  await Deno.writeTextFile(join(folder.path, "data/token"), "of-this-installation\n");
  const url = "https://coder.example.com/queue/";
  assertEquals(await found({ CODER_URL: url, CODER_TOKEN: "t" }), { url: url.slice(0, -1), token: "t" });
  // The token of the own service is not for another one.
  assertEquals(await found({ CODER_URL: url }, folder.path), { url: url.slice(0, -1), token: null });
});

Deno.test("findService() finds the service of this installation by its data folder", async () => {
  await using folder = await tempDir();
  assertEquals(await found({}, folder.path), { url: "http://127.0.0.1:8000", token: null });
  const data = join(folder.path, "elsewhere");
  await Deno.mkdir(data);
  await Deno.writeTextFile(join(data, "url"), "http://127.0.0.1:4321\n");
  await Deno.writeTextFile(join(data, "token"), "kept\n");
  await Deno.writeTextFile(join(folder.path, ".env"), `CODER_DATA=${data}\n`);
  assertEquals(await found({}, folder.path), { url: "http://127.0.0.1:4321", token: "kept" });
  assertEquals(await found({ CODER_TOKEN: "mine" }, folder.path), { url: "http://127.0.0.1:4321", token: "mine" });
  assertEquals(await found({ CODER_DATA: folder.path }, folder.path), { url: "http://127.0.0.1:8000", token: null });
  await Deno.writeTextFile(join(folder.path, "secret"), "in a file\n");
  const file = { CODER_TOKEN_FILE: join(folder.path, "secret") };
  assertEquals((await found(file, folder.path)).token, "in a file");
});

Deno.test("findService() reads paths as the service does: ~ is home, and those of .env begin where that is", async () => {
  await using folder = await tempDir();
  const path = (name: string) => join(folder.path, name);
  await Deno.mkdir(path("home/data"), { recursive: true });
  await Deno.writeTextFile(path("home/data/url"), "http://127.0.0.1:4321\n");
  await Deno.writeTextFile(path("home/secret"), "kept\n");
  const own = { url: "http://127.0.0.1:4321", token: "kept" };
  const HOME = path("home");
  for (const [data, secret] of [["~/data", "~/secret"], ["home/data", "./home/secret"]] as const) {
    await Deno.writeTextFile(path(".env"), `CODER_DATA=${data}\nCODER_TOKEN_FILE=${secret}\n`);
    assertEquals(await found({ HOME }, folder.path), own);
  }
  await Deno.remove(path(".env"));
  assertEquals(await found({ HOME, CODER_DATA: "~/data", CODER_TOKEN_FILE: "~/secret" }, folder.path), own);
  await assertRejects(() => found({ CODER_DATA: "~/data" }, folder.path), Failure, "HOME is not set");
  // Empty is unset, also where the file says something.
  await Deno.writeTextFile(path(".env"), "CODER_DATA=home/data\n");
  assertEquals((await found({ CODER_DATA: "" }, folder.path)).url, "http://127.0.0.1:8000");
});

Deno.test("findService() refuses what cannot be used, and says what can", async () => {
  const wrong: [Record<string, string>, RegExp | string][] = [
    [{ CODER_URL: "coder.example.com" }, "CODER_URL must be like http://127.0.0.1:8000"],
    [{ CODER_URL: "ftp://x" }, "CODER_URL must be like"],
    [{ CODER_URL: "http://me:secret@x" }, "must not hold a user or a password"],
    [{ CODER_URL: "http://x", CODER_TOKEN_FILE: "/nowhere" }, "CODER_TOKEN_FILE: /nowhere is not there"],
  ];
  for (const [variables, words] of wrong) {
    const error = await assertRejects(() => found(variables), Failure, words as string);
    assertEquals(error.code, 2);
  }
});
