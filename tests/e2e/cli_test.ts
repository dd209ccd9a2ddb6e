// The command line against a real service with the demo agent: what people type, and what scripts go by.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { coder, type CoderEnd, linesOf, startCoder } from "../support/coder.ts";
import { startService, type TestService } from "../support/service.ts";
import { tempDir } from "../support/temp.ts";

interface World extends AsyncDisposable {
  service: TestService;
  /** Runs `coder` with this service; `stdin` is piped in. */
  run(args: string[], options?: { stdin?: string; cwd?: string }): Promise<CoderEnd>;
}

/** A service whose agent is the demo: nothing else on its PATH. */
async function demoWorld({ stepMs = 1 }: { stepMs?: number } = {}): Promise<World> {
  const stack = new AsyncDisposableStack();
  const bin = stack.use(await tempDir());
  for (const name of ["git", "sh", "env", "perl", "ps"]) await Deno.symlink(`/usr/bin/${name}`, join(bin.path, name));
  const env = { PATH: bin.path, DEMO_STEP_MS: String(stepMs), CODER_CLAUDE: undefined };
  const service = stack.use(await startService({ env }));
  return {
    service,
    run: (args, options) => coder(args, { ...options, env: { CODER_DATA: service.data } }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("coder fills the queue, watches, reads and lands, and finds the service by its data folder", async () => {
  await using world = await demoWorld();
  const { run, service } = world;
  assertEquals((await run(["list"])).out, "No tasks\n");

  const added = await run(["add", "Greet", "in French", "--title", "Salut", "-p", "3", "--label", "x=1", "--json"]);
  const task: TaskView = JSON.parse(added.out);
  assertEquals([task.id, task.prompt, task.title, task.priority], [1, "Greet in French", "Salut", 3]);
  assertEquals(task.labels, { x: "1" });
  assertMatch((await run(["why", "1"])).out, /^No living worker has x=1\n/);
  assertEquals((await run(["cancel", "#1"])).out, "#1 Salut: Cancelled\n");

  const piped = await run(["add", "--base", "main", "--watch"], { stdin: "Greet in Greek\n\nand commit it" });
  assertEquals([piped.code, piped.err], [0, ""]);
  assertMatch(piped.out, /^#2 Greet in Greek\n\d\d:\d\d:\d\d {2}Prompt\n {10}Greet in Greek\n/);
  assertMatch(piped.out, /\n.{10}Bash {2}git ls-files\n[^]*\n.{10}Task completed\n#2 Greet in Greek: To review, /);
  const events = await service.events(2);
  assertEquals(events[0]!.by, "cli");

  assertStringIncludes((await run(["diff", "2"])).out, "\n+# Greet in Greek\n");
  assertMatch(
    (await run(["show", "2"])).out,
    /\nbranch +task-2-greet-in-greek\n[^]*\nPrompt\nGreet in Greek\n\nand commit it\n/,
  );
  const logs = (await run(["logs", "2"])).out;
  assertEquals(logs, await (await service.call("/api/tasks/2/log")).text());
  await using folder = await tempDir();
  const exported = await run(["export", "2", "-o", "two.ndjson"], { cwd: folder.path });
  assertEquals([exported.code, exported.out, exported.err], [0, "", "Written to two.ndjson\n"]);
  const [header, ...lines] = (await Deno.readTextFile(join(folder.path, "two.ndjson"))).trimEnd().split("\n");
  assertEquals([JSON.parse(header!).task, lines.length], [2, events.length]);
  const again = await run(["export", "2", "-o", "two.ndjson"], { cwd: folder.path });
  assertEquals([again.code, again.err], [1, "coder: two.ndjson is there already\n"]);
  const named = await run(["--json", "export", "2", "-o", "again.ndjson"], { cwd: folder.path });
  const { size } = await Deno.stat(join(folder.path, "again.ndjson"));
  assertEquals([JSON.parse(named.out), named.err], [{ path: "again.ndjson", bytes: size }, ""]);
  const values = (await run(["logs", "2", "--json"])).out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(values.length, logs.trimEnd().split("\n").length);

  const landed = await run(["land", "2", "--method", "merge"]);
  assertEquals(landed.code, 0, landed.out + landed.err);
  assertMatch(landed.out, /Landing in main by a merge commit {2}by cli\n[^]*Landed in main as [^]*: Landed, /);
  assertMatch((await run(["list"])).out, /^#2 {2}Landed, not checked +Greet in Greek.*\n#1 {2}Cancelled +Salut/);
});

Deno.test("coder approves and rejects plans, sends messages, and names in the log who it was", async () => {
  await using world = await demoWorld();
  const { run, service } = world;
  await run(["add", "Greet in Danish", "--plan"]);
  await service.waitForStatus(1, "awaiting_approval");
  assertStringIncludes((await run(["show", "1"])).out, "\nPlan\n");
  const before = (await service.task(1)).seq;
  assertEquals((await run(["reject", "1", "Shorter,", "please"])).code, 0);
  const { seq } = await service.waitForStatus(1, "awaiting_approval", before + 1);
  assertEquals((await run(["approve", "1"])).code, 0);
  await service.waitForStatus(1, "completed", seq);
  const file = join(service.data, "words.md");
  await Deno.writeTextFile(file, "Now in Dutch");
  assertEquals((await run(["message", "1", "--file", file])).code, 0);
  assertEquals((await run(["watch", "1"])).code, 0);
  const events = await service.events(1);
  const by = (type: string) => events.filter((event) => event.type === type).map(({ by }) => by);
  assertEquals([by("plan.rejected"), by("plan.approved"), by("message.added")], [["cli"], ["cli"], ["cli"]]);
  const refused = await run(["approve", "1"]);
  assertEquals([refused.code, refused.out], [1, ""]);
  assertMatch(refused.err, /^coder: Cannot approve[^\n]*\n$/);
});

Deno.test("coder exits with 1 for what failed, 2 for wrong usage, 3 where nobody answers", async () => {
  await using world = await demoWorld();
  const { run } = world;
  const failed = await run(["add", "Greet in Welsh", "--check", "echo no; exit 3", "--watch"]);
  assertEquals(failed.code, 1);
  assertMatch(failed.out, /Check failed {2}[^\n]*exit 3\n[^]*#1 Greet in Welsh: Check failed\n$/);
  assertEquals((await run(["watch", "1"])).code, 1);
  assertEquals((await run(["retry", "1"])).code, 0);
  assertEquals((await run(["watch", "1", "1"])).code, 1);

  const wrong: [string[], number, RegExp][] = [
    [["show", "99"], 1, /^coder: There is no task 99\n/],
    [["show", "twelve"], 2, /It must be a task's number, such as 12/],
    [["add", "x", "--land", "soon"], 2, /Allowed choices are auto, never/],
    [["add", "x", "--repo", "shop"], 2, /^coder: .*shop/],
    [["add"], 2, /^coder: There is no prompt/],
    [["message", "1", "a", "--file", "b"], 2, /as words or with --file/],
    [["fly"], 2, /unknown command 'fly'/],
    [["watch", "1", "2", "--after", "3"], 2, /^coder: --after is for one task/],
    [["watch", "--after", "3"], 2, /^coder: --after is for one task/],
    [["import", "-"], 2, /^coder: The file cannot be imported/],
    [["cancel", "1", "98"], 1, /There is no task 98/],
  ];
  for (const [args, code, words] of wrong) {
    const end = await run(args);
    assertEquals(end.code, code, `${args.join(" ")}: ${end.err}`);
    assertMatch(end.err, words);
  }
  const nobody = { env: { CODER_URL: "http://127.0.0.1:1" } };
  for (const args of [["list"], ["watch", "1"], ["watch"]]) {
    const end = await coder(args, nobody);
    assertEquals([end.code, end.err], [
      3,
      "coder: No service answers at http://127.0.0.1:1: start it, or set CODER_URL\n",
    ]);
  }
});

Deno.test("coder makes tokens with a scope, works with one, and revokes it", async () => {
  await using world = await demoWorld();
  const { run, service } = world;
  const made = await run(["token", "create", "--name", "ci", "--scope", "submit"]);
  assertEquals(made.code, 0, made.err);
  assertMatch(made.err, /^It is shown this once\. /);
  const env = { CODER_URL: service.url, CODER_TOKEN: made.out.trim() };
  const added = await coder(["add", "Greet in Frisian", "--label", "x=1", "--json"], { env });
  assertEquals(added.code, 0, added.err);
  assertEquals((await service.events(1))[0]!.by, "token:ci");
  const refused = await coder(["cancel", "1"], { env });
  assertEquals([refused.code, refused.err], [
    1,
    "coder: The token ci has the scope submit; this needs the scope operate\n",
  ]);
  assertMatch((await run(["token", "list"])).out, /^ci {2}submit {2}now {2}by cli\n$/);
  assertEquals((await run(["token", "revoke", "ci"])).out, "The token ci opens nothing any more\n");
  const revoked = await coder(["list"], { env });
  assertEquals([revoked.code, revoked.err], [
    1,
    `coder: The service at ${service.url} does not know this token: look at CODER_TOKEN\n`,
  ]);
  for (const args of [["token", "create", "--name", "ci"], ["token", "create", "--name", "C I", "--scope", "read"]]) {
    assertEquals((await run(args)).code, 2, args.join(" "));
  }
});

Deno.test("coder watch goes on after the service was restarted, without a gap or a duplicate", async () => {
  await using folder = await tempDir();
  await using bin = await tempDir();
  for (const name of ["git", "sh", "env", "perl", "ps"]) await Deno.symlink(`/usr/bin/${name}`, join(bin.path, name));
  const port = freePort();
  const options = {
    data: folder.path,
    env: { PATH: bin.path, DEMO_STEP_MS: "300", CODER_CLAUDE: undefined, CODER_PORT: String(port) },
  };
  let service = await startService(options);
  await service.createTask({ prompt: "Greet in Latin" });
  const watching = startCoder(["watch", "1", "--json"], { env: { CODER_URL: service.url } });
  const [shown, said] = [linesOf(watching.stdout), new Response(watching.stderr).text()];
  const lines = [(await shown.next()).value!];
  await service.waitFor(1, ({ status }) => status === "in_progress");
  await service[Symbol.asyncDispose]();
  service = await startService(options);
  await using _service = service;
  for await (const line of shown) lines.push(line);
  assertEquals((await watching.status).code, 0);
  assertMatch(await said, /is lost: trying again/);
  const events: TaskEvent[] = lines.map((line) => JSON.parse(line));
  assertEquals(events.map(({ seq }) => seq), Array.from({ length: events.length }, (_, at) => at + 1));
  assertEquals(events.length, (await service.events(1)).length);
});

Deno.test("coder watch says at Ctrl-C where to go on", async () => {
  await using world = await demoWorld();
  await world.run(["add", "Greet in Sami", "--label", "x=1"]);
  const watching = startCoder(["watch", "1"], { env: { CODER_DATA: world.service.data } });
  const [shown, said] = [linesOf(watching.stdout), new Response(watching.stderr).text()];
  for await (const line of shown) if (line.includes("Greet in Sami") && line.startsWith("  ")) break;
  watching.kill("SIGINT");
  assertEquals((await watching.status).code, 130);
  assertEquals(await said, "To go on: coder watch 1 --after 1\n");
});

Deno.test("coder --json stands before and after any command, and what needs no service looks for none", async () => {
  await using world = await demoWorld();
  const { run } = world;
  for (const args of [["--json", "list"], ["list", "--json"]]) assertEquals((await run(args)).out, "[]\n");
  for (const args of [["--json", "token", "list"], ["token", "--json", "list"], ["token", "list", "--json"]]) {
    assertEquals((await run(args)).out, "[]\n", args.join(" "));
  }
  assertEquals((await run(["mcp", "--json"], { stdin: "" })).code, 0);
  assertStringIncludes((await run(["show", "--help"])).out, "--json");
  const nowhere = { env: { CODER_URL: "nowhere" } };
  assertEquals(JSON.parse((await coder(["completions", "bash", "--json"], nowhere)).out).shell, "bash");
  assertMatch((await coder(["complete", "--", "show", "--js"], nowhere)).out, /^--json\t/);
  await using folder = await tempDir();
  assertMatch((await coder(["init", folder.path], nowhere)).err, /is in no git repository/);
  assertEquals((await coder(["list"], nowhere)).code, 2);
});

Deno.test("coder watches several tasks until all are over, and ends with 1 when one failed", async () => {
  await using world = await demoWorld({ stepMs: 20 });
  const { run } = world;
  for (const prompt of ["Greet in Irish", "Greet in Basque"]) await run(["add", prompt]);
  await run(["add", "Greet in Manx", "--after", "1,2", "--check", "false"]);
  const end = await run(["watch", "1", "2"]);
  assertEquals(end.code, 0, end.err);
  const last = end.out.trimEnd().split("\n").filter((line) => line.includes("To review"));
  assertEquals(last.length, 2, end.out);
  const all = await run(["watch", "1", "2", "3", "--json"]);
  assertEquals(all.code, 1);
  const states: TaskView[] = all.out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(new Map(states.map(({ id, status }) => [id, status])).get(3), "failed");
});

/** What a shell runs to print what it would complete, from the words of a line; and its candidates. */
const shells: Record<string, (words: string[]) => string> = {
  bash: (words) =>
    `source <(coder completions bash); COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; ` +
    `_coder; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words) =>
    `compdef() { :; }; _describe() { print -rl -- "\${(@)found%%:*}"; }; _files() { :; }; ` +
    `source <(coder completions zsh); words=(${words.join(" ")}); CURRENT=${words.length}; _coder`,
  fish: (words) =>
    `coder completions fish | source; complete -C '${
      words.join(" ").replaceAll("''", "").replaceAll(/[\\']/g, "\\$&")
    }'`,
};

for (const [shell, lineOf] of Object.entries(shells)) {
  const isThere = new Deno.Command("sh", { args: ["-c", `command -v ${shell}`] }).outputSync().success;
  Deno.test({
    name: `coder's completions for ${shell} have commands, options, choices and tasks, and evaluate nothing`,
    ignore: !isThere,
    async fn() {
      await using world = await demoWorld();
      await using folder = await tempDir();
      await world.run(["add", "Greet in Breton", "--label", "x=1"]);
      const program = new URL("../../cli/coder.ts", import.meta.url).pathname;
      const text = `#!/bin/sh\nexec "${Deno.execPath()}" run --quiet -A "${program}" "$@"\n`;
      await Deno.writeTextFile(join(folder.path, "coder"), text, { mode: 0o755 });
      const env = { PATH: `${folder.path}:${Deno.env.get("PATH")}`, CODER_DATA: world.service.data };
      const ask = async (...words: string[]) => {
        const command = new Deno.Command(shell, { args: ["-c", lineOf(words)], cwd: folder.path, env, stdin: "null" });
        const { stdout, stderr } = await command.output();
        return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      };
      assertMatch(await ask("coder", "wat"), /^watch\b/m);
      assertMatch(await ask("coder", "add", "--la"), /^--land\b/m);
      assertMatch(await ask("coder", "add", "--land", "''"), /^auto\b/m);
      assertMatch(await ask("coder", "show", "''"), /^1\b/m);
      assertMatch(await ask("coder", "add", `'"$(touch evaluated)"'`, "--tit"), /^--title\b/m);
      assertEquals(await Deno.stat(join(folder.path, "evaluated")).catch(() => null), null);
    },
  });
}

Deno.test("coder can be installed, and then works from anywhere", async () => {
  await using world = await demoWorld();
  await using root = await tempDir();
  const project = new URL("../../", import.meta.url).pathname;
  const install = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["install", "--global", "--quiet", "--root", root.path, "--name", "coder", "--config", `${project}deno.json`],
      ...["--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-run", `${project}cli/coder.ts`],
    ],
    stdin: "null",
  }).output();
  assert(install.success, new TextDecoder().decode(install.stderr));
  const listed = await new Deno.Command(join(root.path, "bin/coder"), {
    args: ["list", "--json"],
    cwd: root.path,
    env: { CODER_DATA: world.service.data },
    stdin: "null",
  }).output();
  assertEquals([listed.code, new TextDecoder().decode(listed.stdout)], [0, "[]\n"]);
});

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("coder carries a history with its files to where it is read and forked", async () => {
  await using world = await demoWorld();
  await using folder = await tempDir();
  const { run } = world;
  assertEquals((await run(["add", "Greet in Greek", "--watch"])).code, 0);
  const at = { cwd: folder.path };
  assertEquals((await run(["export", "1", "--bundle", "-o", "one.ndjson"], at)).err, "Written to one.ndjson\n");
  const taken = await run(["import", "one.ndjson"], at);
  assertEquals([taken.code, taken.out, taken.err], [0, "#2 Greet in Greek: Completed, not checked\n", ""]);
  assertStringIncludes((await run(["diff", "2"])).out, "\n+# Greet in Greek\n");
  const refused = await run(["retry", "2"]);
  assertEquals(refused.code, 1);
  assertMatch(refused.err, /was imported and can only be read: fork it/);

  const forked: TaskView = JSON.parse((await run(["fork", "2", "Now in Latin", "--json"])).out);
  assertEquals([forked.id, forked.prompt, forked.forked_from?.task], [3, "Now in Latin", 2]);
  assertEquals((await run(["watch", "3"])).code, 0);
  await Deno.writeTextFile(join(folder.path, "prompt.md"), "Now in Coptic");
  const again = ["fork", "2", "--file", "prompt.md", "--key", "once", "--json"];
  const twice: TaskView[] = [];
  for (const args of [again, again]) twice.push(JSON.parse((await run(args, at)).out));
  assertEquals(twice.map(({ id, prompt }) => [id, prompt]), [[4, "Now in Coptic"], [4, "Now in Coptic"]]);
  const besides = await run(["fork", "2", "Now in Syriac", "-", "--json"], { stdin: "and commit it" });
  assertEquals(JSON.parse(besides.out).prompt, "Now in Syriac\n\nand commit it");
  const stdin = await Deno.readTextFile(join(folder.path, "one.ndjson"));
  assertMatch((await run(["import", "-"], { stdin })).out, /^#2 Greet in Greek: /);
  const unknown = await run(["import", "one.ndjson", "--repo", "shop"], at);
  assertEquals([unknown.code, unknown.out], [2, ""]);
  assertMatch(unknown.err, /There is no repository "shop"/);
  const nowhere = await run(["import", "two.ndjson"], at);
  assertEquals([nowhere.code, nowhere.out], [2, ""]);
  assertMatch(nowhere.err, /Cannot read two.ndjson/);
});
