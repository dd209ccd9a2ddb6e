// More than a thousand seeds of the simulation. What must hold is in oracle.ts (always) and check_store.ts (in the end).

import { assertEquals, assertNotEquals } from "@std/assert";
import type { FromWorker } from "./seeds_worker.ts";
import { simulate } from "./simulation.ts";

const seedsInAll = 1_200;
const seedsPerTest = 300;
/** A seed takes 0.1 s; one that never comes to rest does not stop the others from being named. */
const hangsMs = 120_000;
const cores = Math.min(4, navigator.hardwareConcurrency);

for (let first = 1; first <= seedsInAll; first += seedsPerTest) {
  const seeds = Array.from({ length: seedsPerTest }, (_, n) => first + n);
  Deno.test(`Whatever fails, every promise holds: seeds ${first} to ${first + seedsPerTest - 1}`, async () => {
    const broken = await Promise.all(Array.from({ length: cores }, (_, core) => {
      return run(seeds.filter((_, at) => at % cores === core));
    }));
    assertEquals(broken.flat(), []);
  });
}

/** The seeds that broke a promise, each with what it broke; the first with the end of its trace. */
function run(seeds: number[]): Promise<string[]> {
  const worker = new Worker(import.meta.resolve("./seeds_worker.ts"), { type: "module" });
  const broken: string[] = [];
  let left = seeds.length;
  let at = 0;
  let watch: ReturnType<typeof setTimeout>;
  return new Promise<string[]>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      clearTimeout(watch);
      if ("beginning" in data) {
        at = data.beginning;
        watch = setTimeout(
          () => resolve([...broken, `seed ${at}: does not end (deno task simulate --seed ${at})`]),
          hangsMs,
        );
        return;
      }
      if (data.violations.length > 0) {
        if (broken.length === 0) console.error(data.trace.join("\n"));
        broken.push(`seed ${data.seed}: ${data.violations[0]} (deno task simulate --seed ${data.seed})`);
      }
      if (--left === 0) resolve(broken);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      resolve([...broken, `seed ${at}: ${event.message}`]);
    };
    worker.postMessage(seeds);
  }).finally(() => {
    clearTimeout(watch);
    worker.terminate();
  });
}

Deno.test("simulate() plays the same seed the same way, and another one otherwise", async () => {
  for (const seed of [3, 71, 104, 388]) {
    const [once, again, other] = [await simulate(seed), await simulate(seed), await simulate(seed + 1)];
    assertEquals(again.trace, once.trace);
    assertEquals([again.hash, again.picks, again.virtualMs], [once.hash, once.picks, once.virtualMs]);
    assertNotEquals(other.hash, once.hash);
  }
});
