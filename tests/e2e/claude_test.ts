// The whole service with the real claude program: what a submitted task becomes, and what is left of it.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { TaskEvent } from "../../core/domain/event.ts";
import { readClaudeLine } from "../../core/process/claude/claude_message.ts";
import { newClaudeState } from "../../core/process/claude/claude_state.ts";
import { claudeProgram } from "../support/claude_program.ts";
import { bash, say } from "../support/scenarios.ts";
import { eventually, git } from "../support/temp.ts";
import { assertSound, claudeWorld, exists, ofType, outline, tokens, tokensOf } from "./world.ts";

Deno.test("a task that edits and commits leaves its branch, its worktree and a whole account", async () => {
  // A tee of claude's stdout, to compare with the raw log.
  const wrapper = `#!/bin/bash
case "$1" in --version | --help) exec "$REAL_CLAUDE" "$1" ;; esac
set -o pipefail
"$REAL_CLAUDE" "$@" | tee -a "$TEE_COPY"
`;
  const folder = await Deno.makeTempDir();
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const copy = join(folder, "stdout");
  await Deno.writeTextFile(join(folder, "claude"), wrapper, { mode: 0o755 });
  await using world = await claudeWorld({
    env: { CODER_CLAUDE: join(folder, "claude"), REAL_CLAUDE: await claudeProgram(), TEE_COPY: copy },
  });
  const { service, repository, api } = world;

  const { id } = await service.createTask({ prompt: "Greet [[scenario:edit]]", title: "Greet people" });
  const task = await service.waitForStatus(id, "completed");
  const events = await service.events(id);

  assertSound(events);
  assertEquals(outline(events), [
    "task.created",
    "run.claimed",
    "worktree.added",
    "run.started",
    "agent.ready",
    "work.saved",
    "run.finished",
    "task.completed",
  ]);
  assertEquals(ofType(events, "output.tool_use").map(({ data }) => data.name), ["Write", "Bash"]);
  assertEquals(ofType(events, "output.tool_result").map(({ data }) => data.is_error), [false, false]);
  assertEquals(ofType(events, "output.text").at(-1)?.data.text, "Added `greet.ts` and committed it.");

  assertEquals(api.requests.length, 3);
  assertEquals(tokensOf(task), tokens(3));
  assertEquals(new Set(ofType(events, "usage.counted").map(({ data }) => data.message_id)).size, 3);
  assertEquals(ofType(events, "usage.counted").length, 3);
  assertEquals(task.output, "Added `greet.ts` and committed it.");
  assertEquals([task.attempts, task.runs, task.outcome, task.error], [1, 1, "succeeded", null]);
  assertEquals([task.lines_added, task.lines_removed], [1, 0]);

  assertEquals(task.branch, "task-1-greet-people");
  assertEquals(await repository.git("log", "--format=%s", `${task.base_commit}..${task.branch}`), "Add greet.ts");
  assert(await exists(join(task.worktree!, "greet.ts")));
  assertEquals(await git(task.worktree!, "status", "--porcelain"), "");
  assertEquals(await repository.git("status", "--porcelain"), "");

  const [{ data: started }] = ofType(events, "run.started") as [Extract<TaskEvent, { type: "run.started" }>];
  assertEquals([started.session_id, started.resumed], [task.session_id, false]);
  assert(started.args.includes("--dangerously-skip-permissions"));
  for (const absent of ["--model", "--max-budget-usd", "Greet"]) assert(!started.args.join(" ").includes(absent));

  // What it was told: the prompt, then the rule of the house.
  assertStringIncludes(api.requests[0]!.userTexts[0]!, "Greet [[scenario:edit]]\n\nCommit your work on this branch");

  const diff = await (await service.call(`/api/tasks/${id}/diff`)).text();
  assertStringIncludes(diff, "+++ b/greet.ts");
  assertStringIncludes(diff, "+export const greet");

  const log = await service.call(`/api/tasks/${id}/log`);
  assertMatch(log.headers.get("content-type")!, /^application\/x-ndjson/);
  const bytes = await log.bytes();
  assertEquals(bytes, await Deno.readFile(copy));
  const state = newClaudeState();
  const items = new TextDecoder().decode(bytes).split("\n").flatMap((line) => readClaudeLine(line, state));
  const said = items.flatMap((item) => item.type === "event" ? [{ type: item.event.type, data: item.event.data }] : []);
  const recorded = events.filter(({ type }) => /^(output|usage|agent)\./.test(type) && type !== "output.stderr");
  assertEquals(recorded.map(({ type, data }) => ({ type, data })), said);
  const [result] = items.flatMap((item) => item.type === "result" ? [item.result] : []);
  assertEquals(task.cost_usd, result!.costUsd);
  assert(task.cost_usd! > 0);

  // The agent's environment has nothing of the service's own.
  assertEquals(await service.descendants(), []);
});

