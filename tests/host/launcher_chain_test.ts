import { assertEquals } from "@std/assert";
import { deadline, delay } from "@std/async";
import { breakFound, chainBreaks, type Link } from "../../core/host/launcher_chain.ts";

/** A program and the `sh` that started it, as if they were a service and its launcher. */
async function started(): Promise<{ chain: Link[]; end(): Promise<void> }> {
  const above = new Deno.Command("sh", { args: ["-c", "sleep 60 & echo $!; wait"], stdout: "piped" }).spawn();
  const reader = above.stdout.getReader();
  const own = parseInt(new TextDecoder().decode((await reader.read()).value));
  return {
    chain: [{ pid: own, parent: above.pid }, { pid: above.pid, parent: Deno.pid }],
    async end() {
      above.kill("SIGKILL");
      await above.status;
      Deno.kill(own, "SIGKILL");
      await reader.cancel();
    },
  };
}

for (const [name, seen] of [["chainBreaks", chainBreaks], ["breakFound", breakFound]] as const) {
  Deno.test({
    name: `${name}() resolves when a launcher is gone, and not before`,
    ignore: Deno.build.os !== "linux",
    // Where the kernel is waited for, its library stays loaded.
    sanitizeResources: false,
    async fn() {
      const { chain, end } = await started();
      let isBroken = false;
      const broken = seen(chain).then(() => isBroken = true);
      await delay(1_200);
      assertEquals(isBroken, false);
      await end();
      await deadline(broken, 5_000);
    },
  });
}

Deno.test({
  name: "on Linux nothing looks at the chain again and again",
  ignore: Deno.build.os !== "linux",
  sanitizeResources: false,
  async fn() {
    const { chain: [own, above], end } = await started();
    let isBroken = false;
    // A look would find that this is not its parent.
    const broken = chainBreaks([{ ...own!, parent: 1 }, above!]).then(() => isBroken = true);
    await delay(100);
    assertEquals(isBroken, false);
    await end();
    await deadline(broken, 5_000);
  },
});

Deno.test("a process without launchers above misses none", async () => {
  const own = { pid: Deno.pid, parent: Deno.ppid };
  const first = await Promise.race([chainBreaks([own]).then(() => "broken"), delay(50).then(() => "whole")]);
  assertEquals(first, "whole");
});
