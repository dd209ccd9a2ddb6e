// The launcher's part while the service runs: hands the secrets over, passes signals on, and ends as the service does.

import { handOver } from "../process/hand_over.ts";
import { descriptorLimit } from "./descriptors.ts";
import { newEndpointsCode } from "./kv_endpoints.ts";
import { isUnbroken, launchedVariable, launcherChain } from "./launcher_chain.ts";

const launcherLookMs = 1_000;
/** The signals that mean "stop", and the code a shell reports for a program that died of one. */
const signalNumbers: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/**
 * Runs deno with `args` in a process of its own, and exits with its code. A service that may not call what its server hands out
 * begins again with what `renew` resolves with, unless that is null.
 */
export async function supervise({ args, env, secrets, renew = () => Promise.resolve(null) }: {
  args: string[];
  env: Record<string, string>;
  secrets: Record<string, string>;
  renew?: () => Promise<string[] | null>;
}): Promise<never> {
  let child: Deno.ChildProcess | null = await start(args, { env, secrets });
  const pass = (signal: Deno.Signal) => {
    if (child === null) Deno.exit(codeOf(signal));
    try {
      child.kill(signal);
    } catch { /* it has ended, and so will we */ }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, () => pass(signal));
  const chain = await launcherChain(Deno.pid);
  if (chain.length > 1) {
    const timer = setInterval(async () => {
      if (await isUnbroken(chain)) return;
      clearInterval(timer);
      pass("SIGTERM");
    }, launcherLookMs);
  }
  for (;;) {
    const { code, signal } = await child.status;
    child = null;
    const next = code === newEndpointsCode ? await renew() : null;
    if (next === null) Deno.exit(signal === null ? code : codeOf(signal));
    child = await start(next, { env, secrets });
  }
}

async function start(
  args: string[],
  { env, secrets }: { env: Record<string, string>; secrets: Record<string, string> },
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: { ...env, [launchedVariable]: "1" },
    clearEnv: true,
    // Held open while we live: its end is how the service knows of ours.
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  await handOver(child.stdin, { secrets, descriptors: await descriptorLimit() }).catch(() => {/* its end says why */});
  return child;
}

function codeOf(signal: Deno.Signal): number {
  return 128 + (signalNumbers[signal] ?? 0);
}