Deno.test("a failing tool is recorded as such and does not fail the task", async () => {
  await using world = await claudeWorld();
  const { service } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:failing_tool]]" });
  const task = await service.waitForStatus(id, "completed");
  const [result] = ofType(await service.events(id), "output.tool_result");
  assert(result!.data.is_error);
  assertStringIncludes(result!.data.text, "no such test");
  assertStringIncludes(task.output!, "exit code 3");
});

Deno.test("an error of the API fails the task; its worktree goes, its work stays under a ref", async () => {
  await using world = await claudeWorld({
    scenarios: {
      late_error: ({ step }) => step === 0 ? bash("echo half > half.txt", "Begin") : { status: 400 },
    },
  });
  const { service, repository } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:late_error]]", title: "Half" });
  const task = await service.waitForStatus(id, "failed");
  assertStringIncludes(task.error!, "this request cannot be served");
  assertEquals([task.branch, task.worktree, task.outcome], [null, null, "failed"]);
  assertEquals(tokensOf(task), tokens(1));
  const events = await service.events(id);
  assertSound(events);
  assertEquals(outline(events).slice(-5), [
    "run.finished",
    "worktree.snapshotted",
    "work.saved",
    "worktree.removed",
    "task.failed",
  ]);
  assertEquals(task.snapshot!.ref, "refs/coder/task-1/run-1");
  assertEquals(await repository.git("show", `${task.snapshot!.ref}:half.txt`), "half");
  assertEquals(await repository.git("branch", "--list", "task-*"), "");
  assertEquals(await exists(ofType(events, "worktree.added")[0]!.data.path), false);
  const diff = await (await service.call(`/api/tasks/${id}/diff`)).text();
  assertStringIncludes(diff, "+half");
});

Deno.test("an API that refuses or is overloaded puts the task back and pauses the dispatch", async () => {
  async function pauses(scenario: string, words: string): Promise<void> {
    await using world = await claudeWorld();
    const { service } = world;
    const { id } = await service.createTask({ prompt: `[[scenario:${scenario}]]` });
    const other = await service.createTask({ prompt: "[[scenario:simple]]", depends_on: [id] });
    const task = await service.waitFor(id, (_, { type }) => type === "run.finished");
    assertEquals([task.status, task.outcome], ["pending", "paused"]);
    assert(task.attempts <= 1, "the attempt is not used up");
    assert(task.worktree !== null);
    assertStringIncludes(task.error!, words);
    await eventually(async () => (await service.health()).pause, { what: "the dispatch is paused" });
    const health = await service.health();
    assertEquals(health.status, "paused");
    assertStringIncludes(health.pause!.reason, words);
    assert(Date.parse(health.pause!.until!) > Date.now() + 4 * 60_000);
    assertStringIncludes((await service.task(id)).waiting!, words);
    assertEquals((await service.task(other.id)).blocked_by, [{ id, status: "pending" }]);
  }
  await Promise.all([pauses("auth", "401"), pauses("rate_limited", "429"), pauses("overloaded", "529")]);
});

