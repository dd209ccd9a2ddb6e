// Slow, large, many and unfinished: what clients may do without the service going down. load.ts measures the same in earnest.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Hono } from "hono";
import { readBody } from "../../routes/guard/body.ts";
import { limits } from "../../routes/api/limits.ts";
import { startService } from "../support/service.ts";
import { applyLoad, type LoadFigure } from "./load.ts";
import { head, raw } from "./raw_http.ts";

const encoder = new TextEncoder();

Deno.test("a body in chunks is refused at its limit, one that lies about its length or stops is no 500", async () => {
  await using service = await startService();
  const start = ["POST /api/tasks HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"];
  const chunk = encoder.encode(`10000\r\n${" ".repeat(65_536)}\r\n`);
  const chunked = encoder.encode(head(...start, "Transfer-Encoding: chunked"));
  const most = Math.floor(limits.body / 65_536);
  const large = await raw(service.url, [chunked, ...Array(most + 8).fill(chunk), encoder.encode("0\r\n\r\n")]);
  assert([413, 0].includes(large.status), String(large.status));
  const announced = await raw(service.url, head(...start, `Content-Length: ${limits.body + 1}`, "Connection: close"));
  assertEquals(announced.status, 413);
  const task = encoder.encode('{"prompt": "In chunks"}');
  const good = [chunked, encoder.encode(`${task.length.toString(16)}\r\n`), task, encoder.encode("\r\n0\r\n\r\n")];
  assertEquals((await raw(service.url, good)).status, 201);
  for (
    const lines of [["Content-Length: -1"], ["Content-Length: 5", "Content-Length: 6"], [
      "Transfer-Encoding: chunked, x",
    ]]
  ) {
    const { status } = await raw(service.url, head(...start, ...lines) + "{}xxx");
    assert(status === 400 || status === 0, `${lines}: ${status}`);
  }
  // A client that leaves in the middle of its body leaves nothing behind.
  using gone = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(service.url).port) });
  await gone.write(encoder.encode(head(...start, "Content-Length: 1000") + '{"prompt"'));
  gone.close();
  assertEquals((await service.health()).tasks.pending + (await service.health()).tasks.in_progress, 1);
  assert(!/failed|Uncaught/.test(service.output), service.output);
});

Deno.test("a head of any size ends in an answer, and the next request is served", async () => {
  await using service = await startService();
  const long = (size: number) =>
    head("GET /api/tasks HTTP/1.1", "Host: 127.0.0.1", `X-Long: ${"x".repeat(size)}`, "Connection: close");
  assertEquals((await raw(service.url, long(8_000))).status, 200);
  for (const size of [100_000, 5_000_000]) {
    const { status } = await raw(service.url, long(size));
    assert([400, 413, 431, 0].includes(status), `${size}: ${status}`);
  }
  const many = Array.from({ length: 500 }, (_, n) => `X-${n}: y`);
  const { status } = await raw(
    service.url,
    head("GET /api/tasks HTTP/1.1", "Host: 127.0.0.1", ...many, "Connection: close"),
  );
  assert([200, 400, 431, 0].includes(status), String(status));
  const target = await raw(
    service.url,
    head(`GET /api/tasks?q=${"x".repeat(60_000)} HTTP/1.1`, "Host: 127.0.0.1", "Connection: close"),
  );
  assert([400, 414, 422, 0].includes(target.status), String(target.status));
  assertEquals((await service.health()).status, "ok");
});

Deno.test("a body that does not arrive in time is answered with 408", async () => {
  const app = new Hono().use(readBody({ withinMs: 50 })).post("/api/tasks", (c) => c.text("taken"));
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode('{"prompt":')),
    cancel: () => void (cancelled = true),
  });
  const headers = { "content-type": "application/json", "transfer-encoding": "chunked" };
  const response = await app.request("/api/tasks", { method: "POST", headers, body });
  assertEquals(response.status, 408);
  assertStringIncludes(await response.text(), "did not arrive within");
  assert(cancelled, "the rest is not waited for");
});

Deno.test("followers, half-open, endless, deaf and hasty clients: memory stays bounded, the API answers, tasks run", async () => {
  const figures: LoadFigure[] = [];
  const size = { followers: 150, halfOpen: 150, slowBodies: 50, deafReaders: 10, hugeBodies: 10, flood: 600 };
  await applyLoad(size, (figure) => figures.push(figure));
  assertEquals(figures.length, 9);
  const [rest] = figures;
  for (const { what, memoryMiB } of figures) {
    assert(memoryMiB < rest!.memoryMiB + 400, `${what}: ${memoryMiB} MiB, at rest ${rest!.memoryMiB}`);
  }
});
