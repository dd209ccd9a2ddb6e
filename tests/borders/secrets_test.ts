// Where a secret can be read while the service runs: in no environment and no command line of a process of ours.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { failToStart, startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { scriptAgent } from "./script_agent.ts";

const token = "a-secret-of-the-test-0123456789";
const kvSecret = "kv-secret-of-the-test-0123456789";
const secrets = { CODER_TOKEN: token, DENO_KV_ACCESS_TOKEN: kvSecret };
const headers = { authorization: `Bearer ${token}` };
const ignore = Deno.build.os !== "linux";

interface Process {
  pid: number;
  command: string;
  /** Its environment as every program of the same user reads it. */
  environment: string;
}

/** The living processes whose environment has `mark`. */
function processesWith(mark: string): Process[] {
  const found: Process[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = Deno.readTextFileSync(`/proc/${name}/environ`);
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ");
      if (environment.includes(mark)) found.push({ pid: Number(name), command, environment });
    } catch { /* it has ended */ }
  }
  return found;
}

function assertNoSecret(processes: Process[]): void {
  for (const { pid, command, environment } of processes) {
    for (const secret of [token, kvSecret]) {
      assert(!environment.includes(secret), `in the environment of ${pid}: ${command}`);
      assert(!command.includes(secret), `in the command line of ${pid}: ${command}`);
    }
  }
}

async function assertAsksFor(service: Pick<TestService, "call">, right: string): Promise<void> {
  for (const [authorization, status] of [[`Bearer ${right}`, 200], ["Bearer another-one-0123456789", 401]] as const) {
    const answer = await service.call("/api/tasks", { headers: { authorization } });
    await answer.body?.cancel();
    assertEquals(answer.status, status);
  }
}

for (const limited of [false, true]) {
  Deno.test({
    name: `a token of the environment is in no environment of ours${limited ? ", with limited permissions" : ""}`,
    ignore,
    async fn() {
      await using folder = await tempDir();
      await using repository = await tempRepository();
      const mark = `SECRETS_WORLD=${crypto.randomUUID()}`;
      const agent = await scriptAgent(
        folder.path,
        `tr '\\0' '\\n' < /proc/self/environ > environment.txt; cat /proc/$PPID/environ >> parents.txt`,
      );
      const [name, value] = mark.split("=") as [string, string];
      await using service = await startService({
        limited,
        repo: repository.path,
        env: { ...agent, ...secrets, [name]: value },
      });
      await assertAsksFor(service, token);
      const ours = processesWith(mark);
      assert(ours.length >= 2, "the launcher and the service");
      assertNoSecret(ours);
      const created = await service.call("/api/tasks", { json: { prompt: "Look around" }, headers });
      assertEquals(created.status, 201, await created.text());
      const read = async () => await (await service.call("/api/tasks/1", { headers })).json();
      const task = await eventually(async () => {
        const now = await read();
        return now.status === "completed" && now;
      });
      for (const file of ["environment.txt", "parents.txt"]) {
        const text = await Deno.readTextFile(join(task.worktree, file));
        assertStringIncludes(text, "PATH=");
        for (const secret of [token, kvSecret]) assert(!text.includes(secret), file);
      }
      assertEquals(await service.stop(), 0);
    },
  });
}

Deno.test({
  name: "under `deno task dev` only the programs above have what the user gave them",
  ignore,
  async fn() {
    await using folder = await tempDir();
    const mark = crypto.randomUUID();
    const own = Object.entries(Deno.env.toObject()).filter(([name]) => !/^(CODER_|DENO_KV_|GIT_)/.test(name));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["task", "dev"],
      cwd: fromFileUrl(new URL("../..", import.meta.url)),
      clearEnv: true,
      env: {
        ...Object.fromEntries(own),
        ...secrets,
        CODER_DATA: join(folder.path, "data"),
        CODER_PORT: "0",
        NO_COLOR: "1",
        SECRETS_WORLD: mark,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let text = "";
    const reading = [child.stdout, child.stderr].map(async (pipe) => {
      for await (const part of pipe.pipeThrough(new TextDecoderStream())) text += part;
    });
    try {
      const url = await eventually(() => /Open +(http\S+)/.exec(text)?.[1], { timeoutMs: 60_000, what: "it is ready" });
      await assertAsksFor({ call: (path, init) => fetch(`${url}${path}`, init) }, token);
      const all = processesWith(mark);
      const above = all.filter(({ pid }) => pid === child.pid);
      const below = all.filter(({ pid }) => pid !== child.pid);
      assertEquals([above.length, below.filter(({ command }) => command.includes("main.ts")).length], [1, 2], text);
      assertNoSecret(below);
    } finally {
      child.kill("SIGTERM");
      const { code } = await child.status;
      await Promise.all(reading);
      await eventually(() => processesWith(mark).length === 0, { timeoutMs: 30_000, what: "nothing is left" });
      assertEquals(code, 0);
    }
  },
});

for (const limited of [false, true]) {
  Deno.test(`CODER_TOKEN_FILE is read, and read again when it changes${limited ? ", with limited permissions" : ""}`, async () => {
    await using folder = await tempDir();
    const path = join(folder.path, "secret");
    await Deno.writeTextFile(path, `${token}\n`, { mode: 0o600 });
    await using service = await startService({ limited, env: { CODER_TOKEN_FILE: path } });
    await assertAsksFor(service, token);
    assertStringIncludes(service.output, `Token       in ${path}`);
    const second = `${token}-2`;
    // What is no token opens no door, and closes none.
    await Deno.writeTextFile(path, "");
    await assertAsksFor(service, token);
    await Deno.writeTextFile(path, second);
    await eventually(async () => {
      const answer = await service.call("/api/tasks", { headers: { authorization: `Bearer ${second}` } });
      await answer.body?.cancel();
      return answer.status === 200;
    });
    await assertAsksFor(service, second);
    assert(!service.output.includes(token), "not printed");
  });
}

Deno.test("a token's file that cannot be used stops the start in one line", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "secret");
  const start = (env: Record<string, string>) => failToStart({ env: { CODER_TOKEN_FILE: path, ...env } });
  const missing = await start({});
  assertEquals([missing.code, missing.output.trim().split("\n").length], [1, 1]);
  assertStringIncludes(missing.output, "Cannot read CODER_TOKEN_FILE");
  await Deno.writeTextFile(path, "short");
  const short = await start({});
  assertEquals(short.code, 1);
  assertStringIncludes(short.output, "it must hold at least 16 printable characters");
  assert(!short.output.includes(`"short"`), "a secret is in no message");
  const both = await start({ CODER_TOKEN: token });
  assertStringIncludes(both.output, "CODER_TOKEN and CODER_TOKEN_FILE are both set");
});
