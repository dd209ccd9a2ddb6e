// The main flows with the real claude program, at the oldest and the newest version that is promised.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { testedVersions } from "../../core/process/claude/claude_probe.ts";
import { claudeVersion } from "../support/claude_program.ts";
import { bash, say } from "../support/scenarios.ts";
import { eventually, git } from "../support/temp.ts";
import { assertNear, assertSound, claudeWorld, exists, ofType, reportedCost, tokens, tokensOf } from "./world.ts";

const versions = [...new Set([testedVersions.oldest, claudeVersion])];

function onEach(name: string, test: (version: string) => Promise<void>): void {
  for (const version of versions) Deno.test(`claude ${version}: ${name}`, () => test(version));
}

onEach("a task is completed when its background command has ended, and its commit is there", async (version) => {
  await using world = await claudeWorld({ version });
  const { service, repository } = world;
  // It works for longer than an agent has to exit after its last result.
  const { id } = await service.createTask({ prompt: "[[scenario:background]]", title: "Late" });
  const waiting = await service.waitFor(
    id,
    (_, { type, data }) => type === "background.changed" && (data as { waiting: boolean }).waiting,
  );
  assertEquals(waiting.status, "in_progress");
  assertEquals(waiting.background.map(({ description }) => description), ["Long tests"]);
  assertEquals(waiting.last_step, "Waits for background work: Long tests");
  const task = await service.waitForStatus(id, "completed");
  assertEquals([task.outcome, task.output, task.background], ["succeeded", "The tests are green.", []]);
  assertEquals(await repository.git("log", "--format=%s", `main..${task.branch}`), "add late.txt");
  assertEquals(tokensOf(task), tokens(3));
  const events = await service.events(id);
  assertSound(events);
  assertEquals(ofType(events, "run.finished").map(({ data }) => [data.exit_code, data.signal]), [[0, null]]);
  assertEquals(ofType(events, "output.notice").filter(({ data }) => data.text.startsWith("{")), []);
});

onEach(
  "a task is completed when its background subagent has ended, whose words are under its name",
  async (version) => {
    await using world = await claudeWorld({ version });
    const { service, home } = world;
    const gate = join(home, "gate");
    const { id } = await service.createTask({ prompt: `[[scenario:background_agent ${gate}]]` });
    await service.waitFor(
      id,
      (_, { type, data }) => type === "background.changed" && (data as { waiting: boolean }).waiting,
    );
    await Deno.writeTextFile(gate, "");
    const task = await service.waitForStatus(id, "completed");
    assertEquals(task.output, "It has looked.");
    const events = await service.events(id);
    const [call] = ofType(events, "output.tool_use");
    const own = ofType(events, "output.text").filter(({ data }) => data.subagent === call!.data.id);
    assertMatch(own.at(-1)!.data.text, /^You said: /);
  },
);

onEach("a stop while background work runs is a named end, never a success", async (version) => {
  await using world = await claudeWorld({ version });
  const { service, home } = world;
  const prompt = `[[scenario:background ${join(home, "never")}]]`;
  const { id } = await service.createTask({ prompt, timeout_seconds: 5 });
  const task = await service.waitForStatus(id, "failed");
  assertEquals(task.outcome, "timed_out");
  assertEquals(task.error, "Time limit of 5 s reached; its background work was ended: Long tests");
  assertEquals(await service.descendants(), []);
});

onEach("tools that leave the run behind are not there", async (version) => {
  await using world = await claudeWorld({ version });
  const { service, repository } = world;
  for (const tool of ["EnterWorktree", "ScheduleWakeup", "CronCreate"]) {
    const { id } = await service.createTask({ prompt: `[[scenario:leaves ${tool}]]` });
    const task = await service.waitForStatus(id, "completed");
    assertEquals(task.output, "I went on here.");
    const [result] = ofType(await service.events(id), "output.tool_result");
    assert(result!.data.is_error);
    assertStringIncludes(result!.data.text, `No such tool available: ${tool}`);
  }
  assertEquals(await exists(join(repository.path, ".claude", "worktrees")), false);
});

