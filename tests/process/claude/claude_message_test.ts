import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { NewEvent } from "../../../core/domain/event.ts";
import type { AgentResult } from "../../../core/process/agent.ts";
import type { Spent } from "../../../core/process/claude/claude_cost.ts";
import { readClaudeLine } from "../../../core/process/claude/claude_message.ts";
import { type ClaudeItem, newClaudeState } from "../../../core/process/claude/claude_state.ts";
import { toolSummary } from "../../../core/process/claude/tool_summary.ts";
import { runs } from "../../support/runs.ts";

const FIXTURES = new URL("../../fixtures/claude_stream/", import.meta.url);

function recording(name: string, state = newClaudeState()): ClaudeItem[] {
  const lines = Deno.readTextFileSync(new URL(`${name}.ndjson`, FIXTURES)).split("\n");
  return lines.flatMap((line) => readClaudeLine(line, state));
}

/** `output.text` ... `result`, `control`, in order. */
function typesOf(items: ClaudeItem[]): string[] {
  return items.map((item) => item.type === "event" ? item.event.type : item.type);
}

function eventsOf<T extends NewEvent["type"]>(items: ClaudeItem[], type: T) {
  const events = items.flatMap((item) => item.type === "event" ? [item.event] : []);
  return events.filter((event) => event.type === type).map((event) => event.data) as Extract<NewEvent, { type: T }>[
    "data"
  ][];
}

function resultsOf(items: ClaudeItem[]): AgentResult[] {
  return items.flatMap((item) => item.type === "result" ? [item.result] : []);
}

function read(...messages: unknown[]): ClaudeItem[] {
  const state = newClaudeState();
  return messages.flatMap((message) => readClaudeLine(JSON.stringify(message), state));
}

Deno.test("readClaudeLine() reads every recording without a raw line", () => {
  const namesIn = (folder: string) =>
    [...Deno.readDirSync(new URL(folder, FIXTURES))].filter(({ isFile, name }) => isFile && !name.includes(".stdin."))
      .map((entry) => folder + entry.name.replace(/\.ndjson$/, ""));
  const names = [...namesIn("./"), ...namesIn("./2.1.331/")];
  assertEquals(names.length, 28);
  // Cut short while claude waited to try again.
  const cut = ["./2.1.331/unauthorized", "./2.1.331/overloaded"];
  for (const name of names) {
    const items = recording(name);
    const types = typesOf(items);
    assertEquals(types.slice(0, 2), ["turn", "agent.ready"], name);
    assertEquals(types.filter((type) => type === "agent.ready").length, 1, name);
    if (!cut.includes(name)) assertEquals(types.at(-1), "result", name);
    assertEquals(types.filter((type) => type === "output.raw"), [], name);
    const ids = eventsOf(items, "usage.counted").map((usage) => usage.message_id);
    assertEquals(new Set(ids).size, ids.length, name);
  }
});

Deno.test("readClaudeLine() gives the steps of an edit in order", () => {
  const items = recording("edit");
  assertEquals(typesOf(items), [
    ...["turn", "agent.ready"],
    ...["output.thinking", "usage.counted", "output.text", "output.tool_use", "output.tool_result"],
    ...["output.tool_use", "usage.counted", "output.tool_result", "todos.changed"],
    ...["output.tool_use", "usage.counted", "output.tool_result"],
    ...["output.tool_use", "usage.counted", "output.tool_result"],
    ...["output.text", "usage.counted"],
    "result",
  ]);
  assertEquals(eventsOf(items, "agent.ready"), [{
    model: "claude-opus-4-8[1m]",
    session_id: "fc31a678-c5cd-48ea-8a89-7172357b96e6",
    version: "2.1.197",
  }]);
  assertEquals(eventsOf(items, "output.tool_use").map(({ name, summary }) => [name, summary.slice(0, 30)]), [
    ["Write", "greet.ts"],
    ["TaskCreate", "Write and commit greet.ts"],
    ["Bash", "cat greet.ts && git add -A && "],
    ["Bash", "exit 3"],
  ]);
  assertEquals(eventsOf(items, "output.tool_result").map(({ is_error }) => is_error), [false, false, false, true]);
  const [result] = resultsOf(items);
  assertEquals(result, {
    ok: true,
    subtype: "success",
    text: "Done. `greet.ts` is committed on this branch.\n\n- exported `greet`\n- one commit",
    apiErrorStatus: null,
    limitResetsAt: null,
    plan: "Done. `greet.ts` is committed on this branch.\n\n- exported `greet`\n- one commit",
    usage: { input_tokens: 600, output_tokens: 300, cache_read_tokens: 50, cache_write_tokens: 150 },
    costUsd: 0.0114625,
    sessionTotal: {
      usage: { input_tokens: 600, output_tokens: 300, cache_read_tokens: 50, cache_write_tokens: 150 },
      costUsd: 0.0114625,
    },
  });
});

