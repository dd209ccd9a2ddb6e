// The real claude program in whole projects: one of npm with what git does not carry, one of Python with its own interpreter,
// one with a server on the task's port; and what becomes of their commands when the service or the clock ends them. Nothing is
// downloaded. Needs npm, python3 and curl.

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { bash, say } from "../support/scenarios.ts";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, type TempRepository } from "../support/temp.ts";
import {
  assertNear,
  assertSound,
  claudeWorld,
  exists,
  ofType,
  outline,
  reportedCost,
  tokens,
  tokensOf,
} from "./world.ts";

/** Commits these files; `settings` become its coder.json. */
async function commitProject(
  repository: TempRepository,
  { settings, files = {} }: { settings: Record<string, unknown>; files?: Record<string, string> },
): Promise<void> {
  for (const [path, text] of Object.entries({ ...files, "coder.json": JSON.stringify(settings) })) {
    await Deno.mkdir(dirname(join(repository.path, path)), { recursive: true });
    await Deno.writeTextFile(join(repository.path, path), text);
  }
  await repository.git("add", "--all");
  await repository.git("commit", "--quiet", "--message=begin");
}

/** A shell command of an agent that writes a file and commits it. */
function writing(path: string, text: string): string {
  return `cat > ${path} <<'END'\n${text}\nEND\ngit add ${path} && git commit --quiet -m 'Write ${path}'`;
}

/** All that is in the repository's object store, whatever refers to it. */
function allObjects(repository: TempRepository): Promise<string> {
  return repository.git("cat-file", "--batch-all-objects", "--batch");
}

/** All that the log says of a task, and all that its agent said. */
async function allWords(service: TestService, id: number): Promise<string> {
  const log = await service.call(`/api/tasks/${id}/log`);
  return JSON.stringify(await service.events(id)) + await log.text();
}

const json = JSON.stringify;
const shop = {
  "package.json": json({
    ...{ name: "shop", version: "1.0.0", private: true },
    scripts: { test: "node --test" },
    dependencies: { prices: "file:prices" },
  }),
  "package-lock.json": json({
    ...{ name: "shop", version: "1.0.0", lockfileVersion: 3, requires: true },
    packages: {
      "": { name: "shop", version: "1.0.0", dependencies: { prices: "file:prices" } },
      "node_modules/prices": { resolved: "prices", link: true },
      prices: { version: "1.0.0" },
    },
  }),
  "prices/package.json": json({ name: "prices", version: "1.0.0", main: "prices.js" }),
  "prices/prices.js": "module.exports = { apple: 5 };\n",
  "test/total.test.js": `
    const assert = require("node:assert");
    const { readFileSync } = require("node:fs");
    const { test } = require("node:test");
    const { total } = require("../total.js");
    test("the key is there", () => assert.ok(/^SHOP_KEY=key-[-\\w]{36}$/m.test(readFileSync(".env", "utf8"))));
    test("a total", () => assert.equal(total(["apple", "apple"]), 10, "two apples are " + total(["apple", "apple"])));
  `,
  ".gitignore": "node_modules/\n.env\n",
  ".worktreeinclude": ".env\n",
};

