// What is left of the launcher while the service runs: a small program, supervise.pl, that the launcher becomes.

import { fromFileUrl } from "@std/path";
import { ConfigError } from "./config.ts";
import { executableOf } from "../process/containment.ts";
import { type HandOver, handOverLine } from "../process/hand_over.ts";
import { become } from "./become.ts";
import { descriptorLimit } from "./descriptors.ts";
import { newEndpointsCode } from "./kv_endpoints.ts";
import { launchedVariable, launcherChain } from "./launcher_chain.ts";

const program = fromFileUrl(new URL("./supervise.pl", import.meta.url));
const launcher = fromFileUrl(new URL("./launcher.ts", import.meta.url));

/**
 * Runs deno with `args` in a process of its own, and ends with its code. A service that may not call what its server hands out
 * is launched again, with what was handed over.
 */
export async function supervise({ args, env, handedOver }: {
  args: string[];
  env: Record<string, string>;
  handedOver: Omit<HandOver, "descriptors">;
}): Promise<never> {
  const perl = await executableOf("perl");
  if (perl === null) throw new ConfigError("perl is not on the PATH, and looks after the service");
  const [descriptors, [_, ...above]] = await Promise.all([descriptorLimit(), launcherChain(Deno.pid)]);
  const launchers = above.map(({ pid }) => pid).join(",");
  become(perl, ["-C0", program, launchers, String(newEndpointsCode), launcher, Deno.execPath(), ...args], {
    env: { ...env, [launchedVariable]: "1" },
    input: handOverLine({ ...handedOver, descriptors }),
  });
}
