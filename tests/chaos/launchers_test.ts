// The service under the programs that people start it with. A Ctrl-C reaches the whole group, and through `deno task` twice;
// npx passes no TERM on. Either way it stops softly and nothing is left.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline, delay } from "@std/async";
import { fromFileUrl, join } from "@std/path";
import { agentProgram } from "../support/agent_program.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { signal } from "./processes.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));

const npx = await new Deno.Command("npx", { args: ["--version"], stdin: "null", stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);

const program = `#!/bin/bash
if [ "$1" = --version ]; then echo "0.0.0-fake (a fake agent of the tests)"; exit; fi
if [ "$1" = --help ]; then exit; fi
read -r message
printf '{"type":"system","subtype":"init","session_id":"s","model":"fake","claude_code_version":"fake"}\\n'
setsid sleep 3001 &
sleep 3002
`;

interface Launched extends AsyncDisposable {
  /** The launcher, which leads its process group. */
  pid: number;
  /** Its end. */
  code: Promise<number>;
  output(): string;
  /** Processes of this world, the launcher not among them. */
  others(): number[];
}

/** Starts the service by its launcher, with one task running. */
async function launch(command: string[]): Promise<Launched> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir());
  const repository = stack.use(await tempRepository());
  const agent = await agentProgram(folder.path, program);
  const world = crypto.randomUUID();
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !/^(CODER_|GIT_)/.test(name));
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    cwd: root,
    clearEnv: true,
    env: {
      ...Object.fromEntries(own),
      CODER_DATA: join(folder.path, "data"),
      CODER_PORT: "0",
      CODER_REPO: repository.path,
      ...agent,
      NO_COLOR: "1",
      LAUNCHERS_WORLD: world,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  let text = "";
  const reading = [child.stdout, child.stderr].map(async (pipe) => {
    for await (const part of pipe.pipeThrough(new TextDecoderStream())) text += part;
  });
  const others = () =>
    Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter((pid) => {
      if (!(pid > 0) || pid === child.pid) return false;
      try {
        return Deno.readTextFileSync(`/proc/${pid}/environ`).includes(world);
      } catch {
        return false;
      }
    });
  stack.defer(async () => {
    for (const pid of [child.pid, ...others()]) signal(pid, "SIGKILL");
    await child.status;
    await Promise.all(reading);
  });
  const url = await eventually(() => /Open +(http\S+)/.exec(text)?.[1], { timeoutMs: 60_000, what: "it is ready" });
  const created = await fetch(`${url}/api/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "Sleep" }),
  });
  assertEquals(created.status, 201, await created.text());
  await eventually(async () => (await (await fetch(`${url}/api/tasks/1`)).json()).session_id, {
    what: "the agent runs",
  });
  return {
    pid: child.pid,
    code: child.status.then(({ code }) => code),
    output: () => text,
    others,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function assertGone(launched: Launched): Promise<void> {
  await eventually(() => launched.others().length === 0, {
    timeoutMs: 20_000,
    what: "nothing is left",
  });
  assertMatch(launched.output(), /Stopping: agents are ended/);
  assert(!/Could not stop/.test(launched.output()), launched.output());
}

const launchers = ["dev", "start"].flatMap((task) => [
  [Deno.execPath(), "task", task],
  ...(npx ? [["npx", "--yes", `deno@${Deno.version.deno}`, "task", task]] : []),
]);
const names = `deno task${npx ? " and npx" : ""}, dev and start`;
const ignore = Deno.build.os !== "linux";

Deno.test({
  name: `a Ctrl-C under ${names} stops the service softly`,
  ignore,
  async fn() {
    await Promise.all(
      launchers.map(async (command) => {
        await using launched = await launch(command);
        // What a terminal does, and once more, as `deno task` passes it on.
        signal(-launched.pid, "SIGINT");
        await delay(1);
        signal(-launched.pid, "SIGINT");
        const code = await deadline(launched.code, 20_000);
        await assertGone(launched);
        if (command[0] === Deno.execPath()) assertEquals(code, 0);
      }),
    );
  },
});

Deno.test({
  name: `a TERM to ${names} alone stops the service softly`,
  ignore,
  async fn() {
    await Promise.all(
      launchers.map(async (command) => {
        await using launched = await launch(command);
        signal(launched.pid, "SIGTERM");
        await deadline(launched.code, 20_000);
        await assertGone(launched);
      }),
    );
  },
});
