// More connections than there are descriptors: the listener goes on, and agents have what they need.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { head } from "./raw_http.ts";
import { scriptAgent } from "./script_agent.ts";

const encoder = new TextEncoder();

for (const limited of [false, true]) {
  Deno.test(`1,200 idle connections at 1,024 open files, ${limited ? "with limited permissions" : "as in development"}`, async () => {
    await using folder = await tempDir();
    await using repository = await tempRepository();
    const agent = await scriptAgent(folder.path, "echo work > work.txt");
    await using service = await startService({
      limited,
      repo: repository.path,
      env: agent,
      under: ["prlimit", "--nofile=1024:1024"],
    });
    using opened = new DisposableStack();
    const follower = opened.use(await connect(service));
    await follower.write(
      encoder.encode(head("GET /api/stream HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream")),
    );
    await readUntil(follower, "event: ");
    const starts = ["", "GET /", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "];
    for (let n = 0; n < 1_200; n++) {
      const connection = opened.use(await connect(service));
      // A client may be gone before it can write.
      await connection.write(encoder.encode(starts[n % 3]!)).catch(() => {});
    }
    assertEquals((await service.health()).status, "ok");
    const { id } = await service.createTask({ prompt: "Work" });
    await service.waitForStatus(id, "completed");
    assertStringIncludes(await (await service.call(`/api/tasks/${id}/diff`)).text(), "work.txt");
    // Who is at work is not put out for those who are not.
    await readUntil(follower, `"completed"`);
    assert(!/Too many open files|Uncaught|Cannot take/.test(service.output), service.output);
  });
}

Deno.test("1,500 bodies that do not come at 1,024 open files: the service answers, a task runs, the log says what was closed", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const agent = await scriptAgent(folder.path, "echo work > work.txt");
  await using service = await startService({
    repo: repository.path,
    env: agent,
    under: ["prlimit", "--nofile=1024:1024"],
  });
  using opened = new DisposableStack();
  const type = "Content-Type: application/json";
  const start = (size: number) => head("POST /api/tasks HTTP/1.1", "Host: 127.0.0.1", type, `Content-Length: ${size}`);
  for (let n = 0; n < 1_500; n++) {
    const connection = opened.use(await connect(service));
    await connection.write(encoder.encode(`${start(n % 10 === 0 ? 1_900_000 : 1_000)}{`)).catch(() => {});
  }
  assertEquals((await service.health()).status, "ok");
  const { id } = await service.createTask({ prompt: "Work" });
  await service.waitForStatus(id, "completed");
  assertMatch(service.output, /All 640 connections are in use: one that sends its body slowly is closed for a new one/);
  assert(!/Too many open files|Uncaught|Cannot take/.test(service.output), service.output);
});

function connect(service: TestService): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(service.url).port) });
}

async function readUntil(connection: Deno.Conn, wanted: string): Promise<void> {
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  let text = "";
  await eventually(async () => {
    const length = await connection.read(buffer);
    if (length === null) throw new Error("The connection ended");
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
    return text.includes(wanted);
  }, { what: wanted });
}
