// The whole service in bad worlds: each has one clear line, and nothing is lost, run twice or left running.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import { claudeProgram } from "../support/claude_program.ts";
import { answer, bash, say, tool } from "../support/scenarios.ts";
import { failToStart, type ServiceOptions, startService } from "../support/service.ts";
import { eventually, git, sseReader, tempDir, tempRepository } from "../support/temp.ts";
import { killUnwatched } from "../support/watcher.ts";
import { claudeWorld, ofType, outline } from "./world.ts";

/** Checks that a start ends with exit code 1 and one line that says why. */
async function refusesToStart(options: ServiceOptions, words: RegExp): Promise<void> {
  const { code, output } = await failToStart(options);
  assertEquals(code, 1, output);
  const lines = output.trimEnd().split("\n");
  assertEquals(lines.length, 1, output);
  assertMatch(lines[0]!, /^Cannot start: /);
  assertMatch(lines[0]!, words);
}

Deno.test("without git the service does not start", async () => {
  await using empty = await tempDir();
  await refusesToStart({ env: { PATH: empty.path } }, /git was not found: install it/);
});

Deno.test("what is not a repository with a commit is refused by name", async () => {
  await using folder = await tempDir();
  const at = (name: string) => join(folder.path, name);
  await Deno.mkdir(at("plain"));
  await Deno.writeTextFile(at("file"), "");
  await git(folder.path, "init", "--quiet", at("empty"));
  await git(folder.path, "init", "--quiet", "--bare", at("bare"));
  const cases: [string, RegExp][] = [
    ["missing", /missing: the folder does not exist/],
    ["file", /file: it is not a folder/],
    ["plain", /plain: it is not a git repository/],
    ["empty", /empty: it has no commit yet/],
    ["bare", /bare: it is a bare repository/],
  ];
  await Promise.all(cases.map(([name, words]) => refusesToStart({ repo: at(name) }, words)));
});

Deno.test("a wrong value stops the start with the variable, the value and what is accepted", async () => {
  const secret = "short secret";
  const cases: [string, string, RegExp][] = [
    ["CODER_HOST", "not a host", /CODER_HOST is "not a host"; it must be a host name/],
    ["CODER_PORT", "80000", /CODER_PORT is "80000"; it must be a number from 0/],
    ["CODER_PORT", "http", /CODER_PORT is "http"/],
    ["CODER_MAX_CONCURRENT", "65", /CODER_MAX_CONCURRENT is "65"; it must be a number from /],
    ["CODER_HOLD_SECONDS", "soon", /CODER_HOLD_SECONDS is "soon"; it must be a number of seconds from 0/],
    ["CODER_EXCHANGE", "other=/x.git", /CODER_EXCHANGE names other, which is no repository here; there is demo/],
    ["CODER_MAX_CONCURRENT", "2.5", /CODER_MAX_CONCURRENT is "2.5"/],
    ["CODER_TOKEN", secret, /CODER_TOKEN is not usable; it must be at least 16/],
    ["CODER_WORKER", "my worker", /CODER_WORKER is "my worker"/],
    ["CODER_STALL_SECONDS", "1", /CODER_STALL_SECONDS is "1"; it must be a number of seconds from 5/],
    ["CODER_RETENTION_DAYS", "-1", /CODER_RETENTION_DAYS is "-1"/],
    ["CODER_MAX_OUTPUT_MB", "0", /CODER_MAX_OUTPUT_MB is "0"; it must be a number of megabytes from 1 to 1000000/],
    ["CODER_SANDBOX", "on", /CODER_SANDBOX is "on"; it must be auto, off, files or full/],
    ["CODER_LOG", "yaml", /CODER_LOG is "yaml"; it must be text or json/],
    ["CODER_REPO", ",", /CODER_REPO is ","/],
    ["CODER_PROMPT_SUFFIX", "x".repeat(10_001), /CODER_PROMPT_SUFFIX is .*a text of at most 10000/],
    ["CODER_CONCURRENCY", "3", /CODER_CONCURRENCY is not a setting/],
  ];
  const check = async ([name, value, words]: (typeof cases)[number]) => {
    const { code, output } = await failToStart({ env: { [name]: value } });
    assertEquals(code, 1, output);
    assertEquals(output.trimEnd().split("\n").length, 1, output);
    assertMatch(output, words);
    assert(!output.includes(secret), "a token is a secret, also a wrong one");
  };
  for (let at = 0; at < cases.length; at += 4) await Promise.all(cases.slice(at, at + 4).map(check));
});

