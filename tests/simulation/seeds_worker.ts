// Runs seeds on a core of its own: says each before it begins, and how it ended.

import { simulate } from "./simulation.ts";

export type FromWorker = { beginning: number } | { seed: number; hash: string; violations: string[]; trace: string[] };

self.onmessage = async ({ data: seeds }: MessageEvent<number[]>) => {
  for (const seed of seeds) {
    self.postMessage({ beginning: seed } satisfies FromWorker);
    const { hash, violations, trace } = await simulate(seed);
    const isGood = violations.length === 0;
    self.postMessage({ seed, hash, violations, trace: isGood ? [] : trace.slice(-150) } satisfies FromWorker);
  }
  self.close();
};
