// A short run of what `deno task chaos` does for long. The seed of the rounds changes with each run and is printed when a
// promise breaks; both parts mostly wait, so they share their time.

import { assertEquals } from "@std/assert";
import { chaos } from "./chaos.ts";
import { takeover } from "./takeover.ts";

const seed = Math.floor(Math.random() * 1_000_000);

Deno.test("kills and stops at random moments break no promise, and a service that slept past its lease writes nothing", async () => {
  const said: string[] = [];
  const [rounds, lease] = await Promise.all([
    chaos({ seed, rounds: 3, withinMs: 15_000, tasksPerRound: 6, say: (line) => said.push(line) }),
    takeover({ seed }),
  ]);
  assertEquals(rounds.violations, [], `deno task chaos --seed ${seed} --tasks 6\n${said.join("\n")}`);
  assertEquals(lease.violations, [], lease.output);
});
