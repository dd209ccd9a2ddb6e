// The whole service as its users start it: main.ts in a process of its own, with a data folder and a port of its own, spoken
// to by HTTP only. Waiting is done by following a task's stream, never by asking again and again.

import { deadline } from "@std/async";
import { fromFileUrl, join } from "@std/path";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask, type Task } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { Health } from "../../core/engine/service/service.ts";
import { v8Flags } from "../../core/host/launcher.ts";
import { eventually, sseReader, tempDir } from "./temp.ts";

export interface ServiceOptions {
  /** `CODER_REPO`; without it the service makes its demo repository. */
  repo?: string;
  /** The data folder; by default one that goes away with the service. Pass one to start twice on it. */
  data?: string;
  /** Added to this process's environment, which is passed on without its `CODER_*`. `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Its working folder, where it looks for `.env`; by default the data folder. */
  cwd?: string;
  /** A command that starts it, such as `unshare`; then `pid` is that command's. */
  under?: string[];
  /** As `deno task start` runs it: by the launcher, with limited permissions. Then `pid` is the launcher's. */
  limited?: boolean;
}

export interface TestService extends AsyncDisposable {
  /** `http://127.0.0.1:{port}`; `nowhere` with CODER_PORT=off. */
  readonly url: string;
  readonly pid: number;
  readonly data: string;
  /** What it wrote to stdout and stderr so far. */
  readonly output: string;
  /** A request to a path of it. A `json` is sent as the body; without a method that means POST. */
  call(path: string, options?: RequestInit & { json?: unknown }): Promise<Response>;
  createTask(task: Partial<TaskSpec> & { prompt: string }, headers?: Record<string, string>): Promise<TaskView>;
  task(id: number): Promise<TaskView>;
  /** POSTs to `/api/tasks/{id}/{path}`; throws unless the answer is 202. */
  command(id: number, path: string, json?: unknown): Promise<TaskView>;
  events(id: number): Promise<TaskEvent[]>;
  health(): Promise<Health>;
  /**
   * Follows the task's stream from its first event until `fits` answers with something truthy, asked after each event with
   * the fold so far, that event and all of them. Then the task as the API shows it. Throws with the history when the task
   * ends without it.
   */
  waitFor(id: number, fits: (task: Task, event: TaskEvent, events: TaskEvent[]) => unknown): Promise<TaskView>;
  /** `waitFor` a status, but not one that the task had before event `after`. */
  waitForStatus(id: number, status: TaskView["status"], after?: number): Promise<TaskView>;
  /**
   * Pids of everything it started that is alive, also what left its process group or lost its parent; but for a git of its
   * own, which it may ask at any time: that one has no run's mark (where /proc says so).
   */
  descendants(): Promise<number[]>;
  /** SIGTERM; its exit code. */
  stop(): Promise<number>;
  /** SIGKILL; resolves when it is gone. What it started lives on. */
  kill(): Promise<void>;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 25_000;
const waitTimeoutMs = 60_000;

/** Every process of a service carries this variable, with a value of its own. */
const worldVariable = "PERSONAL_CODER_TEST_WORLD";

/** Starts the service and waits until it printed where it listens. Throws with its output when it ends before. */
export async function startService(options: ServiceOptions = {}): Promise<TestService> {
  const started = await launch(options);
  const { child, end, texts } = started;
  try {
    const url = await deadline(Promise.race([texts.url, end.then(() => null)]), startTimeoutMs);
    if (url === null) throw new Error(`The service ended with ${(await end).code}:\n${texts.all()}`);
    return runningService(started, url);
  } catch (error) {
    killHard(child);
    await started.cleanUp();
    throw error;
  }
}

/** Starts the service where it cannot start: its exit code and what it said. Throws when it starts nevertheless. */
export async function failToStart(options: ServiceOptions = {}): Promise<{ code: number; output: string }> {
  const { child, end, texts, cleanUp } = await launch(options);
  try {
    const first = await deadline(Promise.race([end, texts.url]), startTimeoutMs);
    if (typeof first === "string") throw new Error(`The service started:\n${texts.all()}`);
    await texts.done;
    return { code: first.code, output: texts.all() };
  } finally {
    killHard(child);
    await cleanUp();
  }
}

interface Started {
  child: Deno.ChildProcess;
  end: Promise<Deno.CommandStatus>;
  texts: ReturnType<typeof readOutput>;
  data: string;
  world: string;
  cleanUp(): Promise<void>;
}

async function launch({ repo, data, env = {}, cwd, under = [], limited = false }: ServiceOptions): Promise<Started> {
  const stack = new AsyncDisposableStack();
  const folder = data ?? stack.use(await tempDir()).path;
  const world = crypto.randomUUID();
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !/^(CODER_|DENO_KV_|GIT_|IS_SANDBOX$)/.test(name));
  const all = {
    ...Object.fromEntries(own),
    CODER_DATA: join(folder, "data"),
    CODER_PORT: "0",
    // What is about sandboxes says so.
    CODER_SANDBOX: Deno.env.get("TEST_SANDBOX") ?? "off",
    ...(repo === undefined ? {} : { CODER_REPO: repo }),
    NO_COLOR: "1",
    [worldVariable]: world,
    ...env,
  };
  const deno = [Deno.execPath(), "run", "--quiet", ...v8Flags, "-A", "--config", fromRoot("deno.json")];
  const [program, ...args] = [...under, ...deno, fromRoot(limited ? "core/host/launcher.ts" : "main.ts")] as [string];
  const child = new Deno.Command(program, {
    args,
    cwd: cwd ?? folder,
    clearEnv: true,
    env: Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const texts = readOutput(child);
  return {
    child,
    end: child.status,
    texts,
    data: join(folder, "data"),
    world,
    async cleanUp() {
      await child.status;
      // What it left running would keep its pipes open, and write to folders that are about to go.
      await eventually(async () => {
        const left = await processesOf(world);
        for (const pid of left) killPid(pid);
        return left.length === 0;
      }, { what: "the processes of the service are gone" });
      await texts.done;
      await stack.disposeAsync();
    },
  };
}

function fromRoot(path: string): string {
  return fromFileUrl(new URL(`../../${path}`, import.meta.url));
}

/** Collects both pipes; `url` resolves with the address that it prints. */
function readOutput(child: Deno.ChildProcess) {
  const found = Promise.withResolvers<string>();
  let text = "";
  async function read(stream: Deno.ChildProcess["stdout"]): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const url = /^ +Open +(http\S+|nowhere)/m.exec(text)?.[1];
      // The announcement ends with an empty line.
      if (url && (url === "nowhere" || /\/stream.*\n\n/.test(text))) found.resolve(url);
      // With CODER_LOG=json it is a line like any other.
      const named = /"message":"Open: (http[^"\s]+)"/.exec(text)?.[1];
      if (named) found.resolve(named);
    }
  }
  return { url: found.promise, done: Promise.all([read(child.stdout), read(child.stderr)]), all: () => text };
}

