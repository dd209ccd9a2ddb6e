// `deno run -A tests/borders/load.ts`: what many, slow and rude clients cost the service, measured. To loopback only, bounded in
// number and time. abuse_test.ts runs the same with fewer of them and looks only at whether the promises hold.

import { deadline, delay } from "@std/async";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { head } from "./raw_http.ts";
import { scriptAgent } from "./script_agent.ts";

export interface LoadSize {
  /** Pages that only listen. */
  followers: number;
  /** Connections that never finish their request's head. */
  halfOpen: number;
  /** Requests whose body never ends, and sends a byte now and then. */
  slowBodies: number;
  /** Clients that ask for a long history and do not read it. */
  deafReaders: number;
  /** Bodies of 10 MiB without a length. */
  hugeBodies: number;
  /** Requests at most, sent by 64 clients for ten seconds at most. */
  flood: number;
}

export interface LoadFigure {
  what: string;
  /** Resident memory of the service afterwards, in MiB. */
  memoryMiB: number;
  /** Of `GET /healthz` while it goes on, in ms. */
  healthP50Ms: number;
  healthP99Ms: number;
  /** Requests a second, of a flood; or how long until every follower had the event, in ms. */
  note: string;
}

const encoder = new TextEncoder();
const floodClients = 64;
const floodMs = 10_000;
const historyLines = 4_000;

