// What a hostile agent tries is held, attempt by attempt, at both levels; where nothing confines it the same succeeds, so that it
// is known to be a real attempt.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sandboxTest } from "../../support/sandbox.ts";
import { confinedLevels } from "./world.ts";
import { type Attempted, attempted } from "./hostile_agent.ts";

/** Each is a step of its own. */
async function assertHeld(context: Deno.TestContext, { outcomes }: Attempted, isOpen = (_: string) => false) {
  for (const [name, { succeeded, words }] of Object.entries(outcomes)) {
    await context.step(name, () => assertEquals(succeeded, isOpen(name), words));
  }
}

function failuresOf({ outcomes }: Attempted): string[] {
  return Object.entries(outcomes).filter(([, { succeeded }]) => !succeeded).map(([name]) => name).sort();
}

for (const level of confinedLevels) {
  sandboxTest(`${level}: what is secret is not read, and what is others' is not written`, async (context) => {
    await assertHeld(context, await attempted(level, "files"));
  });

  sandboxTest(`${level}: the processes of the service and of the host are out of reach`, async (context) => {
    await assertHeld(context, await attempted(level, "processes"));
  });

  sandboxTest(`${level}: the API is reached by no name of this machine, nor is a UNIX socket`, async (context) => {
    const tried = await attempted(level, "api");
    await assertHeld(context, tried);
    assertEquals(tried.reached, 0);
    assert(Object.keys(tried.outcomes).length > 100);
  });

  sandboxTest(`${level}: the gateway to the Messages API is open, and leads nowhere else`, async (context) => {
    const tried = await attempted(level, "gateway");
    await assertHeld(context, tried, (name) => name.startsWith("reach the gateway"));
    assert(tried.reached > 0);
  });

  sandboxTest(`${level}: no name server is asked, and no private or metadata address is reached`, async (context) => {
    const tried = await attempted(level, "names");
    await assertHeld(context, tried);
    assertEquals(tried.asked, 0);
    const direct = Object.entries(tried.outcomes).filter(([name]) => !name.includes("the proxy"));
    // Nothing is waited for: there is no network to lose a packet in.
    for (const [name, { ms }] of direct) assert(ms < 2_000, `${name}: ${ms} ms`);
    for (const [name, { words }] of Object.entries(tried.outcomes)) {
      if (!name.includes("the proxy")) continue;
      // By the answer of the proxy, which asks a name server for those only that it would let through.
      if (level === "full") assertMatch(words, /403 host is not on the allow list/, name);
      else if (/[\d\]] through/.test(name)) assertMatch(words, /403 user denied/, name);
    }
  });
}

sandboxTest("off: all of it succeeds but for what there is nothing of", async () => {
  assertEquals(failuresOf(await attempted("off", "files")), []);
  assertEquals(failuresOf(await attempted("off", "processes")), []);
  const names = await attempted("off", "names");
  assert(names.outcomes["ask a name server on loopback by UDP"]!.succeeded);
  assert(names.asked > 0);
  const gateway = await attempted("off", "gateway");
  assert(gateway.outcomes["reach the API by a redirect of the gateway"]!.succeeded);
  const { outcomes, reached } = await attempted("off", "api");
  const others = ["reach the API by fetch()", "give a command by fetch()", "reach a UNIX socket of the host"];
  for (
    const name of [
      ...others,
      ...["127.0.0.1", "localhost", "0.0.0.0", "127.1", "[::1]"].map((host) => `reach ${host} itself`),
    ]
  ) {
    assert(outcomes[name]!.succeeded, `${name}: ${outcomes[name]!.words}`);
  }
  assert(reached > 0);
});
