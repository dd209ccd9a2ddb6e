import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { markVariable } from "../../../core/process/process_table.ts";
import { findTree } from "../../../core/process/process_tree.ts";
import { type StepOutput, type StepProcess, stepRunner } from "../../../core/process/project/step_process.ts";
import { spawnContained } from "../../../core/process/containment.ts";
import { eventually, tempDir } from "../../support/temp.ts";
import { isAlive } from "../world.ts";

interface Step extends AsyncDisposable {
  process: StepProcess;
  mark: string;
  folder: string;
}

async function start(
  command: string,
  { env = {}, maxOutputBytes, mark = crypto.randomUUID() }: {
    env?: Record<string, string>;
    maxOutputBytes?: number;
    mark?: string;
  } = {},
): Promise<Step> {
  const folder = await tempDir();
  const workerMark = crypto.randomUUID();
  const process = await stepRunner({ maxOutputBytes })({ command, cwd: folder.path, env, mark, workerMark });
  return {
    process,
    mark,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await process.end({ graceMs: 0 });
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function allOf(output: AsyncIterable<StepOutput>): Promise<StepOutput[]> {
  const all: StepOutput[] = [];
  for await (const one of output) all.push(one);
  return all;
}

function textOf(chunks: StepOutput[]): string {
  return chunks.map(({ text }) => text).join("");
}

/** What a command printed and how it ended. */
async function outcome(command: string, options: Parameters<typeof start>[1] = {}) {
  await using step = await start(command, options);
  const text = textOf(await allOf(step.process.output));
  return { text, ...await step.process.exited };
}

Deno.test("a step's stdout and stderr come in the order in which they were written, and its exit code is its own", async () => {
  const script = Array.from({ length: 50 }, (_, n) => `echo o${n}; echo e${n} >&2`).join("\n");
  const { text, code, signal } = await outcome(`${script}\nexit 7`);
  assertEquals(text, Array.from({ length: 50 }, (_, n) => `o${n}\ne${n}\n`).join(""));
  assertEquals([code, signal], [7, null]);
  assertEquals(await outcome("kill -9 $$"), { text: "", code: null, signal: "SIGKILL" });
});

Deno.test("a step runs in the worktree, with its environment, the run's marks and no input", async () => {
  await using step = await start('pwd; echo "$PORT"; cat; env', { env: { PORT: "20000", CODER_X: "1" } });
  const text = textOf(await allOf(step.process.output));
  assert(text.startsWith(`${step.folder}\n20000\n`), text);
  assertStringIncludes(text, `${markVariable(step.mark)}=1\n`);
  // The run's, the worker's, its own and that of the process that started it; the reaper's mark is not for it.
  assertEquals(text.match(/^PERSONAL_\w+=1$/gm)?.length, 4);
});

Deno.test("a step stops at the first command that fails, and at a variable that is not set", async () => {
  const failed = await outcome("echo before\nfalse\necho after");
  assertEquals(failed, { text: "before\n", code: 1, signal: null });
  const unset = await outcome("echo before\necho $NOWHERE_SET\necho after");
  assert(unset.text.startsWith("before\n") && unset.code !== 0 && !unset.text.includes("after"), unset.text);
  assertStringIncludes(unset.text, "NOWHERE_SET");
  // The shell counts the lines of the command, and of nothing else.
  assertStringIncludes(unset.text, "2: NOWHERE_SET");
});

Deno.test("a step that ignores TERM is killed after its grace, and end() can be called again", async () => {
  await using step = await start(`trap "" TERM; echo ready; while :; do sleep 0.05; done`);
  for await (const { text } of step.process.output) if (text.includes("ready")) break;
  const since = performance.now();
  await Promise.all([step.process.end({ graceMs: 300 }), step.process.end({ graceMs: 300 })]);
  assert(performance.now() - since >= 300);
  assertEquals(await step.process.exited, { code: null, signal: "SIGKILL" });
  assertEquals(await findTree({ mark: step.mark }), []);
  await step.process.end({ graceMs: 300 });
});

Deno.test("a step's output ends although a grandchild in a session of its own holds the pipe, and end() ends that one", async () => {
  await using step = await start(
    `setsid sh -c 'echo $$ > pid; exec sleep 600' & while ! test -s pid; do sleep 0.01; done; echo done`,
  );
  assertEquals(textOf(await allOf(step.process.output)), "done\n");
  assertEquals(await step.process.exited, { code: 0, signal: null });
  const pid = Number(await Deno.readTextFile(join(step.folder, "pid")));
  assert(await isAlive(pid));
  await step.process.end({ graceMs: 5_000 });
  assert(!await isAlive(pid));
});

Deno.test("end() ends a server that a step left without environment, and nothing else of the run", async () => {
  const mark = crypto.randomUUID();
  const env = { [markVariable(mark)]: "1" };
  const agent = await spawnContained("sleep", { args: ["600"], cwd: "/", env, stdin: "null" });
  try {
    const server = `env -i setsid sh -c 'echo $$ > pid; exec sleep 600' > /dev/null 2>&1 &`;
    await using step = await start(`${server} while ! test -s pid; do sleep 0.01; done`, { mark });
    await step.process.exited;
    const pid = Number(await Deno.readTextFile(join(step.folder, "pid")));
    assert(await isAlive(pid));
    assertEquals(await step.process.living(), 1);
    await step.process.end({ graceMs: 5_000 });
    assert(!await isAlive(pid));
    assertEquals(await step.process.living(), 0);
    const left = await findTree({ mark });
    assert(left.some((process) => !process.isReaper), "the agent lives on");
  } finally {
    Deno.kill(agent.pid, "SIGTERM");
    for (const { pid } of await findTree({ mark })) Deno.kill(pid, "SIGKILL");
    await Promise.all([agent.status, agent.stdout.cancel(), agent.stderr.cancel()]);
  }
});

Deno.test("a step is held back by its pipe while nobody pulls", async () => {
  await using step = await start(
    `n=0; while [ $n -lt 200 ]; do head -c 10000 /dev/zero | tr '\\0' x; n=$((n+1)); echo $n > at; done`,
  );
  const at = async () => Number(await Deno.readTextFile(join(step.folder, "at")).catch(() => "0"));
  let before = 0;
  const stood = await eventually(async () => {
    const now = await at();
    if (now > 0 && now === before) return now;
    before = now;
    await delay(200);
  });
  // 256 KiB here, and what lies in the pipe and was just read from it.
  assert(stood < 60, `${stood} of 200`);
  assertEquals(textOf(await allOf(step.process.output)).length, 2_000_000);
});

Deno.test("of 50 MB a step hands on the first 10 MiB in pieces, says so last, and lets the command go on", async () => {
  await using step = await start("head -c 50000000 /dev/zero | tr '\\0' x; echo done > done");
  let size = 0;
  let bytes = 0;
  let last = "";
  for await (const chunk of step.process.output) {
    assert(chunk.text.length <= 16_384);
    size += chunk.text.length;
    bytes += chunk.bytes;
    last = chunk.text;
  }
  const words = "\n[Personal Coder: more than 10485760 bytes of output; what follows is not kept]\n";
  assert(last.endsWith(words), last.slice(-200));
  assertEquals([size, bytes], [10_485_760 + words.length, 10_485_760]);
  assertEquals(await step.process.exited, { code: 0, signal: null });
  assertEquals(await Deno.readTextFile(join(step.folder, "done")), "done\n");
});

Deno.test("a step that prints just what is allowed is not told of", async () => {
  assertEquals((await outcome("printf 12345", { maxOutputBytes: 5 })).text, "12345");
  assertStringIncludes(
    (await outcome("printf 123456", { maxOutputBytes: 5 })).text,
    "12345\n[Personal Coder: more than 5 ",
  );
  // Cut within a character, which is left out then.
  assertStringIncludes((await outcome("printf 'abc\\303\\251'", { maxOutputBytes: 4 })).text, "abc\n[Personal Coder");
});

Deno.test("a step's characters are whole however they come, and what is no UTF-8 is replaced", async () => {
  const smile = String.raw`printf '\360\237'; sleep 0.1; printf '\230\200'`;
  await using step = await start(`${smile}; printf 'a\\377b\\303'`);
  const chunks = await allOf(step.process.output);
  assertEquals(textOf(chunks), "😀a\ufffdb\ufffd");
  assertEquals(chunks.reduce((sum, { bytes }) => sum + bytes, 0), 8);
  const many = await outcome("printf '\\357\\273\\277'; yes 😀é | head -c 700000");
  assertEquals(many.text, `\ufeff${"😀é\n".repeat(100_000)}`);
});

Deno.test("a step's pieces are no longer than they say where a character is cut between two of them", async () => {
  const xs = (count: number) => `head -c ${count} /dev/zero | tr '\\0' x`;
  const command = `{ ${xs(16_381)}; printf '\\360\\237\\230\\200'; ${xs(20_000)}; } > all; cat all`;
  await using step = await start(command);
  const chunks = await allOf(step.process.output);
  assertEquals(textOf(chunks), `${"x".repeat(16_381)}😀${"x".repeat(20_000)}`);
  assert(chunks.every(({ text }) => text.length <= 16_384), `${chunks.map(({ text }) => text.length)}`);
});

Deno.test("a step that nobody listens to can be ended", async () => {
  await using step = await start("yes");
  await eventually(async () => (await findTree({ mark: step.mark })).length > 1);
  await step.process.end({ graceMs: 1_000 });
  assertEquals(await allOf(step.process.output), []);
});

Deno.test("a step in a folder that is gone is not started, and says so", async () => {
  const run = stepRunner();
  const error = await assertRejects(
    () => run({ command: "true", cwd: "/nowhere/at/all", env: {}, mark: "a", workerMark: "b" }),
    DomainError,
    "Cannot run sh: the folder /nowhere/at/all does not exist",
  );
  assertEquals(error.code, "unavailable");
});
