// The real claude program against the scripted API: each built-in scenario does what the other tests rely on.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import { join } from "@std/path";
import { claudeEnv, claudeProgram } from "./claude_program.ts";
import { messagesApi } from "./messages_api.ts";
import { answer, bash, say, tool } from "./scenarios.ts";
import { eventually, tempDir, tempRepository } from "./temp.ts";

const stepTimeoutMs = 30_000;

// deno-lint-ignore no-explicit-any -- a line of claude's output, of which each test reads a few fields
type Line = any;

/** A repository, the API and one claude at work in the repository, all gone when the scope ends. */
async function claudeAtWork(
  { session = crypto.randomUUID(), args = ["--dangerously-skip-permissions", "--session-id", session], ...options }:
    & { session?: string; args?: string[] }
    & Parameters<typeof messagesApi>[0] = {},
) {
  const stack = new AsyncDisposableStack();
  try {
    const repository = stack.use(await tempRepository());
    const home = stack.use(await tempDir());
    const api = stack.use(messagesApi(options));
    const env = claudeEnv({ baseUrl: api.url, home: home.path });
    const program = await claudeProgram();
    const start = (args: string[]) => stack.use(startClaude(program, { args, cwd: repository.path, env }));
    const claude = start(args);
    return {
      repository,
      home: home.path,
      api,
      session,
      start,
      claude,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function startClaude(
  program: string,
  { args, cwd, env }: { args: string[]; cwd: string; env: Record<string, string> },
) {
  const child = new Deno.Command(program, {
    args: ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", ...args],
    cwd,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = child.stdin.getWriter();
  const stderr = new Response(child.stderr).text();
  const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const output = readJsonLines(stdout);
  const lines: Line[] = [];

  async function next(): Promise<Line | undefined> {
    const { done, value } = await deadline(output.next(), stepTimeoutMs);
    if (!done) lines.push(value);
    return value;
  }
  return {
    lines,
    send: (line: unknown) => stdin.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`)),
    prompt(text: string) {
      return this.send({ type: "user", message: { role: "user", content: [{ type: "text", text }] } });
    },
    /** Reads on until a line fits. */
    async until(fits: (line: Line) => unknown): Promise<Line> {
      for (;;) {
        const line = await next();
        if (line === undefined) throw new Error(`claude ended without that line: ${JSON.stringify(lines.slice(-3))}`);
        if (fits(line)) return line;
      }
    },
    /** Reads its result, ends its input, waits for its end. In this order: a claude whose input has ended exits after its
     * result without waiting until its output is read, and what the pipe cannot hold is lost (with exit code 0). */
    async finish() {
      const result = await this.until((line) => line.type === "result");
      await stdin.close();
      while (await next() !== undefined) { /* next() keeps the lines */ }
      const { code } = await deadline(child.status, stepTimeoutMs);
      return { code, result, stderr: await stderr };
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      await stdin.abort().catch(() => {});
      await stdout.cancel();
      await Promise.all([child.status, stderr]);
    },
  };
}

async function* readJsonLines(stdout: ReadableStreamDefaultReader<string>): AsyncGenerator<Line, undefined> {
  let rest = "";
  for (let read = await stdout.read(); !read.done; read = await stdout.read()) {
    const lines = (rest + read.value).split("\n");
    rest = lines.pop()!;
    yield* lines.map((line) => JSON.parse(line));
  }
}

function contentOf(lines: Line[], type: string): Line[] {
  return lines.flatMap((line) => Array.isArray(line.message?.content) ? line.message.content : [])
    .filter((block) => block.type === type);
}

/** Runs one scenario to its end and checks that it ended well. */
async function runWell(world: Awaited<ReturnType<typeof claudeAtWork>>, prompt: string): Promise<Line> {
  await world.claude.prompt(prompt);
  const { code, result, stderr } = await world.claude.finish();
  assertEquals({ code, isError: result?.is_error, stderr }, { code: 0, isError: false, stderr: "" });
  return result;
}

Deno.test("claudeProgram() is quick once it is installed", async () => {
  await claudeProgram();
  const before = performance.now();
  assertStringIncludes(await claudeProgram(), "claude");
  assert(performance.now() - before < 100);
});

Deno.test("simple: one text, with exact usage", async () => {
  await using world = await claudeAtWork();
  const result = await runWell(world, "What is there to do?");
  assertEquals(result.result, "Nothing to change: the repository already does that.");
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = result.usage;
  assertEquals([input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens], [120, 60, 30, 10]);
  assertEquals(world.claude.lines.map((line) => line.type), ["system", "assistant", "result"]);
  assertEquals(world.claude.lines[0].session_id, world.session);
  assertEquals(world.api.requests.map(({ sessionId, cwd, userTexts }) => ({ sessionId, cwd, userTexts })), [
    { sessionId: world.session, cwd: world.repository.path, userTexts: ["What is there to do?"] },
  ]);
});

Deno.test("claude asks nothing else of the API", async () => {
  await using world = await claudeAtWork();
  await runWell(world, "[[scenario:edit]]");
  // Older programs ask once whether it is there.
  assertEquals(world.api.otherCalls.filter((call) => call !== "HEAD /"), []);
});

Deno.test("edit: writes a file and commits it", async () => {
  await using world = await claudeAtWork();
  const result = await runWell(world, "[[scenario:edit hello.ts]] Add a greeting");
  assertEquals(result.result, "Added `hello.ts` and committed it.");
  assertEquals(result.usage.output_tokens, 180);
  assertEquals(await world.repository.git("log", "--format=%s"), "Add hello.ts\nFirst commit");
  assertEquals(await world.repository.git("status", "--porcelain"), "");
  assertStringIncludes(await Deno.readTextFile(join(world.repository.path, "hello.ts")), "Hello, ${name}!");
  assertEquals(contentOf(world.claude.lines, "tool_use").map(({ name }) => name), ["Write", "Bash"]);
  assertEquals(contentOf(world.claude.lines, "thinking").length, 1);
});

Deno.test("uncommitted: leaves the file", async () => {
  await using world = await claudeAtWork();
  await runWell(world, "[[scenario:uncommitted]]");
  assertEquals(await world.repository.git("status", "--porcelain"), "?? greet.ts");
});

Deno.test("failing_tool: the command's exit code and stderr come back as an error", async () => {
  await using world = await claudeAtWork();
  await runWell(world, "[[scenario:failing_tool]]");
  const [{ is_error, content }] = contentOf(world.claude.lines, "tool_result");
  assertEquals({ is_error, content }, { is_error: true, content: "Exit code 3\nno such test" });
});

Deno.test("many: one tool call after the other", async () => {
  await using world = await claudeAtWork();
  const result = await runWell(world, "[[scenario:many 4]]");
  assertEquals(result.result, "Done after 4 steps.");
  const outputs = contentOf(world.claude.lines, "tool_result").map(({ content }) => content);
  assertEquals(outputs, ["step 1 of 4", "step 2 of 4", "step 3 of 4", "step 4 of 4"]);
});

Deno.test("big: 200,000 characters as a tool's output and as a text", async () => {
  await using world = await claudeAtWork();
  const result = await runWell(world, "[[scenario:big]]");
  assertEquals(result.result, "0123456789".repeat(20_000));
  const { tool_use_result } = world.claude.lines.find((line) => line.tool_use_result);
  assert(tool_use_result.stdout.length >= 30_000, `${tool_use_result.stdout.length} characters`);
});

Deno.test("slow: an interrupt ends it in the middle of the tool", async () => {
  await using world = await claudeAtWork();
  await world.claude.prompt("[[scenario:slow]]");
  await world.claude.until((line) => contentOf([line], "tool_use").length > 0);
  await world.claude.send({ type: "control_request", request_id: "r1", request: { subtype: "interrupt" } });
  const { code, result } = await world.claude.finish();
  assertEquals({ code, subtype: result.subtype }, { code: 1, subtype: "error_during_execution" });
});

Deno.test("slow_setsid: the grandchild outlives a killed claude", async () => {
  const seconds = uniqueSeconds();
  await using world = await claudeAtWork();
  await world.claude.prompt(`[[scenario:slow_setsid ${seconds}]]`);
  await using asleep = await whenRunning(`sleep ${seconds}`, 2);
  await world.claude[Symbol.asyncDispose]();
  assertEquals(await processesRunning(`sleep ${seconds}`), asleep.pids);
});

/** About a minute, with decimals that no other test has: to find its processes by. */
function uniqueSeconds(): string {
  return `60.${crypto.getRandomValues(new Uint32Array(1))[0]}`;
}

/** Waits until so many processes run the command, and kills them when the scope ends. */
async function whenRunning(command: string, count: number) {
  const pids = await eventually(async () => {
    const pids = await processesRunning(command);
    return pids.length === count && pids;
  }, { timeoutMs: stepTimeoutMs, what: `${count} processes run ${command}` });
  return {
    pids,
    async [Symbol.asyncDispose]() {
      for (const pid of await processesRunning(command)) Deno.kill(pid, "SIGKILL");
    },
  };
}

/** The processes with exactly that command line. */
async function processesRunning(command: string): Promise<number[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,args="] }).output();
  const rows = new TextDecoder().decode(stdout).split("\n").map((row) => /^ *(\d+) (.*?) *$/.exec(row));
  return rows.flatMap((row) => row?.[2] === command ? [Number(row[1])] : []);
}

Deno.test("a session killed in the middle of a tool goes on with that step when it is resumed", async () => {
  const sleep = `sleep ${uniqueSeconds()}`;
  await using world = await claudeAtWork({
    scenarios: {
      two: ({ step, userTexts }) => {
        if (step === 0) return bash("echo one", "Step 1");
        if (step === 1) return bash(userTexts.length === 1 ? `exec ${sleep}` : "echo two", "Step 2");
        return say(`Heard: ${userTexts.join(", ")}`);
      },
    },
  });
  await world.claude.prompt("[[scenario:two]]");
  await using _asleep = await whenRunning(sleep, 1);
  // claude writes its session a little later than it acts; what is not written when it is killed never happened.
  await eventually(async () => (await readSession(world.home, world.session)).includes(sleep));
  await world.claude[Symbol.asyncDispose]();

  const resumed = world.start(["--dangerously-skip-permissions", "--resume", world.session]);
  await resumed.prompt("Go on");
  const { result } = await resumed.finish();
  assertEquals(result.result, "Heard: [[scenario:two]], Go on");
  assertEquals(contentOf(resumed.lines, "tool_result").map(({ content }) => content), ["two"]);
});

async function readSession(home: string, session: string): Promise<string> {
  const projects = join(home, ".claude/projects");
  const [project] = await Array.fromAsync(Deno.readDir(projects));
  return await Deno.readTextFile(join(projects, project!.name, `${session}.jsonl`));
}

Deno.test("plan: proposes, revises after feedback, and edits when resumed with all permissions", async () => {
  const planMode = ["--permission-mode", "plan", "--permission-prompt-tool", "stdio"];
  const session = crypto.randomUUID();
  await using world = await claudeAtWork({ session, args: [...planMode, "--session-id", session] });

  async function readPlan(claude: typeof world.claude): Promise<string> {
    const { request_id, request } = await claude.until((line) => line.type === "control_request");
    assertEquals([request.subtype, request.tool_name], ["can_use_tool", "ExitPlanMode"]);
    const response = { behavior: "deny", message: "The plan is recorded. Stop here.", interrupt: true };
    await claude.send({ type: "control_response", response: { subtype: "success", request_id, response } });
    assertEquals((await claude.finish()).code, 1);
    // Newer programs ask without the plan when it is in no plan file; the call has it.
    const blocks = claude.lines.flatMap(({ type, message }) => type === "assistant" ? message.content : []);
    return request.input.plan ?? blocks.findLast(({ name }) => name === "ExitPlanMode").input.plan;
  }

  await world.claude.prompt("[[scenario:plan]] Add a greeting");
  assertMatch(await readPlan(world.claude), /^## Plan\n\n1\. Add `greet\.ts`\n2\. Test it\n3\. Commit\n$/);
  assertEquals(await world.repository.git("status", "--porcelain"), "");

  const second = world.start([...planMode, "--resume", session]);
  await second.prompt("Mention the docs");
  assertStringIncludes(await readPlan(second), "\n4. Mind this: Mention the docs\n");

  const third = world.start(["--dangerously-skip-permissions", "--resume", session]);
  await third.prompt("The plan is approved: carry it out");
  const { code, result } = await third.finish();
  assertEquals({ code, text: result.result }, { code: 0, text: "Added `greet.ts` and committed it." });
  assertEquals(await world.repository.git("log", "--format=%s"), "Add greet.ts\nFirst commit");
});

Deno.test("followup: a message sent while a tool runs is answered in the same run", async () => {
  await using gates = await tempDir();
  const gate = join(gates.path, "open");
  await using world = await claudeAtWork();
  await world.claude.prompt(`[[scenario:followup ${gate}]]`);
  await world.claude.until((line) => contentOf([line], "tool_use").length > 0);
  await world.claude.prompt("And the tests, please");
  // claude reads its stdin in order, so an answered request behind the message says that the message was taken.
  await world.claude.send({ type: "control_request", request_id: "r1", request: { subtype: "initialize" } });
  await world.claude.until((line) => line.type === "control_response");
  await Deno.writeTextFile(gate, "");
  const { code, result } = await world.claude.finish();
  assertEquals({ code, text: result.result }, { code: 0, text: "You said: And the tests, please" });
});

Deno.test("followup: a message after the result is answered in the same session", async () => {
  await using world = await claudeAtWork();
  await world.claude.prompt("[[scenario:followup]] First");
  await world.claude.until((line) => line.type === "result");
  await world.claude.prompt("Second");
  const { code, result } = await world.claude.finish();
  assertEquals({ code, text: result.result }, { code: 0, text: "You said: Second" });
});

Deno.test("expensive: a budget stops it", async () => {
  await using world = await claudeAtWork({
    args: ["--dangerously-skip-permissions", "--max-budget-usd", "3"],
  });
  await world.claude.prompt("[[scenario:expensive]]");
  const { code, result } = await world.claude.finish();
  assertEquals({ code, subtype: result.subtype, isError: result.is_error }, {
    code: 1,
    subtype: "error_max_budget_usd",
    isError: true,
  });
  assert(result.total_cost_usd > 3 && result.total_cost_usd < 8, `$${result.total_cost_usd}`);
});

for (
  const [scenario, status, retries] of [
    ["auth", 401, 1],
    ["bad_request", 400, 0],
    ["rate_limited", 429, 1],
    ["overloaded", 529, 1],
  ] as const
) {
  Deno.test(`${scenario}: ends with the API's ${status} after ${retries} retries`, async () => {
    await using world = await claudeAtWork();
    await world.claude.prompt(`[[scenario:${scenario}]]`);
    const { code, result } = await world.claude.finish();
    assertEquals(
      { code, subtype: result.subtype, isError: result.is_error },
      { code: 1, subtype: "success", isError: true },
    );
    assertEquals(result.api_error_status, status, JSON.stringify(world.claude.lines));
    const notices = world.claude.lines.filter((line) => line.subtype === "api_retry");
    assertEquals(notices.map((line) => line.error_status), Array(retries).fill(status));
  });
}

Deno.test("hang: the answer begins and nothing follows; the API can still be closed", async () => {
  await using world = await claudeAtWork();
  await world.claude.prompt("[[scenario:hang]]");
  await eventually(() => world.api.requests.length === 1, { timeoutMs: stepTimeoutMs });
  await world.claude.send({ type: "control_request", request_id: "r1", request: { subtype: "interrupt" } });
  const result = await world.claude.until((line) => line.type === "result");
  assertEquals(result.subtype, "error_during_execution");
});

Deno.test("a test's own scenario can keep state and wait at a gate", async () => {
  const gate = Promise.withResolvers<void>();
  await using world = await claudeAtWork({
    scenarios: {
      async gated({ step }) {
        if (step === 0) return bash("pwd", "Look around");
        await gate.promise;
        return say("The gate is open.");
      },
    },
  });
  await world.claude.prompt("[[scenario:gated]]");
  await world.claude.until((line) => contentOf([line], "tool_result").length > 0);
  await eventually(() => world.api.requests.length === 2);
  assertEquals(world.claude.lines.filter((line) => line.type === "result"), []);
  gate.resolve();
  assertEquals((await world.claude.finish()).result.result, "The gate is open.");
});

Deno.test("a name that is no scenario ends the run and is named", async () => {
  await using world = await claudeAtWork();
  await world.claude.prompt("[[scenario:nonsense]]");
  const { code, result } = await world.claude.finish();
  assertEquals(code, 1);
  assertStringIncludes(result.result, "No scenario is called nonsense");
});

Deno.test("messagesApi() answers with one message when no stream is asked for", async () => {
  await using api = messagesApi({
    script: () => answer({ type: "text", text: "I look." }, tool("Bash", { command: "ls" })),
  });
  const body = JSON.stringify({ model: "claude-test", messages: [{ role: "user", content: "Hello" }] });
  const response = await fetch(`${api.url}/v1/messages`, { method: "POST", headers: { "x-api-key": "dummy" }, body });
  const { content, stop_reason, usage } = await response.json();
  assertEquals(content.map((block: Line) => block.text ?? block.input), ["I look.", { command: "ls" }]);
  assertEquals([stop_reason, usage.output_tokens], ["tool_use", 60]);
});

Deno.test("messagesApi() refuses a request without a key", async () => {
  await using api = messagesApi();
  const response = await fetch(`${api.url}/v1/messages`, { method: "POST", body: "{}" });
  assertEquals(response.status, 401);
  assertEquals((await response.json()).error.type, "authentication_error");
});
