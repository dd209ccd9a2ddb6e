import { assertEquals } from "@std/assert";
import { sandboxTest } from "../../support/sandbox.ts";
import { eventually } from "../../support/temp.ts";
import { openedWorld } from "./world.ts";

sandboxTest("a port that is served leads to what listens inside, and is closed with the sandbox", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const world = await openedWorld({ ports: [port] });
  try {
    const answer = "printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello'";
    const args = [`TCP4-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`, `SYSTEM:"${answer.replaceAll("\\", "\\\\")}"`];
    const child = await world.sandbox.spawn("socat", { args, cwd: world.work, env: {}, stdin: "null" });
    const text = await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
      return response && await response.text().catch(() => null);
    }, { what: "the server inside answers" });
    assertEquals(text, "hello");
    await world.sandbox.end({ graceMs: 1_000 });
    await child.output();
    assertEquals(await Deno.connect({ port }).then(() => "open", () => "closed"), "closed");
  } finally {
    await world[Symbol.asyncDispose]();
  }
});
