// `deno task start`: what the launcher allows, and that everything still works under it: agents run, all of their processes
// are found and ended, a crash is recovered from, signals and exit codes pass through.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readConfig } from "../../core/host/config.ts";
import { argumentsOf, permissionsOf, type Surroundings } from "../../core/host/launcher.ts";
import { claudeWorld, ofType } from "../e2e/world.ts";
import { failToStart, startService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { scriptAgent } from "./script_agent.ts";

const surroundings: Surroundings = {
  path: "/usr/bin:/home/ada/bin:relative:/usr/bin",
  deno: "/opt/deno",
  gitFolders: [{ top: "/home/ada/shop", common: "/home/ada/shop/.git" }],
  kvHosts: [],
  realPath: (path) => path === "/home/ada/data" ? "/disk/data" : path,
};

function permissions(env: Record<string, string>, found = surroundings) {
  return permissionsOf(
    readConfig({ CODER_DATA: "/home/ada/data", ...env }, { hostname: "laptop", home: "/home/ada" }),
    found,
  );
}

Deno.test("permissionsOf() is the listen address, our folders, and programs by name", () => {
  const { net, read, write, run, env, sys } = permissions({ CODER_REPO: "/home/ada/shop/src" });
  assertEquals(net, ["127.0.0.1:8000", "127.0.0.1", "[::1]"]);
  const data = ["/home/ada/data", "/disk/data"];
  const database = ["", "-wal", "-shm", "-journal", ".lock"].map((suffix) => `/home/ada/data/coder.db${suffix}`);
  assertEquals(write, [...data, ...database, "/home/ada/shop-worktrees", "/home/ada/shop/.git"]);
  assertEquals(read.slice(0, write.length), write);
  assertEquals(read.slice(write.length, write.length + 2), ["/home/ada/shop/src", "/home/ada/shop"]);
  assertEquals(read.slice(write.length + 2).map((path) => path.split("/").slice(-2).join("/")), [
    ...["main/islands", "core/domain", "core/view", "api/docs.css"].map((end) =>
      end.replace("main/", `${repositoryName()}/`)
    ),
    ...["bin/claude", "bin/claude", "opt/deno", "bin/sh", "bin/sh"],
  ]);
  assertEquals(run, ["git", "gh", "sh", "perl", "ps", "/usr/bin/claude", "/home/ada/bin/claude", "/opt/deno"]);
  assert(env.includes("CODER_TOKEN") && env.every((name) => /^[A-Z_]+$/.test(name)));
  assertEquals(sys, ["hostname", "uid", "statfs"]);
});

function repositoryName(): string {
  return new URL("../..", import.meta.url).pathname.split("/").at(-2)!;
}

Deno.test("permissionsOf() follows the configuration: address, database, worktrees, agent", () => {
  assertEquals(permissions({ CODER_HOST: "::1", CODER_PORT: "0" }).net, ["[::1]", "127.0.0.1"]);
  assertEquals(permissions({ CODER_PORT: "off" }).net, ["127.0.0.1", "[::1]"]);
  assertEquals(permissions({ CODER_KV: "https://kv.example:4512/x" }).net, [
    ...["127.0.0.1:8000", "127.0.0.1", "[::1]", "kv.example:4512"],
  ]);
  assertEquals(permissions({ CODER_WEBHOOK_HOSTS: "chat.example,[::2]:81=private" }).net.slice(-2), [
    ...["chat.example", "[::2]:81"],
  ]);
  const handedOut = { ...surroundings, kvHosts: ["api.example:443", "10.0.0.7:4513"] };
  assertEquals(permissions({ CODER_KV: "https://kv.example" }, handedOut).net.slice(-3), [
    ...["kv.example", "api.example:443", "10.0.0.7:4513"],
  ]);
  assert(!permissions({ CODER_KV: "https://kv.example" }).write.some((path) => path.includes("kv.example")));
  assert(permissions({ CODER_WORKTREES: "/work" }).write.includes("/work"));
  assertEquals(permissions({ CODER_CLAUDE: "/opt/claude" }).run, [
    "git",
    "gh",
    "sh",
    "perl",
    "ps",
    "/opt/claude",
    "/opt/deno",
  ]);
});

Deno.test("argumentsOf() allows nothing whole, asks nothing, and keeps a comma within a path", () => {
  const args = argumentsOf(permissions({ CODER_DATA: "/a,b", CODER_REPO: "/r" }));
  assert(args.includes("--no-prompt"));
  assert(
    args.filter((arg) => arg.startsWith("--allow")).every((arg) =>
      /^--allow-(net|read|write|run|env|sys)=.+/.test(arg)
    ),
  );
  assert(!args.some((arg) => arg === "-A" || arg === "--allow-all" || arg.startsWith("--allow-ffi")));
  assertMatch(args.find((arg) => arg.startsWith("--allow-write="))!, /^--allow-write=\/a,,b,/);
});

Deno.test("a project's commands, its ports and the operator's file work under these permissions", async () => {
  await using folder = await tempDir();
  const data = join(folder.path, "data");
  await Deno.mkdir(join(data, "repositories"), { recursive: true });
  await Deno.writeTextFile(join(data, "repositories", "shop.json"), '{"setup": "true"}');
  const program = join(folder.path, "program.ts");
  const source = (name: string) => JSON.stringify(import.meta.resolve(`../../core/process/${name}.ts`));
  await Deno.writeTextFile(
    program,
    `
    import { containment } from ${source("containment")};
    import { projects } from ${source("project/project_settings")};
    import { stepRunner } from ${source("project/step_process")};
    import { taskPorts } from ${source("project/task_ports")};
    const folder = ${JSON.stringify(join(data, "repositories"))};
    const { settings } = await projects({ readAtCommit: async () => null, folder }).settings("shop", "c0ffee");
    const first = await taskPorts().reserve({ task: 7, wanted: null });
    const mark = crypto.randomUUID();
    const command = 
      "env -i setsid sh -c 'echo $$ > pid; exec sleep 600' > /dev/null 2>&1 &\\n" +
      "while ! test -s pid; do sleep 0.01; done; echo out; echo err >&2; exit 3";
    const step = await stepRunner()({ command, cwd: ${JSON.stringify(data)}, env: {}, mark, workerMark: mark });
    let text = "";
    for await (const chunk of step.output) text += chunk.text;
    const { code } = await step.exited;
    await step.end({ graceMs: 5000 });
    console.log(JSON.stringify([settings.setup, first >= 20000, text, code, (await containment()).kind]));
    `,
  );
  const config = readConfig({ CODER_DATA: data }, { hostname: "laptop", home: folder.path });
  const path = Deno.env.get("PATH")!;
  const limits = permissionsOf(config, { ...surroundings, path, deno: Deno.execPath() });
  const args = [...argumentsOf(limits).slice(0, -1), program];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  const text = new TextDecoder();
  assertEquals(text.decode(stderr), "");
  assertEquals(JSON.parse(text.decode(stdout)), ["true", true, "out\nerr\n", 3, "subreaper"]);
  assert(!isAlive(Number(await Deno.readTextFile(join(data, "pid")))));
});

/** The service under the launcher. */
async function servicePid(launcher: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "pid=,args=", "--ppid", String(launcher)],
    stdin: "null",
  })
    .output();
  const line = new TextDecoder().decode(stdout).split("\n").find((one) => one.includes("main.ts"));
  if (!line) throw new Error(`The launcher ${launcher} has no service`);
  assert(!/ (-A|--allow-all|--allow-(run|read|write|net|env))( |$)/.test(line), line);
  return parseInt(line);
}