Deno.test("`.env` is read, and the environment goes before it", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await Deno.writeTextFile(
    join(folder.path, ".env"),
    "# ours\nCODER_MAX_CONCURRENT=7\nCODER_WORKER='from-the-file'\n",
  );
  await using service = await startService({
    cwd: folder.path,
    repo: repository.path,
    env: { CODER_WORKER: "from-outside", CODER_CLAUDE: "no-such-claude" },
  });
  const { slots, worker } = await service.health();
  assertEquals([slots.total, worker.name], [7, "from-outside"]);
  await Deno.writeTextFile(join(folder.path, ".env"), "CODER_PORT=many\n");
  await refusesToStart({ cwd: folder.path, env: { CODER_PORT: undefined } }, /CODER_PORT is "many"/);
});

Deno.test("`~` in `.env` is the home folder, under the launcher too", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await Deno.symlink(repository.path, join(folder.path, "shop"));
  await Deno.writeTextFile(join(folder.path, ".env"), "CODER_REPO=~/shop\nCODER_DATA=~/x\n");
  for (const limited of [false, true]) {
    const env = { HOME: folder.path, CODER_DATA: undefined, CODER_CLAUDE: "no-such-claude" };
    await using service = await startService({ cwd: folder.path, limited, env });
    assertEquals((await service.health()).repos.map(({ name, path }) => [name, path]), [["shop", repository.path]]);
    assertEquals((await Deno.stat(join(folder.path, "x", "coder.db"))).isFile, true);
    assertEquals(await service.stop(), 0);
  }
});

Deno.test("a data folder that cannot be written is named", async () => {
  await using folder = await tempDir();
  const file = join(folder.path, "file");
  await Deno.writeTextFile(file, "precious");
  await refusesToStart({ env: { CODER_DATA: file } }, /Cannot write to the data folder .*file: /);
  await refusesToStart({ env: { CODER_DATA: join(file, "below") } }, /Cannot write to the data folder/);
  assertEquals(await Deno.readTextFile(file), "precious");
  // A superuser may write anywhere.
  if (Deno.uid() === 0) return;
  await Deno.mkdir(join(folder.path, "closed"), { mode: 0o555 });
  await refusesToStart({ env: { CODER_DATA: join(folder.path, "closed") } }, /Cannot write to the data folder/);
});

Deno.test("a taken port and a second start on the same data are refused; the first goes on", async () => {
  await using data = await tempDir();
  await using repository = await tempRepository();
  const env = { CODER_CLAUDE: "no-such-claude" };
  await using service = await startService({ data: data.path, repo: repository.path, env });
  await refusesToStart(
    { repo: repository.path, env: { ...env, CODER_PORT: new URL(service.url).port } },
    /the port is taken: .*CODER_PORT/,
  );
  await refusesToStart(
    { data: data.path, repo: repository.path, env },
    new RegExp(`Another Personal Coder \\(pid ${service.pid}\\) uses .*stop it, or set CODER_DATA`),
  );
  const { id } = await service.createTask({ prompt: "Still there?" });
  assertEquals((await service.task(id)).status, "pending");
  assertEquals(await service.stop(), 0);
  // What a soft stop leaves can be opened again at once.
  await using again = await startService({ data: data.path, repo: repository.path, env });
  assertEquals((await again.task(id)).title, "Still there?");
});

Deno.test("without claude the tasks wait and say why; they start by themselves when it appears", async () => {
  await using folder = await tempDir();
  const program = join(folder.path, "claude");
  await using world = await claudeWorld({ env: { CODER_CLAUDE: program } });
  const { service } = world;
  assertMatch(service.output, /Agent +missing: claude not found/);
  const { id } = await service.createTask({ prompt: "[[scenario:simple]]" });
  await eventually(async () => (await service.task(id)).waiting?.includes("claude not found"));
  const health = await service.health();
  assertEquals(health.agent.kind, "missing");
  assertStringIncludes(health.pause!.reason, "claude not found");
  assertStringIncludes(health.pause!.reason, "npm install -g @anthropic-ai/claude-code");
  assertEquals(outline(await service.events(id)), ["task.created"]);

  await Deno.symlink(await claudeProgram(), program);
  const task = await service.waitForStatus(id, "completed");
  assertEquals(task.attempts, 1);
  assertEquals((await service.health()).pause, null);
});

