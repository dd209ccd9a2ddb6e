// Several machines as far as one machine can be several: a real KV Connect server, and workers that each have a data folder, a
// clone and a way to the server of their own. The agent is the fake one of tests/chaos.

import { fromFileUrl, join } from "@std/path";
import { systemClock } from "../../core/host/system.ts";
import { denoKv } from "../../core/kv/kv.ts";
import { type Snapshot, snapshotOf } from "../chaos/invariants.ts";
import { type ServiceOptions, startService, type TestService } from "../support/service.ts";
import { eventually, git, tempDir, tempRepository } from "../support/temp.ts";
import { type Server, startServer } from "./denokv.ts";
import { type Relay, startRelay } from "./relay.ts";

export interface Cluster extends AsyncDisposable {
  server: Server;
  /** A folder of the test. */
  folder: string;
  /** A way to the server that can be disturbed; it is there for as long as the workers are. */
  relay(): Relay;
  start(name: string, options?: WorkerOptions): Promise<TestService>;
  /** All that is in the store; call it when nobody writes. */
  snapshot(): Promise<Snapshot>;
}

export interface WorkerOptions extends Pick<ServiceOptions, "under"> {
  /** Names of its repositories: each is a clone of its own of one and the same. */
  repos?: string[];
  /** How many runs at once. */
  cap?: number;
  /** Its way to the store, when it is not the server itself. */
  url?: string;
  env?: Record<string, string>;
}

export const clusterToken = "a-token-of-the-tests-1234567890";

export async function startCluster(): Promise<Cluster> {
  const stack = new AsyncDisposableStack();
  try {
    const { path: folder } = stack.use(await tempDir());
    const origin = stack.use(await tempRepository());
    const server = stack.use(await startServer({ token: clusterToken }));
    const tokenFile = join(folder, "token");
    await Deno.writeTextFile(tokenFile, clusterToken, { mode: 0o600 });
    return {
      server,
      folder,
      relay: () => stack.use(startRelay(server.port)),
      async start(name, { repos = ["repo"], cap = 2, url = server.url, under = [], env = {} } = {}) {
        const data = join(folder, name);
        await Deno.mkdir(data, { recursive: true });
        for (const repo of repos) {
          const path = join(data, repo);
          const isThere = await Deno.stat(path).then(() => true, () => false);
          if (!isThere) await git(folder, "clone", "--quiet", origin.path, path);
        }
        const service = await startService({
          data,
          under,
          repo: repos.map((repo) => `${repo}=${join(data, repo)}`).join(","),
          env: {
            CODER_KV: url,
            // From a file: a service with a token in its environment would be the child of one without.
            CODER_KV_TOKEN_FILE: tokenFile,
            CODER_WORKER: name,
            CODER_MAX_CONCURRENT: String(cap),
            CODER_CLAUDE: fromFileUrl(new URL("../chaos/agent.sh", import.meta.url)),
            DENO_NO_UPDATE_CHECK: "1",
            IS_SANDBOX: "1",
            ...env,
          },
        });
        return stack.use(service);
      },
      snapshot: () => readSnapshot(server.url),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** A task for the fake agent: what it does and its number of steps, each of some 50 ms (tests/chaos/agent.sh). */
export function fake(what: string): { prompt: string; model: string } {
  return { prompt: `[[fake:${what}]]`, model: "fake" };
}

/** The agents of a worker that are alive. */
export function agentsOf(service: TestService): Promise<number[]> {
  return processesWith(service, "agent.sh");
}

/** The processes below a service that have `text` in their arguments. */
export async function processesWith(service: TestService, text: string): Promise<number[]> {
  return (await service.descendants()).filter((pid) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(text);
    } catch {
      return false;
    }
  });
}

/** Waits until a worker's door answers from the store again. */
export function ready(service: TestService): Promise<unknown> {
  return eventually(async () => {
    const answer = await service.call("/readyz");
    await answer.body?.cancel();
    return answer.ok;
  }, { what: "the worker is ready", timeoutMs: 40_000 });
}

/** Waits until no task waits or runs. */
export function allOver(service: TestService, { timeoutMs = 60_000 } = {}): Promise<unknown> {
  return eventually(async () => {
    const { tasks } = await service.health();
    return tasks.pending + tasks.in_progress + tasks.awaiting_approval === 0;
  }, { what: "all tasks are over", timeoutMs });
}

async function readSnapshot(url: string): Promise<Snapshot> {
  const name = "DENO_KV_ACCESS_TOKEN";
  Deno.env.set(name, clusterToken);
  const opening = Deno.openKv(url);
  Deno.env.delete(name);
  const kv = denoKv(await opening, { clock: systemClock });
  try {
    return await snapshotOf(kv);
  } finally {
    kv.close();
  }
}