Deno.test("a demo task runs under limited permissions; TERM to the launcher stops everything with code 0", async () => {
  // No claude to be found, whatever this machine has.
  await using folder = await tempDir();
  for (const name of ["git", "perl", "ps", "sh"]) await Deno.symlink(`/usr/bin/${name}`, join(folder.path, name));
  await using service = await startService({ limited: true, env: { PATH: folder.path } });
  assertStringIncludes(service.output, "demo");
  assertEquals((await service.health()).containment, { kind: "subreaper", reason: null });
  await servicePid(service.pid);
  await service.createTask({ prompt: "Greet in French" });
  const task = await service.waitForStatus(1, "completed");
  assert((task.lines_added ?? 0) > 0);
  for (const path of ["/", "/api/docs", "/api/tasks/1/diff", "/api/tasks/1/log", "/api/docs.css"]) {
    const response = await service.call(path);
    assertEquals(response.status, 200, path);
    await response.body?.cancel();
  }
  const listed = await service.call("/mcp", {
    json: { jsonrpc: "2.0", id: 1, method: "tools/list" },
    headers: { accept: "application/json, text/event-stream" },
  });
  assertStringIncludes(await listed.text(), '"create_task"');
  assertEquals((await Deno.readTextFile(`${service.data}/url`)).trim(), service.url);
  const numbers = await (await service.call("/metrics")).text();
  assertMatch(numbers, /^process_resident_memory_bytes \d{8,}$/m);
  assertMatch(numbers, /^personal_coder_runs_finished_total\{outcome="succeeded"\} 1$/m);
  assertEquals(await service.stop(), 0);
  assertEquals(await service.descendants(), []);
});

Deno.test("a cancelled claude and its grandchild in a session of its own are ended under limited permissions", async () => {
  await using world = await claudeWorld({ limited: true });
  const { service } = world;
  await service.createTask({ prompt: "[[scenario:edit]] Add a greeting" });
  const edited = await service.waitForStatus(1, "completed");
  assertEquals(edited.lines_added, 1);
  await service.createTask({ prompt: "[[scenario:slow_setsid 300]] Wait" });
  await service.waitFor(2, (_, event) => event.type === "output.tool_use");
  await eventually(async () => await sleepers(service.descendants()) >= 2, { what: "both sleep" });
  await service.command(2, "cancel");
  await service.waitForStatus(2, "cancelled");
  assertEquals(await sleepers(service.descendants()), 0);
  assertEquals(await service.stop(), 0);
});