Deno.test({
  name: "as root without IS_SANDBOX=1 the tasks wait, and the service says what to do",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using world = await claudeWorld({ env: { IS_SANDBOX: undefined } });
    const { service } = world;
    assertMatch(service.output, /Agent +missing: .*set IS_SANDBOX=1/);
    const { id } = await service.createTask({ prompt: "[[scenario:simple]]" });
    await eventually(async () => (await service.task(id)).waiting?.includes("IS_SANDBOX=1"));
    const health = await service.health();
    assertEquals([health.status, health.root, health.agent.kind], ["paused", true, "missing"]);
    assertMatch(health.pause!.reason, /as root: run this service as a normal user, or set IS_SANDBOX=1/);
    assertEquals((await service.task(id)).attempts, 0);
  },
});

Deno.test("a base that does not exist is refused at once, with its name", async () => {
  await using world = await claudeWorld();
  const { service } = world;
  for (const base of ["no-such-branch", "--help", "HEAD~7", "main..HEAD"]) {
    const refused = await service.call("/api/tasks", { json: { prompt: "[[scenario:simple]]", base } });
    const { errors: [error] } = await refused.json();
    assertEquals([refused.status, error.path], [422, "base"]);
    assertStringIncludes(error.message, `There is no branch, tag or commit ${JSON.stringify(base)}`);
  }
  const refused = await service.call("/api/tasks", { json: { prompt: "x", base: "task:99" } });
  assertEquals(refused.status, 422);
  assertStringIncludes((await refused.json()).detail, 'no task "99"');
  const { id } = await service.createTask({ prompt: "[[scenario:simple]]" });
  await service.waitForStatus(id, "completed");
});

Deno.test("a prompt of 300,000 characters arrives whole", async () => {
  await using world = await claudeWorld();
  const { service, api } = world;
  const prompt = `[[scenario:simple]] ${"Grüße 👋 ".repeat(40_000)}`.slice(0, 299_999) + "!";
  assertEquals(prompt.length, 300_000);
  const { id } = await service.createTask({ prompt });
  const task = await service.waitForStatus(id, "completed");
  assertEquals(task.prompt, prompt);
  assert(api.requests[0]!.userTexts[0]!.startsWith(prompt));
  const [created] = ofType(await service.events(id), "task.created");
  assertEquals(created!.data.prompt, prompt);
});

Deno.test("titles and prompts that look like options, commands or paths are only text", async () => {
  await using world = await claudeWorld();
  const { service, repository, home } = world;
  const evil = join(home, "evil");
  const titles = [
    "--help",
    "-rf",
    `$(touch ${evil})`,
    `\`touch ${evil}\`; touch ${evil} #`,
    "../../x",
    "refs/heads/main",
    "a/../../b.lock",
    "日本語",
    "'\"\\",
  ];
  const tasks = [];
  for (const title of titles) tasks.push(await service.createTask({ prompt: `${title}\n[[scenario:simple]]`, title }));
  for (const { id, title } of tasks) {
    const task = await service.waitForStatus(id, "completed");
    assertEquals(task.title, title);
    assertMatch(task.branch!, new RegExp(`^task-${id}-[a-z0-9][a-z0-9-]{0,39}$`));
    assertEquals(task.worktree, join(`${repository.path}-worktrees`, task.branch!));
    assertEquals(basename(task.worktree!), task.branch);
  }
  assertEquals(await Deno.lstat(evil).then(() => true, () => false), false);
  const branches = await repository.git("branch", "--format=%(refname:short)");
  assertEquals(branches.split("\n").length, titles.length + 1);
});