Deno.test("plan mode: a plan waits without a slot, is revised after a rejection and carried out after approval", async () => {
  await using world = await claudeWorld({ env: { CODER_MAX_CONCURRENT: "1" } });
  const { service, repository, api } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:plan]]", mode: "plan", title: "Plan it" });
  const first = await service.waitForStatus(id, "awaiting_approval");
  assertStringIncludes(first.plan!, "1. Add `greet.ts`");
  assert(await exists(first.worktree));
  assertEquals(first.mode, "plan");
  assertEquals((await service.health()).slots.busy, 0);
  assertEquals(await service.descendants(), []);
  const args = ofType(await service.events(id), "run.started")[0]!.data.args;
  assert(!args.includes("--dangerously-skip-permissions"));

  // The only slot is free for others meanwhile.
  const other = await service.createTask({ prompt: "[[scenario:simple]]" });
  await service.waitForStatus(other.id, "completed");
  const refused = await service.call(`/api/tasks/${id}/messages`, { json: { text: "Hello" } });
  assertEquals(refused.status, 409);
  await refused.body!.cancel();

  const rejected = await service.command(id, "plan/reject", { feedback: "Greet in French" });
  const second = await service.waitForStatus(id, "awaiting_approval", rejected.seq);
  assertStringIncludes(second.plan!, "Greet in French");
  assertEquals(second.session_id, first.session_id);

  await service.command(id, "plan/approve");
  const done = await service.waitForStatus(id, "completed");
  assertEquals([done.mode, done.session_id, done.worktree], ["execute", first.session_id, first.worktree]);
  assertEquals(done.attempts, 1);
  assertEquals(await repository.git("log", "--format=%s", `main..${done.branch}`), "Add greet.ts");
  const events = await service.events(id);
  assertSound(events);
  const starts = ofType(events, "run.started").map(({ data }) => data);
  assertEquals(starts.map(({ resumed }) => resumed), [false, true, true]);
  assert(starts[2]!.args.includes("--dangerously-skip-permissions"));
  assertEquals(ofType(events, "run.finished").map(({ data }) => data.outcome), ["planned", "planned", "succeeded"]);
  const own = api.requests.filter(({ scenario }) => scenario === "plan").length;
  assertEquals(tokensOf(done), tokens(own));
});

Deno.test("a cancel in the middle of a tool ends the whole tree and keeps the work", async () => {
  await using world = await claudeWorld({
    scenarios: {
      busy: () => bash("echo mine > work.txt; setsid sleep 61 & touch started; sleep 62", "Work for long"),
    },
  });
  const { service, repository } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:busy]]", title: "Busy" });
  const running = await service.waitFor(id, (_, { type }) => type === "output.tool_use");
  await eventually(() => exists(join(running.worktree!, "started")), { what: "the tool runs" });
  assert((await service.descendants()).length >= 3);

  const answered = await service.command(id, "cancel");
  assert(answered.cancel_requested);
  const task = await service.waitForStatus(id, "cancelled");
  assertEquals(await service.descendants(), []);
  assertEquals([task.worktree, task.branch, task.outcome], [null, null, "cancelled"]);
  assertEquals(task.snapshot!.ref, "refs/coder/task-1/run-1");
  assertEquals(await repository.git("show", "refs/coder/task-1/run-1:work.txt"), "mine");
  assertEquals(await exists(running.worktree), false);
  assertEquals(await repository.git("branch", "--list", "task-*"), "");
  assertEquals(
    await repository.git("worktree", "list", "--porcelain").then((text) => text.match(/^worktree/gm)!.length),
    1,
  );
  const events = await service.events(id);
  assertSound(events);
  assertEquals(outline(events).slice(-6), [
    "task.cancel_requested",
    "run.finished",
    "worktree.snapshotted",
    "work.saved",
    "worktree.removed",
    "task.cancelled",
  ]);
  // The first answer was spent before the interrupt.
  assertEquals(tokensOf(task), tokens(1));

  // Cancelling a cancelled task is answered, and writes nothing.
  const again = await service.command(id, "cancel");
  assertEquals(again.seq, task.seq);
});

Deno.test("a cancel at any moment of a start is obeyed soon, and leaves nothing", async () => {
  const moments = ["task.created", "run.claimed", "worktree.added", "run.started", "agent.ready"] as const;
  await using world = await claudeWorld({ env: { CODER_MAX_CONCURRENT: "5" } });
  const { service, repository } = world;
  await Promise.all(moments.map(async (moment) => {
    const { id } = await service.createTask({ prompt: "[[scenario:slow_setsid 68]]", title: moment });
    if (moment !== "task.created") await service.waitFor(id, (_, { type }) => type === moment);
    const asked = await service.command(id, "cancel");
    const task = await service.waitForStatus(id, "cancelled");
    const tookMs = Date.parse(task.completed_at!) - Date.parse(asked.updated_at);
    // An interrupt has 3 s and a TERM 5 s; what hangs would take the time of the command.
    assert(tookMs < 20_000, `cancelled ${tookMs} ms after it was asked for at ${moment}`);
    assertSound(await service.events(id));
  }));
  assertEquals(await service.descendants(), []);
  assertEquals(await repository.git("branch", "--list", "task-*"), "");
  assertEquals((await service.health()).slots.busy, 0);
});

