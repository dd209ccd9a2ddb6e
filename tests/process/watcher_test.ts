// What outlives a service that is ended hard or stopped, and ends what that has started: nothing else, and itself.

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { processTable } from "../../core/process/process_table.ts";
import { eventually, tempDir } from "../support/temp.ts";
import { watcherOf } from "../support/watcher.ts";
import { alive, isAlive } from "./world.ts";

/** Stands for a service: it is watched over, says what it is told to, and runs two programs that do not mind a TERM. */
const source = (module: string) => JSON.stringify(import.meta.resolve(`../../core/process/${module}.ts`));
const service = `
import { spawnContained } from ${source("containment")};
import { watchOver } from ${source("watcher")};
const watcher = await watchOver({ limitMs: 1500, warn: (message) => console.error(message) });
const script = \`trap '' TERM; echo $$; env -i setsid -f sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done'
  while :; do sleep 0.05; done\`;
async function agent() {
  const child = await spawnContained("sh", { args: ["-c", script], cwd: "/", env: {}, stdin: "null" });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\\n").length < 3) text += (await reader.read()).value;
  void child.status.then(({ signal }) => console.log("ended " + signal));
  console.log(text.trim().split("\\n").join(" "));
}
await agent();
const words = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const word of words) {
  if (word === "beat") watcher.beat(0);
  if (word === "agent") await agent();
  console.log("done " + word);
}
`;

interface Played extends AsyncDisposable {
  child: Deno.ChildProcess;
  /** Its agent and what that has left. */
  agents: number[];
  watcher: number;
  tell(word: "beat" | "agent"): Promise<void>;
  /** The next line it prints. */
  line(): Promise<string>;
}

async function play(): Promise<Played> {
  const folder = await tempDir();
  const file = join(folder.path, "service.ts");
  await Deno.writeTextFile(file, service);
  const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-lock", "--no-check", "--config", config, file],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = linesOf(child.stdout);
  const line = async () => (await lines.next()).value ?? "";
  const agents = (await line()).split(" ").map(Number);
  const watcher = await eventually(() => watcherOf(child.pid), { what: "it is watched over" });
  return {
    child,
    agents,
    watcher,
    line,
    async tell(word) {
      await writer.write(new TextEncoder().encode(word));
    },
    async [Symbol.asyncDispose]() {
      for (const pid of [child.pid, ...agents]) signal(pid, "SIGKILL");
      await child.status;
      await writer.abort().catch(() => {});
      await lines.return(undefined);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch { /* it has ended */ }
}

const gone = (pids: number[]) =>
  eventually(async () => (await alive(pids)).length === 0, { what: `${pids} are gone`, timeoutMs: 20_000 });

Deno.test("a killed service's programs end without it, those of another one and nothing else live on", async () => {
  await using first = await play();
  await using second = await play();
  first.child.kill("SIGKILL");
  await gone([...first.agents, first.watcher]);
  assertEquals(await alive([...second.agents, second.watcher]), [...second.agents, second.watcher]);
});

Deno.test("a service that ends softly leaves no watcher, and no signal to its group or at its terminal ends that", async () => {
  await using played = await play();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) signal(played.watcher, name);
  const { group } = (await processTable()).find(({ pid }) => pid === played.watcher)!;
  assertEquals(group, played.watcher);
  await played.tell("beat");
  assertEquals(await played.line(), "done beat");
  assert(await isAlive(played.watcher));
  for (const pid of played.agents) signal(pid, "SIGKILL");
  assertEquals(await played.line(), "ended SIGKILL");
  await played[Symbol.asyncDispose]();
  await gone([played.watcher]);
});

Deno.test("the programs of a stopped service end once it is silent for too long, and what it starts later lives", async () => {
  await using played = await play();
  await played.tell("beat");
  assertEquals(await played.line(), "done beat");
  played.child.kill("SIGSTOP");
  const stoppedAt = performance.now();
  await gone(played.agents);
  assert(performance.now() - stoppedAt > 1_000, "it had time left");
  assertEquals(await alive([played.child.pid, played.watcher]), [played.child.pid, played.watcher]);

  played.child.kill("SIGCONT");
  assertEquals(await played.line(), "ended SIGKILL");
  // As a service does: it starts nothing before it has beaten again.
  await played.tell("beat");
  assertEquals(await played.line(), "done beat");
  await played.tell("agent");
  const next = (await played.line()).split(" ").map(Number);
  played.agents.push(...next);
  assertEquals(await played.line(), "done agent");
  assertEquals(await alive(next), next);
  // And then it is again.
  await gone(next);
});