onEach("cost and tokens count once over follow-ups that resume the session", async (version) => {
  await using world = await claudeWorld({ version });
  const { service, api } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:edit one.ts]]", max_budget_usd: 1 });
  let task = await service.waitForStatus(id, "completed");
  for (const name of ["two.ts", "three.ts"]) {
    const asked = await service.command(id, "messages", { text: `[[scenario:edit ${name}]]` });
    task = await service.waitForStatus(id, "completed", asked.seq);
  }
  assertEquals(task.runs, 3);
  assertEquals(tokensOf(task), tokens(api.requests.length));
  assertNear(task.cost_usd, await reportedCost(await service.call(`/api/tasks/${id}/log`)));
  assertEquals(task.cost_basis, "reported");
  // Each run has what the task has left.
  const budgets = ofType(await service.events(id), "run.started").map(({ data: { args } }) =>
    Number(args[args.indexOf("--max-budget-usd") + 1])
  );
  const costs = ofType(await service.events(id), "run.finished").map(({ data }) => data.cost_usd);
  assertNear(budgets[1]!, 1 - costs[0]!);
  assertNear(budgets[2]!, 1 - costs[0]! - costs[1]!);
});

onEach("a plan is proposed, approved and carried out, and its cost counts once", async (version) => {
  await using world = await claudeWorld({ version });
  const { service, api } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:plan]]", mode: "plan" });
  const planned = await service.waitForStatus(id, "awaiting_approval");
  assertStringIncludes(planned.plan!, "1. Add `greet.ts`");
  const approved = await service.command(id, "plan/approve");
  const task = await service.waitForStatus(id, "completed", approved.seq);
  assertEquals(tokensOf(task), tokens(api.requests.length));
  assertNear(task.cost_usd, await reportedCost(await service.call(`/api/tasks/${id}/log`)));
});

onEach("a plan comes from the plan file, or else from the last words", async (version) => {
  await using world = await claudeWorld({ version });
  const { service } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:plan_file]]", mode: "plan" });
  const { plan } = await service.waitForStatus(id, "awaiting_approval");
  const [written] = ofType(await service.events(id), "output.tool_use").filter(({ data }) => data.name === "Write");
  assertEquals(plan!.trim(), written ? "## Plan\n\n1. Write the file" : "My last words are the plan.");
});

onEach("a cancel in a tool ends it all, and costs what the agent says", async (version) => {
  await using world = await claudeWorld({ version });
  const { service } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:slow 61]]" });
  await service.waitFor(id, (_, { type }) => type === "output.tool_use");
  await service.command(id, "cancel");
  const task = await service.waitForStatus(id, "cancelled");
  assertEquals([task.cost_basis, tokensOf(task)], ["reported", tokens(1)]);
  assert(task.cost_usd! > 0);
  assertEquals(await service.descendants(), []);
});

onEach("a budget ends a run, and what a resumed one may cost is what is left", async (version) => {
  await using world = await claudeWorld({ version });
  const { service, api } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:expensive]]", max_budget_usd: 4 });
  const task = await service.waitForStatus(id, "failed");
  assertEquals(task.outcome, "over_budget");
  const spent = api.requests.filter(({ scenario }) => scenario === "expensive").length;
  assertEquals(tokensOf(task), { ...tokens(spent), output_tokens: 100_000 * spent });
});

onEach(
  "a run that is killed costs what its counted answers cost, and is unknown where nothing tells",
  async (version) => {
    await using world = await claudeWorld({ version });
    const { service } = world;
    const killed = async (prompt: string) => {
      const { id } = await service.createTask({ prompt });
      const running = await service.waitFor(id, (_, { type }) => type === "usage.counted");
      const [started] = ofType(await service.events(id), "run.started");
      Deno.kill(started!.data.pid, "SIGKILL");
      return { id, running, task: await service.waitForStatus(id, "failed") };
    };
    const first = await killed("[[scenario:slow 61]]");
    assertEquals([first.task.cost_usd, first.task.cost_basis], [null, "unknown"]);
    assertEquals(first.running.cost_estimate_usd, null);
    const { id } = await service.createTask({ prompt: "[[scenario:simple]]" });
    const { cost_usd } = await service.waitForStatus(id, "completed");
    const second = await killed("[[scenario:slow 61]]");
    assertNear(second.running.cost_estimate_usd, cost_usd!);
    assertEquals(second.task.cost_basis, "estimated");
    assertNear(second.task.cost_usd, cost_usd!);
  },
);