Deno.test("SIGTERM puts a running task back; the next start resumes its session", async () => {
  await using data = await tempDir();
  await using world = await claudeWorld({
    data: data.path,
    scenarios: {
      // It commits before it waits, so that a resumed session finds its own work.
      patient: ({ userTexts, step, cwd }) => {
        if (userTexts.length > 1) return say(`Resumed: ${userTexts.at(-1)}`);
        if (step === 0) return answer(tool("Write", { file_path: `${cwd}/kept.txt`, content: "kept\n" }));
        return bash("setsid sleep 64 & touch started; sleep 65", "Wait");
      },
    },
  });
  const { service, options, api } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:patient]]", commit_reminder: false });
  const running = await service.waitFor(id, (_, __, events) => ofType(events, "output.tool_use").length === 2);
  await eventually(() => Deno.stat(join(running.worktree!, "started")), { what: "the tool runs" });

  const stoppedAt = performance.now();
  assertEquals(await service.stop(), 0);
  assert(performance.now() - stoppedAt < 8_000, "the stop is soon over");
  assertEquals(await service.descendants(), []);

  await using again = await startService(options);
  const task = await again.waitForStatus(id, "completed");
  assertStringIncludes(task.output!, "Resumed: You were interrupted. Go on with the task where you stopped.");
  assertEquals([task.attempts, task.runs, task.session_id], [1, 2, running.session_id]);
  assertEquals([task.worktree, task.branch], [running.worktree, running.branch]);
  assertEquals(await Deno.readTextFile(join(task.worktree!, "kept.txt")), "kept\n");
  const events = await again.events(id);
  assertEquals(outline(events), [
    "task.created",
    "run.claimed",
    "worktree.added",
    "run.started",
    "agent.ready",
    "work.saved",
    "run.finished",
    "run.claimed",
    "run.started",
    "agent.ready",
    "work.saved",
    "run.finished",
    "task.completed",
  ]);
  assertEquals(ofType(events, "run.finished").map(({ data }) => data.outcome), ["shutdown", "succeeded"]);
  assertEquals(ofType(events, "run.started").map(({ data }) => data.resumed), [false, true]);
  assertEquals(task.input_tokens, 120 * api.requests.length);
});

Deno.test("after a kill -9 the survivors are ended, the run is closed as lost, and the task completes once", async () => {
  await using data = await tempDir();
  await using world = await claudeWorld({
    data: data.path,
    scenarios: {
      patient: ({ userTexts, step, cwd }) => {
        if (userTexts.length > 1 || userTexts[0]!.includes("You worked on this task before")) return say("Went on");
        if (step === 0) return answer(tool("Write", { file_path: `${cwd}/kept.txt`, content: "kept\n" }));
        return bash("setsid sleep 66 & touch started; sleep 67", "Wait");
      },
    },
  });
  const { service, options } = world;
  const first = await service.createTask({ prompt: "[[scenario:patient]]" }, { "idempotency-key": "one" });
  const { id } = first;
  const waiting = await service.createTask({ prompt: "[[scenario:simple]]", depends_on: [id] });
  const running = await service.waitFor(id, (_, __, events) => ofType(events, "output.tool_use").length === 2);
  await eventually(() => Deno.stat(join(running.worktree!, "started")), { what: "the tool runs" });
  const before = await service.events(id);
  await killUnwatched(service);
  assert((await service.descendants()).length >= 3, "they outlive it");

  await using again = await startService(options);
  assertEquals(await service.descendants(), []);
  assertMatch(again.output, /1 runs? of an earlier process/);
  const task = await again.waitForStatus(id, "completed");
  assertEquals([task.output, task.attempts, task.runs], ["Went on", 1, 2]);
  assertEquals([task.worktree, task.branch], [running.worktree, running.branch]);
  assertEquals(await Deno.readTextFile(join(task.worktree!, "kept.txt")), "kept\n");
  const events = await again.events(id);
  assertEquals(events.slice(0, before.length), before);
  assertEquals(events.map(({ seq }) => seq), events.map((_, index) => index + 1));
  const ends = ofType(events, "run.finished");
  assertEquals(ends.map(({ data }) => data.outcome), ["lost", "succeeded"]);
  assertMatch(ends[0]!.data.error!, /\d+ of its processes were still alive and were ended/);
  assertEquals(ofType(events, "task.completed").length, 1);
  await again.waitForStatus(waiting.id, "completed");
  // A client that never saw its answer asks again and gets the same task.
  assertEquals((await again.createTask({ prompt: "[[scenario:patient]]" }, { "idempotency-key": "one" })).id, id);
});