/** Applies each kind of load in turn; they add up. A task is run at the end, under all of it. Throws when one is not survived. */
export async function applyLoad(size: LoadSize, report: (figure: LoadFigure) => void): Promise<void> {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const line = JSON.stringify({ type: "assistant", message: { content: [{ type: "text", text: "x".repeat(2_000) }] } });
  const agent = await scriptAgent(
    folder.path,
    `
    case "$prompt" in *long*) yes '${line}' | head -n ${historyLines} >&3 ;; *) echo work > work.txt ;; esac
  `,
  );
  await using service = await startService({ repo: repository.path, env: agent });
  using connections = new DisposableStack();
  const measured = async (what: string, action: () => Promise<string>) => {
    const { note, times } = await whileAsking(service, action);
    report({ what, memoryMiB: await memoryMiB(service.pid), ...percentiles(times), note });
  };
  await measured("at rest", async () => {
    await service.createTask({ prompt: "A long history" });
    await service.waitForStatus(1, "completed");
    return "";
  });
  const followers: Follower[] = [];
  await measured(`${size.followers} idle followers`, async () => {
    for (let n = 0; n < size.followers; n++) followers.push(connections.use(await follow(service)));
    await Promise.all(followers.map((follower) => follower.until("event: ")));
    return "";
  });
  await measured("an event for each of them", async () => {
    const startedAt = performance.now();
    const heard = followers.map((follower) => follower.until('"id":2'));
    await service.createTask({ prompt: "Short" });
    await deadline(Promise.all(heard), 30_000);
    return `all had it within ${Math.round(performance.now() - startedAt)} ms`;
  });
  await measured(`${size.halfOpen} half-open requests`, async () => {
    for (let n = 0; n < size.halfOpen; n++) {
      const connection = connections.use(await connect(service));
      await connection.write(encoder.encode("GET /api/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "));
    }
    return "";
  });
  await measured(`${size.slowBodies} bodies that do not end`, async () => {
    for (let n = 0; n < size.slowBodies; n++) {
      const connection = connections.use(await connect(service));
      const type = "Content-Type: application/json";
      await connection.write(
        encoder.encode(head("POST /api/tasks HTTP/1.1", "Host: 127.0.0.1", type, "Content-Length: 1000") + "{"),
      );
    }
    return "";
  });
  await measured(`${size.deafReaders} clients that ask for ${historyLines} events and read none`, async () => {
    for (let n = 0; n < size.deafReaders; n++) {
      const connection = connections.use(await connect(service));
      const path = n % 2 === 0 ? "/api/tasks/1/events" : "/api/tasks/1/stream";
      await connection.write(
        encoder.encode(head(`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", "Accept: application/x-ndjson")),
      );
    }
    // Meanwhile what they asked for is read, until the pipes to them are full.
    await delay(1_000);
    return "";
  });
  await measured(`${size.hugeBodies} bodies of 10 MiB without a length`, async () => {
    for (let n = 0; n < size.hugeBodies; n++) {
      const response = await service.call("/api/tasks", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: blocks(160),
      }).catch(() => null);
      // The connection may be gone before all is sent; if there is an answer, it is this one.
      if (response && response.status !== 413) throw new Error(`A body of 10 MiB: ${response.status}`);
      await response?.body?.cancel();
    }
    return "";
  });
  await measured(`as many requests as ${floodClients} clients can send, one in ten a new task`, async () => {
    const startedAt = performance.now();
    let next = 0;
    const client = async () => {
      while (next < size.flood && performance.now() - startedAt < floodMs) {
        const number = next++;
        const isWrite = number % 10 === 0;
        const response = isWrite
          ? await service.call("/api/tasks", {
            json: { prompt: `Flood ${number}`, depends_on: [2], priority: -1 },
          })
          : await service.call(["/api/tasks", "/api/tasks/1", "/api/board", "/healthz", "/"][number % 5]!);
        await response.body?.cancel();
        if (response.status >= 400) throw new Error(`A request of the flood: ${response.status}`);
      }
    };
    await Promise.all(Array.from({ length: floodClients }, client));
    return `${Math.round(next / ((performance.now() - startedAt) / 1_000))} requests/s`;
  });
  await measured("a task under all of it", async () => {
    const { id } = await service.createTask({ prompt: "Short", priority: 1_000 });
    const startedAt = performance.now();
    await eventually(async () => (await service.task(id)).status === "completed", {
      timeoutMs: 30_000,
      what: "it is done",
    });
    return `done after ${Math.round(performance.now() - startedAt)} ms`;
  });
}

function connect(service: TestService): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(service.url).port) });
}

interface Follower extends Disposable {
  /** Resolves when that text came. */
  until(text: string): Promise<void>;
}

async function follow(service: TestService): Promise<Follower> {
  const connection = await connect(service);
  await connection.write(
    encoder.encode(head("GET /api/stream HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream")),
  );
  const waiting = new Map<string, () => void>();
  const decoder = new TextDecoder();
  let text = "";
  const look = () => {
    for (const [wanted, resolve] of waiting) {
      if (!text.includes(wanted)) continue;
      waiting.delete(wanted);
      resolve();
    }
  };
  (async () => {
    const buffer = new Uint8Array(16_384);
    for (let length; (length = await connection.read(buffer).catch(() => null)) !== null;) {
      text = (text + decoder.decode(buffer.subarray(0, length), { stream: true })).slice(-20_000);
      look();
    }
  })();
  return {
    until(wanted) {
      return new Promise((resolve) => {
        waiting.set(wanted, resolve);
        look();
      });
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

function blocks(count: number): ReadableStream<Uint8Array> {
  const block = new Uint8Array(65_536).fill(32);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent++ < count) controller.enqueue(block);
      else controller.close();
    },
  });
}

/** Asks for the health all the while, one request after another. */
async function whileAsking(
  service: TestService,
  action: () => Promise<string>,
): Promise<{ note: string; times: number[] }> {
  const times: number[] = [];
  let isDone = false;
  const asking = (async () => {
    do {
      const startedAt = performance.now();
      const response = await service.call("/healthz");
      await response.body?.cancel();
      if (response.status !== 200) throw new Error(`/healthz: ${response.status}`);
      times.push(performance.now() - startedAt);
    } while (!isDone);
  })();
  try {
    const note = await action();
    isDone = true;
    await asking;
    return { note, times };
  } finally {
    isDone = true;
    await asking.catch(() => {});
  }
}

function percentiles(times: number[]): { healthP50Ms: number; healthP99Ms: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) =>
    Math.round(10 * sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!) / 10;
  return { healthP50Ms: at(0.5), healthP99Ms: at(0.99) };
}

async function memoryMiB(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024);
}

if (import.meta.main) {
  console.log("| load | memory | /healthz p50 | p99 | |\n| --- | --- | --- | --- | --- |");
  await applyLoad(
    { followers: 1_000, halfOpen: 1_000, slowBodies: 200, deafReaders: 100, hugeBodies: 100, flood: 20_000 },
    ({ what, memoryMiB, healthP50Ms, healthP99Ms, note }) =>
      console.log(`| ${what} | ${memoryMiB} MiB | ${healthP50Ms} ms | ${healthP99Ms} ms | ${note} |`),
  );
}
