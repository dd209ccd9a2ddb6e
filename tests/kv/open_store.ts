// A process of its own that opens the store at the path it is given and holds it until it is killed. For store_test.ts.

import { openStore } from "../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";

try {
  const store = await openStore(Deno.args[0]!, { clock: systemClock, random: systemRandom });
  console.log(`open ${store.id}`);
  setInterval(() => {}, 1_000_000);
} catch (error) {
  console.log(`refused ${(error as Error).message}`);
}