Deno.test("readClaudeLine() gives the same steps with partial messages", () => {
  assertEquals(typesOf(recording("edit-partial")), typesOf(recording("edit")));
});

Deno.test("readClaudeLine() counts usage once per message, so that the sum is the result's", () => {
  for (const name of ["edit", "many", "simple", "big", "plan"]) {
    const items = recording(name);
    const counted = eventsOf(items, "usage.counted");
    const sum = counted.reduce((sum, usage) => sum + usage.input_tokens + usage.cache_read_tokens, 0);
    const { usage } = resultsOf(items).at(-1)!;
    assertEquals(sum, usage.input_tokens + usage.cache_read_tokens, name);
  }
});

Deno.test("readClaudeLine() tells good results from bad ones", () => {
  const ends = Object.fromEntries(
    ["simple", "unicode", "maxturns", "interrupt", "plan-approval", "auth", "overloaded", "badrequest"].map((name) => {
      const { ok, subtype, apiErrorStatus } = resultsOf(recording(name)).at(-1)!;
      return [name, [ok, subtype, apiErrorStatus]];
    }),
  );
  assertEquals(ends, {
    simple: [true, "success", null],
    unicode: [true, "success", null],
    maxturns: [false, "error_max_turns", null],
    interrupt: [false, "error_during_execution", null],
    "plan-approval": [false, "error_during_execution", null],
    auth: [false, "success", 401],
    overloaded: [false, "success", 529],
    badrequest: [false, "success", 400],
  });
});

Deno.test("readClaudeLine() shows retries, and counts no usage of made-up messages", () => {
  const items = recording("overloaded");
  assertEquals(typesOf(items), ["turn", "agent.ready", "output.notice", "output.notice", "output.text", "result"]);
  assertEquals(eventsOf(items, "output.notice")[0], {
    kind: "api_retry",
    text: "API error 529 (overloaded): retry 1 of 2 in 0.6 s",
  });
});

Deno.test("readClaudeLine() returns the plan of a permission request", () => {
  const items = recording("plan-approval");
  const control = items.flatMap((item) => item.type === "control" ? [item.control] : []);
  assertEquals(control, [{
    requestId: "8190f961-cf72-461b-b426-376c2a9eb638",
    subtype: "can_use_tool",
    tool: "ExitPlanMode",
    plan: "## Plan\n\n1. Add `greet.ts`\n2. Test it\n3. Commit",
  }]);
  assertEquals(eventsOf(items, "output.notice").at(-1)?.kind, "user");
});

Deno.test("readClaudeLine() keeps large and odd text whole", () => {
  const big = recording("big");
  assert(eventsOf(big, "output.text").some(({ text }) => text.length === 150_000));
  assertStringIncludes(eventsOf(recording("unicode"), "output.text")[0]!.text, "\u0000");
});

Deno.test("readClaudeLine() describes images and structured tool results", () => {
  const content = [{ type: "text", text: "Look:" }, {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: "A".repeat(4096) },
  }, { type: "other", x: 1 }];
  const items = read({
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: "t1", content }] },
    parent_tool_use_id: "toolu_9",
  });
  assertEquals(eventsOf(items, "output.tool_result"), [{
    id: "t1",
    is_error: false,
    text: 'Look:\n[image image/png, 3 KB]\n{"type":"other","x":1}',
    subagent: "toolu_9",
    images: [{ media_type: "image/png", bytes: 3072 }],
  }]);
});

