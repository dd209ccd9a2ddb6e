import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { eventually, git, sseReader, tempDir, tempRepository } from "./temp.ts";

Deno.test("tempDir() is gone with everything in it when its scope ends", async () => {
  let path: string;
  {
    await using folder = await tempDir();
    path = folder.path;
    await Deno.mkdir(join(path, "a/b"), { recursive: true });
  }
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("tempRepository() is a clean repository with one commit on main", async () => {
  await using repository = await tempRepository();
  assertEquals(await repository.git("status", "--porcelain"), "");
  assertEquals(await repository.git("branch", "--show-current"), "main");
  assertEquals(await repository.git("log", "--format=%an <%ae> %s"), "Test <test@example.com> First commit");
});

Deno.test("git() throws with what git said", async () => {
  await using repository = await tempRepository();
  await assertRejects(() => git(repository.path, "switch", "nowhere"), Error, "invalid reference: nowhere");
});

Deno.test("eventually() returns the first truthy answer", async () => {
  let asked = 0;
  assertEquals(await eventually(() => ++asked === 3 && asked), 3);
});

Deno.test("eventually() names what did not happen, and its last error", async () => {
  const error = await assertRejects(
    () => eventually(() => Promise.reject(new Error("not yet")), { timeoutMs: 20, what: "the sky falls" }),
    Error,
    "Not true after 20 ms: the sky falls",
  );
  assertEquals((error.cause as Error).message, "not yet");
});

Deno.test("sseReader() reads events across any split of the bytes", async () => {
  const text =
    "retry: 10\r\n: hello\r\n\r\nid: 7\nevent: task\ndata: é1\ndata:2\n\nid: 8\r\rdata\r\ndata: 3\r\n\r\ndata: cut off";
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, n) => bytes.slice(n * size, (n + 1) * size),
    );
    const frames = await Array.fromAsync(sseReader(new Response(ReadableStream.from(chunks))));
    assertEquals(frames, [
      { id: "7", event: "task", data: "é1\n2" },
      { id: "8", event: "message", data: "\n3" },
    ], `in chunks of ${size}`);
  }
});

Deno.test("sseReader() gives an event as soon as it is whole, and close() ends the connection", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\ndata: 2")),
    cancel: () => void (cancelled = true),
  });
  const reader = sseReader(new Response(body));
  assertEquals((await reader.next()).value?.data, "1");
  const pending = reader.next();
  await reader.close();
  assertEquals((await pending).done, true);
  assert(cancelled);
});

Deno.test("sseReader() does not wait for ever", async () => {
  const reader = sseReader(new Response(new ReadableStream()), { timeoutMs: 20 });
  await assertRejects(() => reader.next(), DOMException);
});
