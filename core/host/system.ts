// The real clock and randomness (see core/domain/ports.ts).

import { delay } from "@std/async";
import type { Clock, Random } from "../domain/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, options) => delay(ms, options),
  timer(ms, callback) {
    const id = setTimeout(callback, ms);
    return () => clearTimeout(id);
  },
};

export const systemRandom: Random = {
  uuid: () => crypto.randomUUID(),
  float: () => Math.random(),
};