Deno.test("npm: a red test goes back to the agent, which mends it, and the secret that the tests need is in no log and commit", async () => {
  const wrong = writing("total.js", "exports.total = (names) => names.length;");
  const right = 'const prices = require("prices");\n' +
    "exports.total = (names) => names.reduce((sum, name) => sum + prices[name], 0);";
  await using world = await claudeWorld({
    scenarios: {
      shop({ userTexts, stepSinceText }) {
        if (stepSinceText > 0) return say("total.js is committed.");
        return bash(userTexts.at(-1)!.includes("two apples are 2") ? writing("total.js", right) : wrong, "Write it");
      },
    },
  });
  const { repository, service, api } = world;
  const env = { npm_config_offline: "true", npm_config_update_notifier: "false" };
  const settings = { setup: "npm ci --no-audit --no-fund", check: "npm test", env };
  await commitProject(repository, { settings, files: shop });
  const secret = `key-${crypto.randomUUID()}`;
  await Deno.writeTextFile(join(repository.path, ".env"), `SHOP_KEY=${secret}\n`);

  const { id } = await service.createTask({ prompt: "[[scenario:shop]]" });
  const task = await service.waitForStatus(id, "completed");
  assertEquals([task.checked, task.outcome, task.runs, task.attempts], [true, "succeeded", 1, 1]);
  const events = await service.events(id);
  assertSound(events);
  assertEquals(outline(events).filter((type) => !/^(setup|check)\.output$/.test(type)), [
    ...["task.created", "run.claimed", "worktree.added", "files.included"],
    ...["setup.started", "setup.finished", "run.started", "agent.ready", "check.started", "check.finished"],
    ...["run.started", "followup.sent", "agent.ready", "check.started", "check.finished"],
    ...["work.saved", "run.finished", "task.completed"],
  ]);
  assertEquals(ofType(events, "files.included")[0]!.data.files, [".env"]);
  assertEquals(ofType(events, "check.finished").map(({ data }) => [data.outcome, data.exit_code, data.round]), [
    ["failed", 1, 1],
    ["passed", 0, 2],
  ]);
  assertStringIncludes(await repository.git("show", `${task.branch}:total.js`), "reduce");

  assertEquals(ofType(events, "run.started").map(({ data }) => [data.resumed, data.session_id]), [
    [false, task.session_id],
    [true, task.session_id],
  ]);
  assertEquals(new Set(api.requests.map(({ sessionId }) => sessionId)), new Set([task.session_id]));
  assertEquals(api.requests.length, 4);
  assertEquals(tokensOf(task), tokens(api.requests.length));
  assertNear(task.cost_usd, await reportedCost(await service.call(`/api/tasks/${id}/log`)));

  assert(!(await allWords(service, id)).includes(secret));
  assert(!(await allObjects(repository)).includes(secret));
});

Deno.test("a file that was included stays out of snapshots, and in the check's reach, when an agent lets git see it", async () => {
  await using world = await claudeWorld({
    scenarios: {
      shows: ({ step }) =>
        step === 0 ? bash(`${writing(".gitignore", "")}; echo a note > note.txt`, "Look") : say("Done"),
    },
  });
  const { repository, service } = world;
  const check = "grep -q SHOP_KEY .env || { echo no key; exit 4; }; test -f note.txt || exit 5";
  const settings = { check, check_rounds: 1, commit_reminder: true };
  await commitProject(repository, { settings, files: { ".gitignore": ".env\n", ".worktreeinclude": ".env\n" } });
  const secret = `key-${crypto.randomUUID()}`;
  await Deno.writeTextFile(join(repository.path, ".env"), `SHOP_KEY=${secret}\n`);

  const { id } = await service.createTask({ prompt: "[[scenario:shows]]" });
  const task = await service.waitForStatus(id, "failed");
  const events = await service.events(id);
  assertEquals(ofType(events, "check.finished").map(({ data }) => data.exit_code), [5, 5]);
  assertEquals(ofType(events, "check.started").map(({ data }) => data.files), [["note.txt"], ["note.txt"]]);
  const [reminder] = ofType(events, "followup.sent");
  assertMatch(reminder!.data.text, /^You left changes that are not committed:\n\n- note\.txt\n\n/);
  const saved = await repository.git("ls-tree", "-r", "--name-only", task.snapshot!.commit);
  assertEquals([saved.includes("note.txt"), saved.includes(".env")], [true, false]);
  const objects = await allObjects(repository);
  assertEquals([objects.includes("a note"), objects.includes(secret)], [true, false]);
  // What claude itself says of a file that git sees, its raw log repeats.
  assert(!JSON.stringify(events).includes(secret));
});

Deno.test("a setup that takes longer than a task's time limit takes nothing of it", async () => {
  await using world = await claudeWorld();
  const { repository, service } = world;
  await commitProject(repository, { settings: { setup: "sleep 12" } });
  const { id } = await service.createTask({ prompt: "[[scenario:simple]]", timeout_seconds: 12 });
  assertEquals((await service.waitForStatus(id, "completed")).outcome, "succeeded");
  assert(ofType(await service.events(id), "setup.finished")[0]!.data.duration_ms >= 12_000);
});

const python = {
  "shop/__init__.py": "",
  "tests/__init__.py": "",
  "tests/test_total.py": `
import sys
import unittest
from shop.total import total

class TotalTest(unittest.TestCase):
    def test_interpreter(self):
        self.assertNotEqual(sys.prefix, sys.base_prefix)

    def test_total(self):
        self.assertEqual(total([1, 2]), 3)
`,
  ".gitignore": ".venv/\n__pycache__/\n",
};

