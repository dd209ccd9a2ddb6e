// A short run of the fuzzer. `deno task fuzz --runs N` for more.

import { assert, assertEquals } from "@std/assert";
import { fuzz } from "./fuzz.ts";

Deno.test("no request and no agent's line leads to a 500, a broken log or a file outside", async () => {
  const { violations, statuses, requests, tasks, events } = await fuzz({ runs: 2_000, seed: 1 });
  assertEquals(violations, []);
  assert(requests > 2_000 && tasks > 10 && events > 100, `${requests} requests, ${tasks} tasks, ${events} events`);
  for (const status of ["200", "201", "202", "400", "404", "405", "409", "415", "422"]) {
    assert(statuses[status]! > 0, `no answer was ${status}`);
  }
});