function runningService({ child, end, texts, data, world, cleanUp }: Started, url: string): TestService {
  let hasEnded = false;
  void end.then(() => hasEnded = true);

  function call(path: string, { json, ...init }: RequestInit & { json?: unknown } = {}): Promise<Response> {
    if (json === undefined) return fetch(`${url}${path}`, init);
    const headers = new Headers(init.headers);
    headers.set("content-type", "application/json");
    return fetch(`${url}${path}`, { method: "POST", ...init, headers, body: JSON.stringify(json) });
  }

  async function get<T>(path: string): Promise<T> {
    const response = await call(path);
    if (response.ok) return await response.json();
    throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  }

  const task = (id: number) => get<TaskView>(`/api/tasks/${id}`);

  async function follow(id: number, fits: Parameters<TestService["waitFor"]>[1]): Promise<void> {
    await using stream = sseReader(await call(`/api/tasks/${id}/stream`), { timeoutMs: waitTimeoutMs });
    let folded = emptyTask(id);
    const events: TaskEvent[] = [];
    let cause: unknown;
    try {
      for await (const { event, data } of stream) {
        if (event === "end") break;
        const next: TaskEvent = JSON.parse(data);
        folded = evolve(folded, next);
        events.push(next);
        if (fits(folded, next, events)) return;
      }
    } catch (error) {
      cause = error;
    }
    const history = events.map(({ seq, type, data }) => `${seq} ${type} ${JSON.stringify(data).slice(0, 300)}`);
    const why = cause === undefined ? "its stream ended" : String(cause);
    throw new Error(`Waited in vain for task ${id}: ${why}\n${history.join("\n")}\n\n${texts.all()}`, { cause });
  }

  const service: TestService = {
    url,
    pid: child.pid,
    data,
    get output() {
      return texts.all();
    },
    call,
    async createTask(spec, headers) {
      const response = await call("/api/tasks", { json: spec, headers });
      if (response.ok) return await response.json();
      throw new Error(`POST /api/tasks: ${response.status} ${await response.text()}`);
    },
    task,
    async command(id, path, json) {
      const response = await call(`/api/tasks/${id}/${path}`, { method: "POST", json });
      if (response.status === 202) return await response.json();
      throw new Error(`${path} of task ${id}: ${response.status} ${await response.text()}`);
    },
    async events(id) {
      const response = await call(`/api/tasks/${id}/events`, { headers: { accept: "application/x-ndjson" } });
      return (await response.text()).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    },
    health: () => get("/healthz"),
    async waitFor(id, fits) {
      await follow(id, fits);
      return await task(id);
    },
    waitForStatus: (id, status, after = 0) =>
      service.waitFor(id, (folded) => folded.seq > after && folded.status === status),
    descendants: async () => (await processesOf(world)).filter((pid) => pid !== child.pid && !isServiceGit(pid)),
    async stop() {
      if (!hasEnded) child.kill("SIGTERM");
      return (await deadline(end, stopTimeoutMs)).code;
    },
    async kill() {
      killHard(child);
      await end;
    },
    async [Symbol.asyncDispose]() {
      try {
        await service.stop();
      } catch {
        killHard(child);
      }
      await cleanUp();
    },
  };
  return service;
}

function killHard(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch { /* it has ended */ }
}

function killPid(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch { /* it has ended */ }
}

/** True also for one that has ended meanwhile. */
function isServiceGit(pid: number): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const [program, environment] = ["comm", "environ"].map((file) => Deno.readTextFileSync(`/proc/${pid}/${file}`));
    return program!.startsWith("git") && !environment!.includes("PERSONAL_RUN_");
  } catch {
    return true;
  }
}

/** The living processes whose environment carries this world's variable. */
async function processesOf(world: string): Promise<number[]> {
  const wanted = `${worldVariable}=${world}`;
  if (Deno.build.os !== "linux") {
    const { stdout } = await new Deno.Command("ps", { args: ["axeww", "-o", "pid=,command="], stdin: "null" }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(wanted)).map(parseFloat);
  }
  const pids: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Deno.readTextFileSync(`/proc/${name}/environ`).includes(wanted)) pids.push(Number(name));
    } catch { /* it has ended, or is somebody else's */ }
  }
  return pids;
}
