// The guards that `deno task mutate` takes out, by the rooms that they are in.

import { domainMutants } from "./domain.ts";
import { engineMutants } from "./engine.ts";
import { gitMutants } from "./git.ts";
import { islandsMutants } from "./islands.ts";
import { kvMutants } from "./kv.ts";
import type { Mutant } from "./mutant.ts";
import { processMutants } from "./process.ts";
import { routesMutants } from "./routes.ts";

export const mutants: readonly Mutant[] = [
  ...domainMutants,
  ...kvMutants,
  ...engineMutants,
  ...gitMutants,
  ...processMutants,
  ...routesMutants,
  ...islandsMutants,
];
