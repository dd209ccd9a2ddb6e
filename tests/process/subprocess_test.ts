import { assert, assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../core/domain/error.ts";
import { run, spawnInSession } from "../../core/process/subprocess.ts";
import { eventually, tempDir } from "../support/temp.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("run() feeds stdin and returns output and code", async () => {
  const result = await run("sh", ["-c", "cat; echo oops >&2; exit 3"], { stdin: "hello" });
  assertEquals([result.code, text(result.stdout), text(result.stderr)], [3, "hello", "oops\n"]);
});

Deno.test("run() names the signal that ended the program", async () => {
  const result = await run("sh", ["-c", "kill -9 $$"]);
  assertEquals([result.code, result.signal], [null, "SIGKILL"]);
});

Deno.test("run() does not fail when the program ignores a large stdin", async () => {
  assertEquals((await run("true", [], { stdin: "x".repeat(1_000_000) })).code, 0);
});

Deno.test("run() says which is missing: the program, the folder, or the right to run it", async () => {
  await using folder = await tempDir();
  const missing = await assertRejects(() => run("no-such-program", []), DomainError);
  assertEquals(missing.message, "Cannot run no-such-program: the program was not found");
  await assertRejects(() => run("true", [], { cwd: "/no/such" }), DomainError, "the folder /no/such does not exist");
  await Deno.writeTextFile(`${folder.path}/plain`, "");
  await assertRejects(() => run(`${folder.path}/plain`, []), DomainError, "the file is not executable");
});

Deno.test("run() kills a program that says too much", async () => {
  await assertRejects(() => run("yes", [], { maxOutputBytes: 100_000 }), DomainError, "more than 100000 bytes");
});

Deno.test("run() kills the program on abort, also when a grandchild holds its pipe", async () => {
  const abort = new AbortController();
  const running = run("sh", ["-c", "sleep 3 & wait"], { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assertRejects(() => running, Error, "enough");
});

Deno.test("run() hides the service's secrets and git's local variables from the child", async () => {
  const names = ["CODER_TOKEN", "DENO_KV_ACCESS_TOKEN", "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "GIT_DIR"];
  for (const name of names) Deno.env.set(name, "secret");
  try {
    const { stdout } = await run("env", [], { env: { ADDED: "1" } });
    const lines = text(stdout).split("\n");
    assert(lines.includes("ADDED=1"));
    assert(lines.some((line) => line.startsWith("PATH=")));
    assertEquals(lines.filter((line) => names.some((name) => line.startsWith(`${name}=`))), []);
  } finally {
    for (const name of names) Deno.env.delete(name);
  }
});

Deno.test("spawnInSession() gives a program a session of its own, by path and by name", async () => {
  for (const program of ["/bin/cat", "cat"]) {
    const child = await spawnInSession(program, { stdin: "piped", stdout: "null" });
    const fields = async () => (await Deno.readTextFile(`/proc/${child.pid}/stat`)).split(") ")[1]!.split(" ");
    // `setsid` is what runs there first: state, parent, group, session.
    await eventually(async () => (await fields())[3] === String(child.pid));
    await child.stdin.close();
    assertEquals((await child.status).code, 0);
  }
});
