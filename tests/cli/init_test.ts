import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { init } from "../../cli/commands/init.ts";
import { Failure } from "../../cli/failure.ts";
import { parseProjectFile } from "../../core/process/project/project_file.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { paper } from "./paper.ts";

function session(isJson = false) {
  const notes: string[] = [];
  return { out: paper(), isJson, notes, note: (text: string) => void notes.push(text) };
}

Deno.test("init() writes a coder.json that the service reads, at the top of the repository", async () => {
  await using repository = await tempRepository();
  await Deno.writeTextFile(join(repository.path, "go.mod"), "module x\n");
  await Deno.mkdir(join(repository.path, "inner"));
  assertEquals(await init(session(), join(repository.path, "inner"), {}), 0);
  const text = await Deno.readTextFile(join(repository.path, "coder.json"));
  assertEquals(parseProjectFile(text, { name: "coder.json" }), { setup: "go mod download", check: "go test ./..." });
});

Deno.test("init() never writes over a coder.json, and tells what it would have written", async () => {
  await using repository = await tempRepository();
  const path = join(repository.path, "coder.json");
  await Deno.writeTextFile(path, "mine");
  await Deno.writeTextFile(join(repository.path, "package.json"), '{"dependencies": {"a": "1"}}');
  await assertRejects(() => init(session(), repository.path, {}), Failure, "is there already and is left as it is");
  assertEquals(await Deno.readTextFile(path), "mine");
  const printed = session();
  await init(printed, repository.path, { print: true });
  assertEquals(printed.out.text, '{\n  "setup": "npm install"\n}\n');
  assertStringIncludes(printed.notes.join(), "No tests were found");
});

Deno.test("init() goes by a lock file only where git tracks it: a worktree has no other", async () => {
  await using repository = await tempRepository();
  await Deno.writeTextFile(join(repository.path, "Cargo.toml"), "[package]");
  await Deno.writeTextFile(join(repository.path, "Cargo.lock"), "");
  await Deno.writeTextFile(join(repository.path, ".gitignore"), "Cargo.lock\n");
  const setup = async () => {
    const printed = session();
    await init(printed, repository.path, { print: true });
    return JSON.parse(printed.out.text).setup;
  };
  assertEquals(await setup(), "cargo fetch");
  await repository.git("add", "--force", "Cargo.lock");
  assertEquals(await setup(), "cargo fetch --locked");
});

Deno.test("init() refuses a folder that is not there, though one above it is in a repository", async () => {
  await using repository = await tempRepository();
  await Deno.writeTextFile(join(repository.path, "go.mod"), "module x\n");
  for (const name of ["nosuch", "go.mod"]) {
    const error = await assertRejects(() => init(session(), join(repository.path, name), {}), Failure, "is no folder");
    assertEquals(error.code, 2);
  }
});

Deno.test("init() refuses a folder outside of a repository, and one with nothing to go by", async () => {
  await using folder = await tempDir();
  await assertRejects(() => init(session(), folder.path, {}), Failure, "is in no git repository");
  await using repository = await tempRepository();
  await assertRejects(() => init(session(), repository.path, {}), Failure, "Found nothing to go by");
});
