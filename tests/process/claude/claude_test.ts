// claude.ts against fake agents: small shell scripts that misbehave in one way each. The real claude is tested elsewhere.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import type { AgentProcess, AgentStart, AgentStep } from "../../../core/process/agent.ts";
import { claudeAgent } from "../../../core/process/claude/claude.ts";
import { claudeArgs } from "../../../core/process/claude/claude_args.ts";
import { probeClaude, rootRefusal, testedVersions, versionNotice } from "../../../core/process/claude/claude_probe.ts";
import { refusedTools } from "../../../core/process/claude/claude_tools.ts";
import { eventually, type TempDir, tempDir } from "../../support/temp.ts";
import { agentStart, allOf, isAlive, scriptIn, textsOf } from "../world.ts";

const RESULT = `echo '{"type":"result","subtype":"success","is_error":false,"result":"Done"}'`;

async function startFake(folder: TempDir, lines: string[], changes: Partial<AgentStart> = {}): Promise<AgentProcess> {
  const program = await scriptIn(folder.path, lines);
  return await claudeAgent({ program, name: "fake" })(agentStart(folder.path, changes));
}

Deno.test("claudeArgs() lets plan mode replace all permissions, never join them", () => {
  const start = agentStart("/w", { sessionId: "s", model: "opus", maxBudgetUsd: 2.5 });
  const common = ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  const tools = ["--disallowedTools", Object.keys(refusedTools).join(",")];
  assertEquals(claudeArgs(start, new Set()), [
    ...common,
    "--dangerously-skip-permissions",
    ...tools,
    ...["--session-id", "s", "--model", "opus", "--max-budget-usd", "2.5"],
  ]);
  const planned = { ...start, mode: "plan" as const, resume: true, model: null, maxBudgetUsd: null };
  assertEquals(claudeArgs(planned, new Set(["--forward-subagent-text"])), [
    ...common,
    ...["--permission-mode", "plan", "--permission-prompt-tool", "stdio"],
    ...[...tools, "--forward-subagent-text"],
    ...["--resume", "s"],
  ]);
});