Deno.test("a follow-up reaches the running agent; the next one resumes the session in its worktree", async () => {
  await using world = await claudeWorld();
  const { service, api, home } = world;
  const gate = join(home, "gate");
  const { id } = await service.createTask({ prompt: `[[scenario:followup ${gate}]]` });
  await service.waitFor(id, (_, { type }) => type === "output.tool_use");
  await service.command(id, "messages", { text: "Mind the accents" });
  await service.waitFor(id, (_, { type }) => type === "message.sent");
  await Deno.writeTextFile(gate, "");
  const first = await service.waitForStatus(id, "completed");
  assertEquals(first.output, "You said: Mind the accents");
  assertEquals([first.runs, first.messages_waiting], [1, []]);
  assertEquals(tokensOf(first), tokens(api.requests.length));

  const again = await service.command(id, "messages", { text: "And in Dutch" });
  assertEquals(again.status, "pending");
  const second = await service.waitForStatus(id, "completed", again.seq);
  assertEquals(second.output, "You said: And in Dutch");
  assertEquals([second.session_id, second.worktree, second.branch], [first.session_id, first.worktree, first.branch]);
  assertEquals([second.runs, second.attempts, second.messages_waiting], [2, 1, []]);
  assertEquals(tokensOf(second), tokens(api.requests.length));
  assert(api.requests.at(-1)!.userTexts.includes("Mind the accents"), "the session remembers");
  const events = await service.events(id);
  assertSound(events);
  assertEquals(ofType(events, "run.started").map(({ data }) => data.resumed), [false, true]);
  const added = ofType(events, "message.added").map(({ seq }) => seq);
  assertEquals(ofType(events, "message.sent").map(({ data }) => data.message), added);
});

Deno.test("tokens and cost are whole when one process answers two messages in turns of their own", async () => {
  const lastAnswer = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using world = await claudeWorld({
    async script({ userTexts, step }) {
      if (userTexts.length > 1) return say(`Again: ${userTexts.at(-1)}`);
      if (step === 0) return bash("echo one", "Once");
      asked.resolve();
      await lastAnswer.promise;
      return say("First");
    },
  });
  const { service, api } = world;
  const { id } = await service.createTask({ prompt: "Do it" });
  await asked.promise;
  await service.command(id, "messages", { text: "and this" });
  await service.waitFor(id, (_, { type }) => type === "message.sent");
  lastAnswer.resolve();
  const task = await service.waitForStatus(id, "completed");
  assertEquals(task.output, "Again: and this");
  assertEquals([task.runs, api.requests.length], [1, 3]);
  assertEquals(tokensOf(task), tokens(3));
  const log = await (await service.call(`/api/tasks/${id}/log`)).text();
  const results = log.trim().split("\n").map((line) => JSON.parse(line)).filter(({ type }) => type === "result");
  assertEquals(results.length, 2);
  assertEquals(task.cost_usd, results[1].total_cost_usd);
});

Deno.test("a budget and a time limit end a task with their own names; a model that is asked for is used", async () => {
  await using world = await claudeWorld();
  const { service, api } = world;
  const costly = await service.createTask({ prompt: "[[scenario:expensive]]", max_budget_usd: 4, max_attempts: 3 });
  const slow = await service.createTask({ prompt: "[[scenario:slow 63]]", timeout_seconds: 2 });
  const chosen = await service.createTask({ prompt: "[[scenario:simple]]", model: "claude-sonnet-4-5" });

  const over = await service.waitForStatus(costly.id, "failed");
  assertEquals([over.outcome, over.attempts], ["over_budget", 1]);
  assertStringIncludes(over.error!, "$4");
  const spent = api.requests.filter(({ scenario }) => scenario === "expensive").length;
  assertEquals(tokensOf(over), { ...tokens(spent), output_tokens: 100_000 * spent });
  assert(over.cost_usd! > 4);

  const late = await service.waitForStatus(slow.id, "failed");
  assertEquals([late.outcome, late.error], ["timed_out", "Time limit of 2 s reached"]);

  const done = await service.waitForStatus(chosen.id, "completed");
  assertEquals(done.model, "claude-sonnet-4-5");
  assertMatch(api.requests.find(({ scenario }) => scenario === "simple")!.body.model, /^claude-sonnet-4-5/);
  assertEquals(await service.descendants(), []);
});
