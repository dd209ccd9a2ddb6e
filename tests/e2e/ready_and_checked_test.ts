// A run from a bare checkout to a proven result: setup, the agent, the check and its rounds, and a cleanup; with a program of
// the test in claude's place.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { startService, type TestService } from "../support/service.ts";
import { tempDir, type TempRepository, tempRepository } from "../support/temp.ts";
import { exists, ofType, outline } from "./world.ts";

interface World extends AsyncDisposable {
  repository: TempRepository;
  service: TestService;
  folder: string;
}

const commit = `git add -A && git -c user.name=A -c user.email=a@example.com commit --quiet -m work`;

/** A service on a repository with these files, and an agent that is the script `agent`. */
async function world(
  files: Record<string, string>,
  agent: string,
  options: { env?: Record<string, string>; limited?: boolean } = {},
): Promise<World> {
  const stack = new AsyncDisposableStack();
  const repository = stack.use(await tempRepository());
  const folder = stack.use(await tempDir());
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(repository.path, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(repository.path, path), text);
  }
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "--message=begin");
  const env = { ...await scriptAgent(folder.path, agent), ...options.env };
  const service = stack.use(await startService({ repo: repository.path, env, limited: options.limited }));
  return { repository, service, folder: folder.path, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const settings = (file: Record<string, unknown>) => ({ "coder.json": JSON.stringify(file) });

for (const limited of [false, true]) {
  const how = limited ? "under `deno task start`" : "under `deno task dev`";
  Deno.test(`setup comes before the agent, the check after it, and a red one goes back to the agent, ${how}`, async () => {
    await using w = await world(
      settings({
        setup: "echo ready > made-by-setup; echo $TASK_PORT",
        check: "test -f mended || { echo not mended; exit 7; }",
      }),
      // The second session is told of the check.
      `test -f made-by-setup || exit 9
       case "$prompt" in *"not mended"*) touch mended ;; *) touch first ;; esac
       echo made-by-setup >> .gitignore; ${commit}`,
      { limited },
    );
    const { service } = w;
    const { id } = await service.createTask({ prompt: "Mend it" });
    const task = await service.waitForStatus(id, "completed");
    assertEquals([task.checked, task.outcome, task.last_check?.outcome], [true, "succeeded", "passed"]);
    const events = await service.events(id);
    assertEquals(outline(events).filter((type) => !type.endsWith(".output")), [
      ...["task.created", "run.claimed", "worktree.added", "setup.started", "setup.finished"],
      ...["run.started", "agent.ready", "check.started", "check.finished"],
      ...["run.started", "followup.sent", "agent.ready", "check.started", "check.finished"],
      ...["work.saved", "run.finished", "task.completed"],
    ]);
    assertEquals(ofType(events, "check.finished").map(({ data }) => [data.outcome, data.exit_code, data.round]), [
      ["failed", 7, 1],
      ["passed", 0, 2],
    ]);
    assertEquals(ofType(events, "setup.output").map(({ data }) => data.text).join("").trim(), String(task.port));
    assertMatch(
      ofType(events, "followup.sent")[0]!.data.text,
      /failed with exit code 7: not mended.*Mend it and commit/s,
    );
    // The session that the agent named.
    assertEquals(ofType(events, "run.started").map(({ data }) => [data.resumed, data.session_id === "s"]), [
      [false, false],
      [true, true],
    ]);
  });
}

Deno.test("a check that stays red fails the task, saves its work, and starts no dependant", async () => {
  await using w = await world(
    settings({ check: "echo still red; false", check_rounds: 1 }),
    `date +%N > work.txt; ${commit}`,
  );
  const { service, repository } = w;
  const { id } = await service.createTask({ prompt: "Try" });
  const after = await service.createTask({ prompt: "After it", depends_on: [id] });
  const task = await service.waitForStatus(id, "failed");
  assertEquals([task.outcome, task.checked], ["check_failed", false]);
  assertEquals(task.error, "The check failed with exit code 1: still red");
  assertEquals(ofType(await service.events(id), "check.finished").length, 2);
  assert((await repository.git("ls-tree", "--name-only", task.snapshot!.commit)).includes("work.txt"));
  assertEquals((await service.task(after.id)).status, "pending");
});

Deno.test("a check judges what is committed: the rest is named, set aside, and there again", async () => {
  await using w = await world(
    settings({ check: "ls; test -f needed.txt", check_rounds: 0 }),
    `echo a > committed.txt; ${commit}; echo b > needed.txt`,
  );
  const { service, repository } = w;
  const { id } = await service.createTask({ prompt: "Forget it", commit_reminder: false });
  const task = await service.waitForStatus(id, "failed");
  const [started] = ofType(await service.events(id), "check.started");
  assertEquals([started!.data.uncommitted, started!.data.files], [1, ["needed.txt"]]);
  const files = await repository.git("ls-tree", "--name-only", task.snapshot!.commit);
  assert(files.includes("needed.txt"), "what it left is saved with the rest");
});

Deno.test("an agent is asked once to commit what it left, and nobody commits it otherwise", async () => {
  const agent = `case "$prompt" in *"not committed"*"left.txt"*) ${commit} ;; *) echo a > left.txt ;; esac`;
  await using w = await world({ "a.txt": "a" }, agent);
  const { service } = w;
  const { id } = await service.createTask({ prompt: "Work" });
  const task = await service.waitForStatus(id, "completed");
  const events = await service.events(id);
  assertEquals(ofType(events, "followup.sent").map(({ data }) => data.because), ["uncommitted"]);
  assertEquals(ofType(events, "run.finished")[0]!.data.uncommitted, 0);
  assertEquals([task.checked, task.runs], [false, 1]);
  const off = await service.createTask({ prompt: "Work", commit_reminder: false });
  await service.waitForStatus(off.id, "completed");
  assertEquals(ofType(await service.events(off.id), "followup.sent"), []);
  assertEquals(ofType(await service.events(off.id), "run.finished")[0]!.data.uncommitted, 1);
});

Deno.test("a setup that fails starts no agent, costs nothing, and three in a row pause the queue", async () => {
  await using w = await world(settings({ setup: "echo no network >&2; exit 4" }), `touch "$HOME/never"; exit 1`);
  const { service } = w;
  for (let n = 1; n <= 3; n++) {
    const { id } = await service.createTask({ prompt: "Work" });
    const task = await service.waitForStatus(id, "failed");
    assertEquals([task.outcome, task.error, task.cost_usd, task.worktree], [
      "setup_failed",
      "Setup failed with exit code 4: no network",
      0,
      null,
    ]);
    assertEquals(ofType(await service.events(id), "run.started"), []);
  }
  assertMatch((await service.health()).pause!.reason, /3 runs in a row failed before doing anything.*no network/);
});

Deno.test("a broken coder.json fails the run with its place, and the operator's file wins field by field", async () => {
  await using w = await world({ "coder.json": '{\n  "check": true\n}\n' }, commit);
  const { service, repository } = w;
  const broken = await service.createTask({ prompt: "Work" });
  assertMatch(
    (await service.waitForStatus(broken.id, "failed")).error!,
    /coder\.json, line 2, column 12: check must be/,
  );
  await Deno.mkdir(join(service.data, "repositories"), { recursive: true });
  await Deno.writeTextFile(join(repository.path, "coder.json"), '{"check": "exit 3", "env": {"A": "1", "B": "2"}}\n');
  await repository.git("commit", "--quiet", "--all", "--message=mended");
  const [name] = (await service.health()).repos.map((repo) => repo.name);
  const operator = { check: 'test "$A$B" = 92', env: { A: "9" }, check_rounds: 0 };
  await Deno.writeTextFile(join(service.data, "repositories", `${name}.json`), JSON.stringify(operator));
  const good = await service.createTask({ prompt: "Work", commit_reminder: false });
  assertEquals((await service.waitForStatus(good.id, "completed")).checked, true);
  const { repositories: [shown] } = await (await service.call("/api/repositories")).json();
  assertEquals([shown.sources, shown.settings.env, shown.error], [
    { check: "operator", env: "operator", check_rounds: "operator" },
    ["A", "B"],
    null,
  ]);
  assertEquals(shown.last_check.task, good.id);
});

Deno.test("a task may bring its own check, or none", async () => {
  await using w = await world(settings({ check: "exit 1", check_rounds: 0 }), commit);
  const { service } = w;
  const none = await service.createTask({ prompt: "Work", check: null, commit_reminder: false });
  assertEquals((await service.waitForStatus(none.id, "completed")).checked, false);
  const own = await service.createTask({ prompt: "Work", check: "test -f coder.json", commit_reminder: false });
  assertEquals((await service.waitForStatus(own.id, "completed")).checked, true);
});

Deno.test("what a setup starts lives as long as the run, and a cleanup comes before the worktree goes", async () => {
  await using keep = await tempDir();
  await using w = await world(
    settings({
      setup: 'sleep 300 & echo $! > "$TASK_BRANCH.pid"; echo "*.pid" > .gitignore',
      cleanup: 'echo "$TASK_ID" > "$KEEP/cleaned"; test -d .git -o -f .git',
    }),
    `kill -0 "$(cat task-*.pid)" && touch "$KEEP/alive"`,
    { env: { KEEP: keep.path } },
  );
  const { service } = w;
  const { id } = await service.createTask({ prompt: "Work [fail]" });
  await service.waitForStatus(id, "failed");
  assertEquals([await exists(join(keep.path, "alive")), await Deno.readTextFile(join(keep.path, "cleaned"))], [
    true,
    `${id}\n`,
  ]);
  const events = await service.events(id);
  assertEquals(ofType(events, "setup.finished")[0]!.data.left, 1);
  const types = outline(events).filter((type) => /^(run|cleanup|worktree)\.(finished|started|snap|removed)/.test(type));
  assertEquals(types.slice(-5), [
    ...[
      "run.finished",
      "cleanup.started",
      "cleanup.finished",
      "worktree.snapshotted",
      "worktree.removed",
    ],
  ]);
  assertEquals(ofType(events, "cleanup.finished")[0]!.data.outcome, "passed");
  assertEquals(await service.descendants(), []);
});

Deno.test("a retry of what is completed cleans up before its worktree is made anew", async () => {
  await using w = await world(
    settings({ cleanup: "test ! -f committed || echo cleaning" }),
    `touch committed; ${commit}`,
  );
  const { service } = w;
  const { id } = await service.createTask({ prompt: "Work" });
  const done = await service.waitForStatus(id, "completed");
  await service.waitForStatus(id, "completed", (await service.command(id, "retry")).seq);
  const again = (await service.events(id)).slice(done.seq);
  assertEquals(outline(again).slice(0, 6), [
    ...[
      "task.retry_scheduled",
      "run.claimed",
      "cleanup.started",
      "cleanup.output",
      "cleanup.finished",
      "worktree.added",
    ],
  ]);
  assertEquals(ofType(again, "cleanup.output")[0]!.data.text, "cleaning\n");
});

Deno.test("a trial runs setup and check without an agent, and leaves nothing", async () => {
  await using w = await world(settings({ setup: "echo setting up", check: "echo checking" }), "exit 1");
  const { service, repository } = w;
  const [name] = (await service.health()).repos.map((repo) => repo.name);
  const response = await service.call(`/api/repositories/${name}/try`, { method: "POST" });
  assertEquals(response.status, 201);
  const { id } = await response.json();
  const task = await service.waitForStatus(id, "completed");
  assertEquals([task.trial, task.output, task.worktree], [true, "Setup and check went well", null]);
  const events = await service.events(id);
  assertEquals(ofType(events, "run.started"), []);
  assertEquals(ofType(events, "check.output").map(({ data }) => data.text), ["checking\n"]);
  assertEquals(await repository.git("branch", "--list", "task-*"), "");
  const refused = await service.call("/api/repositories/nobody/try", { method: "POST" });
  assertEquals([refused.status, (await refused.json()).errors[0].path], [422, "repo"]);
  // A body is optional here, and at a retry.
  await service.command(id, "retry");
});

Deno.test("a kill -9 during setup or check leaves nothing running, and the task comes to its end", async () => {
  await using gates = await tempDir();
  const gate = gates.path;
  await using w = await world(
    settings({
      setup: "test -f $GATE/setup || { touch $GATE/in-setup; sleep 300; }",
      check: "test -f $GATE/check || { touch $GATE/in-check; sleep 300; }",
    }),
    `echo a > work.txt; ${commit} || true`,
    { env: { GATE: gate } },
  );
  const { service, repository, folder } = w;
  const { id } = await service.createTask({ prompt: "Work" });
  await service.waitFor(id, (task) => task.run?.step === "setup");
  await service.kill();
  await Deno.writeTextFile(join(gate, "setup"), "");
  const options = {
    repo: repository.path,
    data: dirname(service.data),
    env: { CODER_CLAUDE: join(folder, "claude"), IS_SANDBOX: "1", GATE: gate },
  };
  {
    await using second = await startService(options);
    await second.waitFor(id, (task) => task.run?.step === "check");
    await second.kill();
  }
  await Deno.writeTextFile(join(gate, "check"), "");
  await using third = await startService(options);
  const task = await third.waitForStatus(id, "completed");
  assertEquals([task.checked, await exists(task.worktree)], [true, true]);
  assertEquals(ofType(await third.events(id), "run.finished").map(({ data }) => data.outcome), [
    "lost",
    "lost",
    "succeeded",
  ]);
  assertEquals(await third.descendants(), []);
});

Deno.test("a task over its time limit or its budget goes on with what is raised, where its work is saved", async () => {
  await using w = await world(
    { "a.txt": "a" },
    `case "$prompt" in *"timed_out"*"Go on"*) test -f half.txt && echo b > whole.txt && ${commit} ;; *) echo a > half.txt; ${commit}; sleep 60 ;; esac`,
  );
  const { service } = w;
  const { id } = await service.createTask({ prompt: "Work", timeout_seconds: 1 });
  const failed = await service.waitForStatus(id, "failed");
  assertEquals(failed.outcome, "timed_out");
  const again = await service.command(id, "messages", { text: "Go on", timeout_seconds: 60 });
  const task = await service.waitForStatus(id, "completed", again.seq);
  assertEquals([task.timeout_seconds, task.branch, task.attempts], [60, failed.branch ?? task.branch, 1]);
  const { errors } = await (await service.call("/api/tasks", { json: { prompt: "x", base: "mian" } })).json();
  assertEquals(errors, [{ path: "base", message: 'There is no branch, tag or commit "mian"; did you mean main?' }]);
});