Deno.test("claudeAgent() hands the prompt over as the first stdin line, with the run's environment", async () => {
  await using folder = await tempDir();
  Deno.env.set("CODER_TOKEN", "secret");
  const prompt = `-rf "quoted"\n${"ä".repeat(100_000)}`;
  const process = await startFake(folder, ["read -r line", 'printf "%s\\n" "$line" > prompt', "env > env", RESULT], {
    prompt,
  });
  Deno.env.delete("CODER_TOKEN");
  const steps = await allOf(process.steps);
  assertEquals(await process.exited, { code: 0, signal: null });
  assertEquals(steps.map((step) => step.type), ["result"]);
  const message = JSON.parse(await Deno.readTextFile(join(folder.path, "prompt")));
  assertEquals(message, { type: "user", message: { role: "user", content: [{ type: "text", text: prompt }] } });
  const env = await Deno.readTextFile(join(folder.path, "env"));
  assert(/^PERSONAL_RUN_[0-9a-f_]{36}=1$/m.test(env));
  assertStringIncludes(env, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1");
  assert(!env.includes("CODER_TOKEN"));
});

Deno.test("claudeAgent() says what is missing, and starts nothing", async () => {
  await using folder = await tempDir();
  const text = join(folder.path, "text");
  await Deno.writeTextFile(text, "", { mode: 0o644 });
  const gone = join(folder.path, "gone");
  const cases = [
    { program: "no-such-claude", error: "Cannot run no-such-claude: the program was not found" },
    { program: gone, error: `Cannot run ${gone}: the program was not found` },
    { program: text, error: `Cannot run ${text}: the file is not executable` },
    { program: "/bin/cat", cwd: gone, error: `Cannot run /bin/cat: the folder ${gone} does not exist` },
  ];
  for (const { program, error, cwd = folder.path } of cases) {
    const agent = claudeAgent({ program, name: "claude" });
    const refusal = await assertRejects(() => agent({ ...agentStart(folder.path), cwd }), DomainError);
    assertEquals([refusal.code, refusal.message], ["unavailable", error]);
  }
});

Deno.test("claudeAgent() keeps every byte in the raw log, and every line in the steps", async () => {
  await using folder = await tempDir();
  const log = join(folder.path, "logs", "task-1.log");
  await Deno.mkdir(join(folder.path, "logs"));
  await Deno.writeTextFile(log, "earlier\n");
  const long = `{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"${
    "x".repeat(10_000_000)
  }"}]}}`;
  const bytes = new Uint8Array([
    ...new TextEncoder().encode("no json\r\n"),
    ...[0xff, 0xfe, 0x41, 0x0a, 0x0a],
    ...new TextEncoder().encode(`${long}\n{"type":"system","subtype":"init","model":"last line without newline"}`),
  ]);
  await Deno.writeFile(join(folder.path, "output"), bytes);
  const process = await startFake(folder, ["cat output"]);
  const steps = await allOf(process.steps);
  assertEquals(textsOf(steps, "output.raw"), ["no json\r", "\ufffd\ufffdA"]);
  assertEquals(textsOf(steps, "output.text").map((text) => text.length), [10_000_000]);
  const events = steps.flatMap((step) => step.type === "events" ? step.events : []);
  assertEquals(events.at(-1)?.type, "agent.ready");
  const logged = await Deno.readFile(log);
  assertEquals(logged.subarray(8), bytes);
});

Deno.test("claudeAgent() reports stderr by lines and a signal as such", async () => {
  await using folder = await tempDir();
  const process = await startFake(folder, ["echo one >&2; printf two >&2", "kill -9 $$"]);
  const steps = await allOf(process.steps);
  assertEquals(textsOf(steps, "output.stderr").join("\n").split("\n"), ["one", "two"]);
  assertEquals(await process.exited, { code: null, signal: "SIGKILL" });
});

Deno.test("claudeAgent() carries 20,000 lines in few steps", async () => {
  await using folder = await tempDir();
  const line = { type: "assistant", message: { content: [{ type: "text", text: "hello" }] } };
  await Deno.writeTextFile(join(folder.path, "output"), `${JSON.stringify(line)}\n`.repeat(20_000));
  const process = await startFake(folder, ["cat output"]);
  const steps = await allOf(process.steps);
  assertEquals(textsOf(steps, "output.text").length, 20_000);
  assert(steps.length < 200, `${steps.length} steps`);
});

Deno.test("claudeAgent() holds an agent back whose steps are not pulled", async () => {
  await using folder = await tempDir();
  const process = await startFake(folder, ["yes $(printf '%01000d' 0) | head -n 40000", "touch finished"]);
  const log = join(folder.path, "logs", "task-1.log");
  const sizeOf = async () => (await Deno.stat(log)).size;
  // Full, and then still: what has been read is bounded while nobody pulls.
  await eventually(async () => await sizeOf() > 1_000_000);
  let before = -1;
  await eventually(async () => before === (before = await sizeOf()));
  assert(before < 3_000_000, `${before} bytes read`);
  await assertRejects(() => Deno.stat(join(folder.path, "finished")));
  const steps = await allOf(process.steps);
  await process.end({ graceMs: 5000 });
  assertEquals(textsOf(steps, "output.raw").length, 40_000);
  assertEquals(steps.length > 1, true);
});

Deno.test("claudeAgent() records the plan and denies with an interrupt; other requests are only denied", async () => {
  await using folder = await tempDir();
  const request = (id: string, request: unknown) =>
    `echo '${JSON.stringify({ type: "control_request", request_id: id, request })}'; read -r a; echo "$a" >> answers`;
  const process = await startFake(folder, [
    "read -r prompt",
    request("r1", { subtype: "can_use_tool", tool_name: "Bash", input: {} }),
    request("r2", { subtype: "hook_callback" }),
    request("r3", { subtype: "can_use_tool", tool_name: "ExitPlanMode", input: { plan: "1. Go" } }),
  ], { mode: "plan" });
  assertEquals(await allOf(process.steps), [{ type: "plan", plan: "1. Go" }]);
  await process.end({ graceMs: 5000 });
  const answers = (await Deno.readTextFile(join(folder.path, "answers"))).trim().split("\n").map((line) =>
    JSON.parse(line).response
  );
  assertEquals(answers.map((answer) => [answer.request_id, answer.subtype]), [
    ["r1", "success"],
    ["r2", "error"],
    ["r3", "success"],
  ]);
  assertEquals([answers[0].response.behavior, answers[0].response.interrupt], ["deny", undefined]);
  assertEquals([answers[2].response.behavior, answers[2].response.interrupt], ["deny", true]);
});

Deno.test("claudeAgent() answers requests outside plan mode too, without a plan", async () => {
  await using folder = await tempDir();
  const request = { subtype: "can_use_tool", tool_name: "ExitPlanMode", input: { plan: "1. Go" } };
  const process = await startFake(folder, [
    `read -r prompt; echo '${JSON.stringify({ type: "control_request", request_id: "r1", request })}'`,
    `read -r answer; echo "$answer" > answer`,
  ]);
  assertEquals(await allOf(process.steps), []);
  await process.end({ graceMs: 5000 });
  assertStringIncludes(await Deno.readTextFile(join(folder.path, "answer")), '"behavior":"deny"');
});

Deno.test("send() reaches the agent until its input is closed", async () => {
  await using folder = await tempDir();
  const process = await startFake(folder, ["cat > heard"]);
  const steps = allOf(process.steps);
  assertEquals(await process.send("more"), true);
  await process.interrupt();
  await process.closeInput();
  assertEquals(await process.send("too late"), false);
  await steps;
  await process.end({ graceMs: 5000 });
  const heard = (await Deno.readTextFile(join(folder.path, "heard"))).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(heard.map((message) => message.type), ["user", "user", "control_request"]);
  assertEquals(heard[2].request, { subtype: "interrupt" });
});

Deno.test("send() and closeInput() do not throw when the agent has gone", async () => {
  await using folder = await tempDir();
  const process = await startFake(folder, ["exit 7"], { prompt: "x".repeat(500_000) });
  await allOf(process.steps);
  assertEquals(await process.exited, { code: 7, signal: null });
  assertEquals(await process.send("hello?"), false);
  await process.interrupt();
  await process.closeInput();
});

Deno.test("The steps end although a grandchild keeps the pipes open", async () => {
  await using folder = await tempDir();
  const process = await startFake(folder, [RESULT, "setsid sleep 600 &", "echo $! > pid"]);
  const steps = await allOf(process.steps);
  assertEquals(steps.map((step) => step.type), ["result"]);
  const pid = Number(await Deno.readTextFile(join(folder.path, "pid")));
  assertEquals(await isAlive(pid), true);
  await process.end({ graceMs: 5000 });
  assertEquals(await isAlive(pid), false);
});

Deno.test("end() leaves nothing of the run: not one in a session of its own, not one without the mark", async () => {
  await using folder = await tempDir();
  const process = await startFake(folder, [
    "setsid sh -c 'echo $$ > own-session; exec sleep 600' &",
    "env -i sh -c 'echo $$ > unmarked; exec sleep 600' &",
    "exit 0",
  ]);
  const steps = allOf(process.steps);
  const pids = await Promise.all(
    ["own-session", "unmarked"].map((name) =>
      eventually(async () => Number(await Deno.readTextFile(join(folder.path, name))))
    ),
  );
  await process.exited;
  await process.end({ graceMs: 5000 });
  assertEquals(await Promise.all(pids.map(isAlive)), [false, false]);
  await steps;
});

Deno.test("end() without anybody pulling gives everything back", async () => {
  await using folder = await tempDir();
  const process = await startFake(folder, ["yes"]);
  await process.end({ graceMs: 5000 });
  assertEquals((await process.exited).code, null);
  assertEquals(await allOf(process.steps), []);
});

Deno.test("Leaving the steps early and ending the run gives everything back", async () => {
  await using folder = await tempDir();
  const process = await startFake(folder, ["yes"]);
  let first: AgentStep | undefined;
  for await (const step of process.steps) {
    first = step;
    break;
  }
  assertEquals(first?.type, "events");
  await process.end({ graceMs: 5000 });
});

Deno.test("probeClaude() tells version and path, or why not", async () => {
  await using folder = await tempDir();
  const good = await scriptIn(folder.path, [
    'if [ "$1" = --version ]; then echo "2.1.197 (Claude Code)"; exit; fi',
    "echo '  --effort <level>   Effort level for the current session'",
    "echo '                     (low, high, astral)'",
    "echo '  -c, --continue     Continue; see also --resume'",
    "echo '  --disallowedTools, --disallowed-tools <tools...>'",
  ]);
  assertEquals(await probeClaude(good), {
    found: true,
    path: good,
    version: "2.1.197",
    options: new Set(["--effort", "--continue", "--disallowedTools", "--disallowed-tools"]),
    efforts: ["low", "high"],
  });
  const mute = await scriptIn(folder.path, ['[ "$1" = --version ] && echo "2.1.197 (Claude Code)"']);
  assertEquals(await probeClaude(mute), {
    found: true,
    path: mute,
    version: "2.1.197",
    options: new Set<string>(),
    efforts: [],
  });
  assertEquals(await probeClaude("no-such-claude"), {
    found: false,
    reason: "Cannot run no-such-claude: the program was not found",
  });
  const bad = await scriptIn(folder.path, ["echo broken >&2; exit 3"]);
  assertEquals(await probeClaude(bad), { found: false, reason: `${bad} --version failed (exit code 3): broken` });
  const slow = await scriptIn(folder.path, ["exec sleep 600"]);
  assertEquals(await probeClaude(slow, { timeoutMs: 100 }), { found: false, reason: "no answer within 0.1 s" });
});

Deno.test("rootRefusal() speaks up for root outside a sandbox only", () => {
  assertEquals(rootRefusal({ uid: 1000, isSandbox: undefined }), null);
  assertEquals(rootRefusal({ uid: 0, isSandbox: "1" }), null);
  assertStringIncludes(rootRefusal({ uid: 0, isSandbox: undefined })!, "IS_SANDBOX=1");
  assertStringIncludes(rootRefusal({ uid: 0, isSandbox: "yes" })!, "normal user");
});

Deno.test("versionNotice() speaks up outside of what the tests cover only", () => {
  const { oldest, newest } = testedVersions;
  for (const version of [oldest, newest, "2.1.200", "unknown"]) assertEquals(versionNotice(version), null);
  assertStringIncludes(versionNotice("2.1.196")!, "older than what is tested");
  assertStringIncludes(versionNotice("2.2.0")!, "newer than what is tested");
  assertStringIncludes(versionNotice("10.0")!, `${oldest} to ${newest}`);
});

Deno.test("claudeAgent() starts nothing with an option that the program does not know", async () => {
  await using folder = await tempDir();
  const error = await assertRejects(() => startFake(folder, [RESULT], { effort: "high" }), DomainError);
  assertEquals([error.code, error.message], ["invalid", "Cannot start fake with --effort: it knows no such option"]);
  await assertRejects(() => startFake(folder, [RESULT], { fallbackModel: "sonnet" }), DomainError, "--fallback-model");
});