onEach("a usage limit pauses the queue until it ends, and the session goes on", async (version) => {
  await using world = await claudeWorld({
    version,
    isSubscriber: true,
    scenarios: {
      limited: ({ body }) =>
        JSON.stringify(body.messages).includes("interrupted")
          ? { blocks: [{ type: "text", text: "Back again." }] }
          : limit(),
    },
  });
  const { service } = world;
  const seconds = 3600;
  function limit() {
    const headers = {
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-reset": String(Math.ceil(Date.now() / 1000) + seconds),
      "anthropic-ratelimit-unified-representative-claim": "five_hour",
    };
    return { status: 429 as const, headers };
  }
  const { id } = await service.createTask({ prompt: "[[scenario:limited]]" });
  const paused = await service.waitFor(id, (_, { type }) => type === "run.finished");
  assertEquals([paused.status, paused.outcome, paused.attempts], ["pending", "paused", 1]);
  const { pause } = await eventually(async () => {
    const health = await service.health();
    return health.pause && health;
  }, { what: "the dispatch is paused" });
  const leftMs = Date.parse(pause!.until!) - Date.now();
  assert(leftMs > (seconds - 60) * 1_000 && leftMs < (seconds + 300) * 1_000, `paused for ${leftMs} ms`);
  const answer = await service.call("/api/service/resume", { method: "POST" });
  assertEquals([answer.status, (await answer.json()).pause], [200, null]);
  const task = await service.waitForStatus(id, "completed");
  assertEquals([task.output, task.session_id], ["Back again.", paused.session_id]);
});

onEach("effort, fallback model and the version's place are known", async (version) => {
  await using world = await claudeWorld({ version });
  const { service, api } = world;
  const { agent, notices } = await service.health();
  assertEquals(agent.version, version === "latest" ? agent.version : version);
  assertEquals([agent.tested.oldest, agent.tested.newest], [testedVersions.oldest, testedVersions.newest]);
  assertEquals(agent.notice === null ? [] : [agent.notice], notices);
  assertEquals(agent.efforts, ["low", "medium", "high", "xhigh", "max"]);
  const prompt = "[[scenario:simple]]";
  const { id } = await service.createTask({ prompt, effort: "low", fallback_model: "claude-sonnet-4-5" });
  const task = await service.waitForStatus(id, "completed");
  assertEquals([task.effort, task.fallback_model], ["low", "claude-sonnet-4-5"]);
  const { body } = api.requests.at(-1)!;
  assertEquals((body as { output_config?: { effort?: string } }).output_config?.effort, "low");
});

onEach("commits that ended elsewhere are found and named", async (version) => {
  await using world = await claudeWorld({ version });
  const { service, repository } = world;
  const found = async (argument: string) => {
    const { id } = await service.createTask({ prompt: `[[scenario:stray ${argument}]]`, title: `Stray ${argument}` });
    const task = await service.waitForStatus(id, "completed");
    assertEquals(task.strayed.length, 1, argument);
    const [{ where, name, commit, commits, path }] = task.strayed as [typeof task.strayed[0]];
    assertEquals([where, commits], [argument, 1]);
    assertEquals(await repository.git("log", "-1", "--format=%s", name), "add stray.txt");
    assertEquals(await repository.git("rev-parse", name), commit);
    return { task, name, path };
  };
  const branch = await found("branch");
  assertEquals([branch.name, branch.path], ["mine", null]);
  await git(branch.task.worktree!, "checkout", "--quiet", branch.task.branch!);
  await repository.git("branch", "--quiet", "-D", "mine");
  assertMatch((await found("detached")).name, /^refs\/coder\/kept\/task-2-1$/);
  const worktree = await found("worktree");
  assertEquals([worktree.name, worktree.path], ["mine", `${worktree.task.worktree}-mine`]);
});

onEach("what a red check says goes to the agent in the same session", async (version) => {
  await using world = await claudeWorld({
    version,
    scenarios: {
      mends({ userTexts, stepSinceText }) {
        if (stepSinceText > 0) return say("It is committed.");
        const number = userTexts.at(-1)!.includes("found 3, wanted 4") ? 4 : 3;
        return bash(`echo ${number} > n.txt && git add n.txt && git commit --quiet -m ${number}`, "Write it");
      },
    },
  });
  const { service, api, repository } = world;
  const check = 'n=$(cat n.txt); test "$n" = 4 || { echo "found $n, wanted 4"; exit 6; }';
  const { id } = await service.createTask({ prompt: "[[scenario:mends]]", check });
  const task = await service.waitForStatus(id, "completed");
  assertEquals([task.checked, task.runs, task.output], [true, 1, "It is committed."]);
  assertEquals(await repository.git("show", `${task.branch}:n.txt`), "4");
  const events = await service.events(id);
  assertSound(events);
  assertEquals(ofType(events, "check.finished").map(({ data }) => data.exit_code), [6, 0]);
  assertEquals(ofType(events, "run.started").map(({ data }) => [data.resumed, data.session_id]), [
    [false, task.session_id],
    [true, task.session_id],
  ]);
  assertEquals(new Set(api.requests.map(({ sessionId }) => sessionId)), new Set([task.session_id]));
  assertEquals(tokensOf(task), tokens(api.requests.length));
  assertNear(task.cost_usd, await reportedCost(await service.call(`/api/tasks/${id}/log`)));
});