Deno.test("python: agent and check use the worktree's own interpreter, which is made once, and anew in a worktree that was lost", async () => {
  await using world = await claudeWorld({
    scenarios: {
      python({ step, argument }) {
        if (step > 0) return say("The tests are green.");
        const commands = writing("shop/total.py", `def total(numbers):\n    return sum(numbers)  # ${argument}`);
        return bash(`${commands} && .venv/bin/python -m unittest 2>&1`, "Write and test");
      },
    },
  });
  const { repository, service } = world;
  const setup = "python3 -m venv --without-pip .venv && .venv/bin/python -m compileall -q shop";
  const settings = { setup, check: ".venv/bin/python -m unittest" };
  await commitProject(repository, { settings, files: python });
  const { id } = await service.createTask({ prompt: "[[scenario:python first]]" });
  let task = await service.waitForStatus(id, "completed");
  const setups: number[] = [];
  const changed: string[] = [];
  const look = async () => {
    const events = await service.events(id);
    assertEquals(task.checked, true);
    assertEquals(ofType(events, "output.tool_result").filter(({ data }) => data.is_error), []);
    assertEquals(ofType(events, "run.finished").at(-1)!.data.uncommitted, 0);
    assert(ofType(events, "check.output").some(({ data }) => data.text.includes("Ran 2 tests")));
    setups.push(ofType(events, "setup.finished").length);
    changed.push(await repository.git("diff", "--name-only", "main", task.branch!));
  };
  await look();
  const second = await service.command(id, "messages", { text: "[[scenario:python second]]" });
  task = await service.waitForStatus(id, "completed", second.seq);
  await look();
  await Deno.remove(task.worktree!, { recursive: true });
  const third = await service.command(id, "messages", { text: "[[scenario:python third]]" });
  task = await service.waitForStatus(id, "completed", third.seq);
  await look();
  assertEquals(setups, [1, 1, 2]);
  assertEquals(changed, Array(3).fill("shop/total.py"));
});

const served = {
  setup: `mkdir -p served && echo "$TASK_ID" > served/id
    python3 -m http.server --bind 127.0.0.1 --directory served "$TASK_PORT" > server.log 2>&1 &
    until curl -sf "http://127.0.0.1:$TASK_PORT/id"; do sleep 0.1; done`,
  setup_timeout_seconds: 30,
  check: 'test "$(curl -sf "http://127.0.0.1:$TASK_PORT/id")" = "$TASK_ID"',
  check_rounds: 0,
};

Deno.test("two tasks at once have a server each on their own port, which agent and check reach, and which ends with the run", async () => {
  const bothAtWork = Promise.withResolvers<void>();
  const sessions = new Set<string>();
  await using world = await claudeWorld({
    scenarios: {
      async asks({ step, sessionId }) {
        if (step > 0) return say("It answered.");
        if (sessions.add(sessionId).size === 2) bothAtWork.resolve();
        await bothAtWork.promise;
        return bash(
          'curl -sf "http://127.0.0.1:$TASK_PORT/id" | tee answer && git add answer && git commit -qm answer',
          "Ask",
        );
      },
    },
  });
  const { repository, service } = world;
  await commitProject(repository, { settings: served, files: { ".gitignore": "served/\nserver.log\n" } });
  const created = await Promise.all([1, 2].map(() => service.createTask({ prompt: "[[scenario:asks]]" })));
  const tasks = await Promise.all(created.map(({ id }) => service.waitForStatus(id, "completed")));
  for (const task of tasks) {
    assertEquals(task.checked, true);
    assertEquals(await repository.git("show", `${task.branch}:answer`), String(task.id));
    const events = await service.events(task.id);
    assertEquals(ofType(events, "setup.finished").map(({ data }) => data.left), [1]);
    await assertSilent(task.port!);
  }
  assert(tasks[0]!.port !== tasks[1]!.port);
  assertEquals(await service.descendants(), []);

  // What it goes on with is served again, at the same address.
  const [{ id, port }] = tasks as [typeof tasks[0]];
  const again = await service.command(id, "messages", { text: "Is it still there?" });
  const task = await service.waitForStatus(id, "completed", again.seq);
  assertEquals([task.checked, task.port], [true, port]);
  assertEquals(ofType(await service.events(id), "setup.finished").length, 2);
  await assertSilent(port!);
  assertEquals(await service.descendants(), []);
});

/** Nothing listens there. */
async function assertSilent(port: number): Promise<void> {
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }), Deno.errors.ConnectionRefused);
}

/** A command that never ends, not even when it is asked to, until somebody opens its gate; then it is over at once. */
function gated(name: string): string {
  return `trap '' TERM; test -f "$GATES/${name}" || { touch "$GATES/in-${name}"; sleep 300; }`;
}