Deno.test("readClaudeLine() keeps what it does not know and drops what it knows as noise", () => {
  assertEquals(eventsOf(read({ type: "novelty", uuid: "u", x: [1] }), "output.notice"), [{
    kind: "novelty",
    text: "novelty",
    raw: '{"type":"novelty","x":[1]}',
  }]);
  assertEquals(
    eventsOf(read({ type: "system", subtype: "omen", message: "It rains\nfrogs", y: 2 }), "output.notice"),
    [{
      kind: "omen",
      text: "omen: It rains",
      raw: '{"type":"system","subtype":"omen","message":"It rains\\nfrogs","y":2}',
    }],
  );
  assertEquals(eventsOf(read({ type: "assistant" }), "output.notice").length, 1);
  assertEquals(
    typesOf(read({ type: "assistant", message: { content: [{ type: "hologram" }] } })),
    ["output.notice"],
  );
  assertEquals(read({ type: "stream_event" }, { type: "control_response" }, { type: "keep_alive" }), []);
  assertEquals(read({ type: "system", subtype: "thinking_tokens" }, { type: "system", subtype: "status" }), []);
});

Deno.test("readClaudeLine() puts limits, compactions and hooks into words", () => {
  const info = { status: "rejected", rateLimitType: "five_hour", utilization: 1, resetsAt: 1_795_000_000 };
  const texts = eventsOf(
    read(
      { type: "rate_limit_event", rate_limit_info: info },
      { type: "system", subtype: "compact_boundary", compact_metadata: { trigger: "auto", pre_tokens: 155000 } },
      { type: "system", subtype: "hook_response", hook_name: "Stop", outcome: "error", output: "no" },
    ),
    "output.notice",
  ).map(({ text }) => text);
  assertEquals(texts, [
    "Usage limit (five_hour): rejected, 100 % used, resets at 2026-11-18T11:06:40.000Z",
    "Conversation compacted (auto, 155000 tokens before)",
    "Hook Stop: error\nno",
  ]);
});

Deno.test("readClaudeLine() takes a line that is no JSON object as raw, and an empty one as nothing", () => {
  for (const line of ["npm warn", "42", "[]", "null", '{"a":', `{"a":${"[".repeat(9000)}${"]".repeat(9000)}}`]) {
    const items = readClaudeLine(line, newClaudeState());
    assertEquals(eventsOf(items, "output.raw"), [{ text: line }]);
  }
  assertEquals(readClaudeLine("  \r", newClaudeState()), []);
});

Deno.test("readClaudeLine() never throws and always gives JSON, whatever the shape", () => {
  const known = fc.constantFrom(
    ...["type", "subtype", "message", "content", "usage", "id", "name", "input", "text", "thinking", "request"],
    ...["tool_name", "rate_limit_info", "resetsAt", "compact_metadata", "source", "todos", "errors", "result", "plan"],
  );
  const words = fc.constantFrom(
    ...["system", "init", "assistant", "user", "result", "control_request", "can_use_tool", "ExitPlanMode", "text"],
    ...["tool_use", "tool_result", "image", "thinking", "rate_limit_event", "api_retry", "TodoWrite", "Grep", "Task"],
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      words,
      fc.jsonValue(),
      fc.double(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(known, tie("value"), { maxKeys: 8 }),
    ),
  }));
  const line = fc.tuple(words, words, value).map(([type, subtype, rest]) =>
    JSON.stringify({
      type,
      subtype,
      message: { content: [rest], usage: rest, id: "m" },
      rate_limit_info: rest,
      ...Object(rest),
    })
  );
  fc.assert(
    fc.property(line, (line) => {
      for (const item of readClaudeLine(line, newClaudeState())) JSON.parse(JSON.stringify(item));
    }),
    { numRuns: runs(2000) },
  );
  fc.assert(fc.property(fc.string(), (line) => void readClaudeLine(line, newClaudeState())));
});