async function sleepers(pids: Promise<number[]>): Promise<number> {
  let count = 0;
  for (const pid of await pids) {
    const command = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
    if (command.startsWith("sleep\0")) count++;
  }
  return count;
}

Deno.test("a service that was killed under limited permissions is recovered from under them", async () => {
  await using folder = await tempDir();
  await using world = await claudeWorld({ limited: true, data: folder.path });
  await world.service.createTask({ prompt: "[[scenario:slow 300]] Wait" });
  await world.service.waitFor(1, (_, event) => event.type === "output.tool_use");
  const service = await servicePid(world.service.pid);
  const claude = (await world.service.descendants()).filter((pid) => pid !== service);
  Deno.kill(service, "SIGKILL");
  // The launcher reports how it ended, as a shell would.
  await eventually(() => world.service.stop().then((code) => code === 137));
  assert(claude.some(isAlive), "the agent outlived it");
  await using again = await startService(world.options);
  await again.waitFor(1, (_, event) => event.type === "run.finished");
  const lost = ofType(await again.events(1), "run.finished")[0]!;
  assertEquals(lost.data.outcome, "lost");
  assert(!claude.some(isAlive), "what was left was ended");
  await again.waitFor(1, (task) => task.status === "completed" || (task.run !== null && task.epoch === 2));
  await again.command(1, "cancel");
  await again.waitForStatus(1, "cancelled");
});

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

Deno.test("the service stops by itself when its launcher was killed", async () => {
  await using service = await startService({ limited: true });
  const pid = await servicePid(service.pid);
  await service.kill();
  await eventually(() => !isAlive(pid), { what: "the service has ended" });
  assertStringIncludes(service.output, "Stopping");
});

Deno.test("the launcher passes failures on: wrong settings, a folder without git, no perl, data in use", async () => {
  const wrong = await failToStart({ limited: true, env: { CODER_PORT: "x" } });
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.output, 'CODER_PORT is "x"');
  const unknown = await failToStart({ limited: true, env: { CODER_PROT: "1" } });
  assertStringIncludes(unknown.output, "CODER_PROT is not a setting");
  await using folder = await tempDir();
  const none = await failToStart({ limited: true, repo: folder.path });
  assertEquals(none.code, 1);
  assertStringIncludes(none.output, "it is not a git repository");
  const alone = await failToStart({ limited: true, env: { PATH: folder.path } });
  assertEquals([alone.code, alone.output], [1, "Cannot start: perl is not on the PATH, and looks after the service\n"]);
  await using service = await startService({ limited: true, data: folder.path });
  const twice = await failToStart({ limited: true, data: folder.path });
  assertEquals(twice.code, 1);
  assertStringIncludes(twice.output, "Another Personal Coder");
  assertEquals(await service.stop(), 0);
});

Deno.test("under limited permissions .env counts, an agent that is installed later is found, and its environment is whole", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const bin = join(folder.path, "bin");
  await Deno.mkdir(bin);
  const token = "a-secret-of-the-test-0123456789";
  await Deno.writeTextFile(
    join(folder.path, ".env"),
    `CODER_TOKEN=${token}\nDENO_KV_ACCESS_TOKEN=${token}\nPASSED_ON=yes\n`,
  );
  await using service = await startService({
    limited: true,
    repo: repository.path,
    cwd: folder.path,
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      IS_SANDBOX: "1",
      LD_LIBRARY_PATH: "/nowhere",
      GIT_DIR: "/nowhere",
      CLAUDECODE: "1",
    },
  });
  assertStringIncludes(service.output, "LD_LIBRARY_PATH: not passed on");
  const headers = { authorization: `Bearer ${token}` };
  const created = await service.call("/api/tasks", { json: { prompt: "x" }, headers });
  assertEquals(created.status, 201);
  await created.body?.cancel();
  const read = async () => await (await service.call("/api/tasks/1", { headers })).json();
  await eventually(async () => /claude/.test((await read()).waiting ?? ""));
  await scriptAgent(bin, "env > environment.txt");
  await eventually(async () => (await read()).status === "completed", {
    timeoutMs: 30_000,
    what: "the agent was found",
  });
  const environment = await Deno.readTextFile(join((await read()).worktree, "environment.txt"));
  assertStringIncludes(environment, "PASSED_ON=yes");
  assertStringIncludes(environment, "PERSONAL_CODER_TEST_WORLD=");
  assert(!environment.includes(token));
  assert(!/^(CODER_|CLAUDECODE|GIT_DIR|LD_LIBRARY|PERSONAL_CODER_LAUNCHED)/m.test(environment), environment);
});