/** `claudeWorld` with gates, and what starts the service anew where it was. */
async function gatedWorld(settings: Record<string, unknown>) {
  const stack = new AsyncDisposableStack();
  const gates = stack.use(await tempDir()).path;
  const world = stack.use(await claudeWorld({ env: { GATES: gates } }));
  await commitProject(world.repository, { settings });
  return {
    ...world,
    within: (name: string) => eventually(() => exists(join(gates, `in-${name}`)), { timeoutMs: 30_000, what: name }),
    open: (name: string) => Deno.writeTextFile(join(gates, name), ""),
    restart: async () => stack.use(await startService({ ...world.options, data: dirname(world.service.data) })),
    worktrees: async () => (await Array.fromAsync(Deno.readDir(`${world.repository.path}-worktrees`))).length,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Within what a person waits for, and with nothing left. */
async function stopSoftly(service: TestService): Promise<void> {
  assertEquals(await service.stop(), 0);
  assertEquals(await service.descendants(), []);
}

Deno.test("a soft stop ends a setup and a check that do not want to end, and the task goes on", async () => {
  await using world = await gatedWorld({ setup: gated("setup"), check: gated("check") });
  const { service, within, open, restart } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:edit]]" });
  await within("setup");
  await stopSoftly(service);
  await open("setup");
  const second = await restart();
  await within("check");
  await stopSoftly(second);
  await open("check");
  const third = await restart();
  const task = await third.waitForStatus(id, "completed");
  assertEquals([task.checked, task.attempts, await exists(join(task.worktree!, "greet.ts"))], [true, 1, true]);
  const events = await third.events(id);
  assertSound(events);
  assertEquals(ofType(events, "setup.finished").map(({ data }) => data.outcome), ["stopped", "passed"]);
  assertEquals(ofType(events, "check.finished").map(({ data }) => data.outcome), ["stopped", "passed"]);
  assertEquals(ofType(events, "run.finished").map(({ data }) => data.outcome), ["shutdown", "shutdown", "succeeded"]);
  assertEquals(await third.descendants(), []);
});

for (const how of ["kill -9", "soft stop"]) {
  Deno.test(`a ${how} in the middle of a cleanup: it is run again, the worktree goes, and nothing is left running`, async () => {
    await using world = await gatedWorld({ cleanup: `${gated("cleanup")}; echo clean` });
    const { service, within, open, restart, worktrees } = world;
    const { id } = await service.createTask({ prompt: "[[scenario:bad_request]]" });
    await within("cleanup");
    if (how === "kill -9") await service.kill();
    else await stopSoftly(service);
    assertEquals(await worktrees(), 1);
    await open("cleanup");
    const second = await restart();
    const task = await second.waitForStatus(id, "failed");
    assertEquals([task.outcome, task.worktree, await worktrees()], ["failed", null, 0]);
    const events = await second.events(id);
    assertSound(events);
    assertEquals(ofType(events, "cleanup.started").length, 2);
    assertEquals(ofType(events, "cleanup.finished").map(({ data }) => data.outcome), [
      ...(how === "kill -9" ? [] : ["stopped"]),
      "passed",
    ]);
    assertEquals(ofType(events, "cleanup.output").map(({ data }) => data.text), ["clean\n"]);
    assertEquals([await service.descendants(), await second.descendants()], [[], []]);
  });
}

Deno.test("a cleanup that fails, and one that takes too long and does not want to end, hold up nothing and are in the log", async () => {
  await using world = await gatedWorld({
    cleanup: `test "$TASK_ID" = 2 || { echo broken; exit 3; }; echo slow; ${gated("cleanup")}`,
    cleanup_timeout_seconds: 1,
  });
  const { service, worktrees } = world;
  const ends: unknown[] = [];
  for (let id = 1; id <= 2; id++) {
    await service.createTask({ prompt: "[[scenario:bad_request]]" });
    const task = await service.waitForStatus(id, "failed");
    const events = await service.events(id);
    const [{ data }] = ofType(events, "cleanup.finished") as [ReturnType<typeof ofType<"cleanup.finished">>[0]];
    ends.push([data.outcome, data.exit_code, ofType(events, "cleanup.output").map(({ data }) => data.text)]);
    assertEquals([task.worktree, task.snapshot === null, await worktrees()], [null, false, 0]);
  }
  assertEquals(ends, [["failed", 3, ["broken\n"]], ["timed_out", null, ["slow\n"]]]);
  const { id } = await service.createTask({ prompt: "[[scenario:simple]]" });
  await service.waitForStatus(id, "completed");
  assertEquals(await service.descendants(), []);
});