Deno.test("toolSummary() is one short line about what matters", () => {
  const cwd = "/srv/app";
  assertEquals(toolSummary("Bash", { command: "npm test" }, cwd), "npm test");
  assertEquals(toolSummary("Bash", { command: "a\n\tb" }, cwd), "a b");
  assertEquals(toolSummary("Edit", { file_path: "/srv/app/src/a.ts" }, cwd), "src/a.ts");
  assertEquals(toolSummary("Read", { file_path: "/srv/apple/a.ts" }, cwd), "/srv/apple/a.ts");
  assertEquals(toolSummary("Grep", { pattern: "TODO", path: "/srv/app" }, cwd), "TODO in .");
  assertEquals(toolSummary("Task", { description: "Look", prompt: "long" }, cwd), "Look");
  assertEquals(toolSummary("mcp__x", { n: 1, list: [2] }, cwd), '{"n":1,"list":[2]}');
  assertEquals(toolSummary("Nothing", {}, cwd), "");
  assertEquals(toolSummary("Nothing", null, cwd), "");
  const long = toolSummary("Bash", { command: "😀".repeat(300) }, cwd);
  assert(long.length <= 200 && long.isWellFormed() && long.endsWith("…"));
});

Deno.test("readClaudeLine() follows what works in the background, by lists or by starts and ends", () => {
  const living = (items: ClaudeItem[]) =>
    items.flatMap((item) => item.type === "background" ? [item.tasks.map(({ description }) => description)] : []);
  const recorded = recording("./2.1.331/background");
  assertEquals(living(recorded), [["Long tests"], []]);
  const turns = typesOf(recorded).filter((type) => ["turn", "result", "background"].includes(type));
  assertEquals(turns, ["turn", "background", "result", "background", "turn", "result"]);
  assertEquals(eventsOf(recorded, "output.notice").map(({ kind }) => kind), ["task_notification"]);
  assertEquals(living(recording("./2.1.331/background-agent")), [["Look"], []]);
  // As 2.1.197 tells it.
  const started = (task_id: string, more = {}) => ({
    type: "system",
    subtype: "task_started",
    task_id,
    description: task_id,
    task_type: "local_bash",
    ...more,
  });
  const ended = (task_id: string, status: string) => ({
    type: "system",
    subtype: "task_notification",
    task_id,
    status,
  });
  const updated = { type: "system", subtype: "task_updated", task_id: "b", patch: { status: "killed" } };
  assertEquals(
    living(
      read(started("a"), started("f", { is_backgrounded: false }), started("b"), ended("a", "completed"), updated),
    ),
    [["a"], ["a", "b"], ["b"], []],
  );
});

Deno.test("readClaudeLine() tells what a process cost, whether a program counts by session or by process", () => {
  const costs = (items: ClaudeItem[]) =>
    resultsOf(items).map(({ costUsd, usage }) => [Number(costUsd.toFixed(6)), usage.input_tokens]);
  const first = recording("./2.1.331/first-turn");
  assertEquals(costs(first), [[0.005496, 360]]);
  const before = resultsOf(first)[0]!.sessionTotal;
  // Also where what came before is not known: the line says it.
  for (const known of [before, null]) {
    const state = newClaudeState({ isResumed: true, before: known });
    assertEquals(costs(recording("./2.1.331/resumed-turn", state)), [[0.003664, 240]]);
  }
  assertEquals(costs(recording("./2.1.331/background")), [[0.003664, 240], [0.005496, 360]]);
  assertEquals(costs(recording("./2.1.331/budget")), [[0.001832, 120]]);
  const [old] = resultsOf(recording("first-turn"));
  const resumed = newClaudeState({ isResumed: true, before: old!.sessionTotal });
  const [own] = resultsOf(recording("resumed-turn", resumed));
  const [alone] = resultsOf(recording("resumed-turn"));
  assertEquals([own!.costUsd, own!.usage], [alone!.costUsd, alone!.usage]);
});

