// Many large bodies at once: together they take no more than their room, and what does not fit is told to come again.

import { assert, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { limits } from "../../routes/api/limits.ts";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir } from "../support/temp.ts";
import { head } from "./raw_http.ts";

const encoder = new TextEncoder();
/** Bodies of nearly the largest size that stay open: 380 MB if all were kept. */
const bodies = 200;
/** Less than what a body may take to arrive. */
const timeoutMs = 25_000;
const size = 1_900_000;

interface OpenBody extends Disposable {
  /** The answer's first bytes, once there is one. */
  answer: string;
}

Deno.test("bodies in flight take a room of bounded size; small ones still fit, and it is given back", async () => {
  await using service = await startService();
  const before = memoryMiB(service.pid);
  {
    using opened = new DisposableStack();
    const all = await sendBodies(service, opened);
    const refused = () => all.filter(({ answer }) => answer !== "");
    // 16 MiB, of which large ones take 6 at most; who waits is told so after a while.
    await eventually(() => refused().length >= bodies - 6 * 1_048_576 / size, {
      timeoutMs,
      what: "what does not fit is refused",
    });
    for (const { answer } of refused()) {
      assertMatch(answer, /^HTTP\/1\.1 503 /);
      assertMatch(answer, /\r\nretry-after: 5\r\n/i);
    }
    const grown = memoryMiB(service.pid) - before;
    assert(grown < 150, `${grown} MiB more`);
    await service.createTask({ prompt: "A small one", priority: -1 });
  }
  await eventually(async () => {
    const json = { prompt: "x".repeat(limits.prompt), priority: -1 };
    const answer = await service.call("/api/tasks", { json });
    await answer.body?.cancel();
    return answer.status === 201;
  }, { what: "a large body fits again" });
  assertMatch(service.output, /A request was refused: All bodies on their way may take 16 MiB together/);
  assert(!/failed|Uncaught/.test(service.output), service.output);
});

Deno.test("nobody's body is read before they are let in", async () => {
  await using folder = await tempDir();
  const token = join(folder.path, "secret");
  await Deno.writeTextFile(token, "a-secret-of-the-test-0123456789");
  await using service = await startService({ env: { CODER_TOKEN_FILE: token } });
  const before = memoryMiB(service.pid);
  for (const [path, status] of [["/api/tasks", 401], ["/healthz", 405], ["/login", 413]] as const) {
    using opened = new DisposableStack();
    const all = await sendBodies(service, opened, path);
    await eventually(() => all.every(({ answer }) => answer !== ""), {
      timeoutMs,
      what: `each has an answer from ${path}`,
    });
    for (const { answer } of all) assert(answer.startsWith(`HTTP/1.1 ${status} `), `${path}: ${answer}`);
  }
  const grown = memoryMiB(service.pid) - before;
  assert(grown < 150, `${grown} MiB more`);
});

/** Sends bodies that never end, each until it is whole but for its end, or answered. */
async function sendBodies(service: TestService, opened: DisposableStack, path = "/api/tasks"): Promise<OpenBody[]> {
  const type = path === "/login" ? "application/x-www-form-urlencoded" : "application/json";
  const start = encoder.encode(
    head(`POST ${path} HTTP/1.1`, "Host: 127.0.0.1", `Content-Type: ${type}`, `Content-Length: ${size + 1}`),
  );
  const text = new Uint8Array(size).fill(32);
  return await Promise.all(Array.from({ length: bodies }, async () => {
    const connection = opened.use(
      await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(service.url).port) }),
    );
    const body: OpenBody = { answer: "", [Symbol.dispose]: () => connection.close() };
    const answered = (async () => {
      const buffer = new Uint8Array(2_048);
      const length = await connection.read(buffer).catch(() => null);
      body.answer = length === null ? "none" : new TextDecoder().decode(buffer.subarray(0, length));
    })();
    const sent = (async () => {
      await write(connection, start);
      await write(connection, text);
    })().catch(() => answered);
    // It is sent when the service has taken it, or is answered; then what cannot be written any more is of no interest.
    await Promise.race([sent, answered]);
    return body;
  }));
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at, at + 65_536));
}

function memoryMiB(pid: number): number {
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024);
}