Deno.test("a cancel and a plan that waits survive a kill -9", async () => {
  await using data = await tempDir();
  await using world = await claudeWorld({ data: data.path });
  const { service, options, repository } = world;
  const planned = await service.createTask({ prompt: "[[scenario:plan]]", mode: "plan" });
  const before = await service.waitForStatus(planned.id, "awaiting_approval");
  const { id } = await service.createTask({ prompt: "[[scenario:slow_setsid 69]]" });
  await service.waitFor(id, (_, { type }) => type === "output.tool_use");
  await service.command(id, "cancel");
  await service.kill();

  await using again = await startService(options);
  const task = await again.waitForStatus(id, "cancelled");
  assertEquals([task.worktree, task.branch], [null, null]);
  assert(await repository.git("rev-parse", task.snapshot!.ref));
  assertEquals(ofType(await again.events(id), "run.claimed").length, 1);
  assertEquals(await again.task(planned.id), before);
  await again.command(planned.id, "plan/approve");
  const done = await again.waitForStatus(planned.id, "completed");
  assertEquals(done.session_id, before.session_id);
  assertEquals(await repository.git("log", "--format=%s", `main..${done.branch}`), "Add greet.ts");
});

Deno.test("a stop ends open streams, and two signals of one Ctrl-C are one", async () => {
  await using repository = await tempRepository();
  await using service = await startService({ repo: repository.path, env: { CODER_CLAUDE: "no-such-claude" } });
  const { id } = await service.createTask({ prompt: "Wait" });
  await using stream = sseReader(await service.call(`/api/tasks/${id}/stream`));
  await using page = sseReader(await service.call("/api/stream"));
  assertEquals((await stream.next()).value?.event, "task.created");
  assertEquals((await page.next()).value?.event, "hello");
  Deno.kill(service.pid, "SIGINT");
  Deno.kill(service.pid, "SIGINT");
  assertEquals(await service.stop(), 0);
  const rest = await Array.fromAsync(stream);
  assert(rest.every(({ event }) => event !== "end"));
});

Deno.test("beyond loopback a token is made, kept for its owner only, and asked for", async () => {
  await using data = await tempDir();
  await using repository = await tempRepository();
  const options = {
    data: data.path,
    repo: repository.path,
    env: { CODER_CLAUDE: "no-such-claude", CODER_HOST: "0.0.0.0" },
  };
  const tasks = async (url: string, token?: string) => {
    const local = url.replace("localhost", "127.0.0.1");
    const response = await fetch(`${local}/api/tasks`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    await response.body?.cancel();
    return response.status;
  };
  const file = join(data.path, "data", "token");
  let token = "";
  {
    await using service = await startService(options);
    token = /Token +([0-9a-f]{64})/.exec(service.output)![1]!;
    assertEquals((await Deno.readTextFile(file)).trim(), token);
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    assertEquals([await tasks(service.url), await tasks(service.url, token)], [401, 200]);
    assertEquals(await tasks(service.url, "f".repeat(64)), 401);
  }
  // The next start keeps it, and does not print it again.
  await using service = await startService(options);
  assert(!service.output.includes(token));
  assertEquals(await tasks(service.url, token), 200);
});

Deno.test("without CODER_REPO and claude the demo agent does a whole task in the demo repository", async () => {
  await using bin = await tempDir();
  // Nothing but git and a shell on PATH, whatever this machine has.
  for (const name of ["git", "sh", "env"]) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).output();
    await Deno.symlink(new TextDecoder().decode(stdout).trim(), join(bin.path, name));
  }
  await using service = await startService({ env: { PATH: bin.path, DEMO_STEP_MS: "1", CODER_CLAUDE: undefined } });
  assertMatch(service.output, /Agent +demo\n/);
  const { id } = await service.createTask({ prompt: "Add a function that greets in French, and commit it" });
  const task = await service.waitForStatus(id, "completed");
  assertEquals([task.agent, task.repo], ["demo", "demo"]);
  assertStringIncludes(await (await service.call(`/api/tasks/${id}/diff`)).text(), "+++ b/");
  assertEquals((await service.health()).agent.kind, "demo");
});

Deno.test("without perl a run's processes are held together by their marks alone, and the service says so", async () => {
  await using folder = await tempDir();
  const programs = join(folder.path, "programs");
  await Deno.mkdir(programs);
  for (const name of ["git", "ps", "setsid", "sh"]) {
    await Deno.symlink(`/usr/bin/${name}`, join(programs, name));
  }
  await using service = await startService({ env: { PATH: programs } });
  const { containment } = await service.health();
  assertEquals([containment.kind, containment.reason], ["none", "Cannot run perl: the program was not found"]);
  assertMatch(service.output, /Processes +one that hides may outlive its run: Cannot run perl/);
  await service.createTask({ prompt: "Greet in French" });
  await service.waitForStatus(1, "completed");
  assertEquals(await service.stop(), 0);
  assertEquals(await service.descendants(), []);
});