Deno.test("readClaudeLine() tells the two ways to count apart where no line says what is new", () => {
  const before: Spent = {
    usage: { input_tokens: 360, output_tokens: 180, cache_read_tokens: 30, cache_write_tokens: 90 },
    costUsd: 0.0055,
  };
  const usage = { input_tokens: 240, output_tokens: 120, cache_read_input_tokens: 20, cache_creation_input_tokens: 60 };
  const result = (inputTokens: number, total_cost_usd: number) => ({
    ...{ type: "result", subtype: "success", is_error: false, result: "", total_cost_usd, usage },
    modelUsage: { m: { inputTokens, outputTokens: 0, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 } },
  });
  const costOf = (line: unknown) => {
    const state = newClaudeState({ isResumed: true, before });
    const [{ costUsd, usage, sessionTotal }] = resultsOf(readClaudeLine(JSON.stringify(line), state)) as [AgentResult];
    return [Number(costUsd.toFixed(6)), usage.input_tokens, sessionTotal !== null];
  };
  assertEquals(costOf(result(780, 0.0092)), [0.0037, 420, true]);
  assertEquals(costOf(result(300, 0.0092)), [0.0092, 300, false]);
});

Deno.test("readClaudeLine() estimates what an answer costs once a result said what such answers cost", () => {
  const prices = new Map<string, number>();
  const estimates = (items: ClaudeItem[]) => eventsOf(items, "usage.counted").map((data) => data.estimated_cost_usd);
  assertEquals(estimates(recording("./2.1.331/first-turn", newClaudeState({ prices }))), Array(3).fill(undefined));
  const known = estimates(recording("./2.1.331/edit", newClaudeState({ prices })));
  assertEquals(known.map((usd) => usd?.toFixed(6)), Array(known.length).fill("0.001832"));
});

Deno.test("readClaudeLine() takes a plan from the call or the last words when the request has none", () => {
  const call = (plan: unknown) => ({
    type: "assistant",
    message: { id: "m", content: [{ type: "tool_use", id: "t", name: "ExitPlanMode", input: { plan } }] },
  });
  const said = { type: "assistant", message: { id: "n", content: [{ type: "text", text: "First look, then leap" }] } };
  const request = (input: unknown) => ({
    ...{ type: "control_request", request_id: "r" },
    request: { subtype: "can_use_tool", tool_name: "ExitPlanMode", input },
  });
  const planOf = (...messages: unknown[]) =>
    read(...messages).flatMap((item) => item.type === "control" ? item.control.plan : []);
  assertEquals(planOf(said, call("By call"), request({ plan: "By request" })), ["By request"]);
  assertEquals(planOf(said, call("By call"), request({})), ["By call"]);
  assertEquals(planOf(said, call(undefined), request({ plan: " " })), ["First look, then leap"]);
  assertStringIncludes(planOf(request({}))[0]!, "no plan");
  assertEquals(
    recording("./2.1.331/plan").flatMap((item) => item.type === "control" ? [item.control.plan] : []),
    ["## Plan\n1. Add greet.txt\n2. Commit\n"],
  );
});

Deno.test("readClaudeLine() reads when a limit ends, and gives up on retries that lead nowhere soon", () => {
  const event = (status: string) => ({
    type: "rate_limit_event",
    rate_limit_info: { status, resetsAt: 1_795_000_000 },
  });
  const result = { type: "result", subtype: "success", is_error: true, api_error_status: 429, result: "limit" };
  assertEquals(resultsOf(read(event("rejected"), result))[0]!.limitResetsAt, 1_795_000_000_000);
  assertEquals(resultsOf(read(event("allowed"), result))[0]!.limitResetsAt, null);
  const retry = (attempt: number, error_status: number, retry_delay_ms: number) => ({
    type: "system",
    subtype: "api_retry",
    attempt,
    max_retries: 10,
    error_status,
    retry_delay_ms,
  });
  const refusals = (...messages: unknown[]) =>
    read(...messages).flatMap((item) => item.type === "refused" ? [item] : []);
  assertEquals(refusals(retry(1, 401, 500), retry(2, 401, 1_000), retry(9, 529, 40_000)), []);
  assertEquals(refusals(retry(3, 401, 2_000)).map(({ retryInMs }) => retryInMs), [null]);
  assertEquals(refusals(retry(1, 429, 3_600_000)).map(({ retryInMs }) => retryInMs), [3_600_000]);
});
