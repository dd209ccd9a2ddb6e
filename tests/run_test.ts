// The verdict of `deno task test`, from real runs of it over test files made here.

import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { readTotals } from "./run.ts";
import { tempDir } from "./support/temp.ts";

const root = fromFileUrl(new URL("..", import.meta.url));

async function verdictOn(source: string): Promise<{ last: string | undefined; code: number; named: string[] }> {
  await using folder = await tempDir();
  const file = join(folder.path, "some_test.ts");
  await Deno.writeTextFile(file, source);
  const args = ["run", "-A", "--lock=tests/deno.lock", join(root, "tests/run.ts"), "--no-lock", file];
  const output = await new Deno.Command(Deno.execPath(), { args, cwd: root, stdin: "null" }).output();
  const lines = new TextDecoder().decode(output.stdout).trimEnd().split("\n");
  const failed = lines.lastIndexOf("Failed:");
  const named = failed < 0 ? [] : lines.slice(failed + 1, -2).map((line) => line.split(" => ")[0]!);
  return { last: lines.at(-1), code: output.code, named };
}

Deno.test("run.ts ends with the totals, and fails when a test does", async () => {
  const good = `Deno.test("good", () => {});`;
  assertEquals(await verdictOn(good), { last: "1 passed, 0 failed", code: 0, named: [] });
  assertEquals(await verdictOn(`${good} Deno.test("bad", () => { throw new Error("bad"); });`), {
    last: "1 passed, 1 failed",
    code: 1,
    named: ["bad"],
  });
});

Deno.test("run.ts counts a leak, a module that throws and a crash as failures", async () => {
  const leak = `Deno.test("leak", () => { Deno.openSync(".", { read: true }); });`;
  assertEquals(await verdictOn(leak), { last: "0 passed, 1 failed", code: 1, named: ["leak"] });
  const thrown = await verdictOn(`throw new Error("no tests for you");`);
  assertEquals([thrown.last, thrown.code], ["0 passed, 1 failed", 1]);
  assertMatch(thrown.named.join(), /some_test\.ts \(uncaught error\)$/);
  const crash =
    `Deno.test("crash", () => { console.log("ok | 9 passed | 0 failed"); Deno.kill(Deno.pid, "SIGKILL"); });`;
  assertEquals((await verdictOn(crash)).code, 1);
});

Deno.test("readTotals() reads the last summary, whatever its colours and steps", () => {
  const failures = "\n FAILURES \n\n\x1b[0m\x1b[31ma => b\x1b[0m => \x1b[0m./tests/a_test.ts:1:1\n\n";
  const summary = "\x1b[0m\x1b[31mFAILED\x1b[0m | 12 passed (3 steps) | 2 failed (1 step) | 1 ignored \x1b[0m(90ms)\n";
  assertEquals(readTotals(`ok | 1 passed | 0 failed (1s)\n${failures}${summary}\n`, false), {
    passed: 12,
    failed: 2,
    names: ["a => b => ./tests/a_test.ts:1:1"],
  });
});

Deno.test("readTotals() never takes a run without a summary, or with a bad exit, for a good one", () => {
  const names = ["a test run that did not end as it should"];
  assertEquals(readTotals("", true), { passed: 0, failed: 1, names });
  assertEquals(readTotals("ok | 3 passed | 0 failed (1s)\n", false), { passed: 3, failed: 1, names });
});
