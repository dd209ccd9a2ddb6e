// Whether this machine can confine anything, and tests that are skipped, with the reason said, where it cannot.

import { join } from "@std/path";

const needed = ["bwrap", "socat", "rg", "perl"];
const missing = needed.filter((name) => programPath(name) === null);
/** Why nothing about sandboxes can be tried on this machine; null: it can. */
export const hindrance = Deno.build.os !== "linux"
  ? "only Linux has what it takes"
  : missing.length > 0
  ? `not installed: ${missing.join(", ")}`
  : null;
if (hindrance) console.log(`skipped: ${hindrance}`);

/** A test that needs a sandbox; where there can be none it is reported as ignored, with the reason said above. */
export function sandboxTest(name: string, fn: (context: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name, ignore: hindrance !== null, fn });
}

export function programPath(name: string): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(join(folder, name)).isFile) return join(folder, name);
    } catch { /* not here */ }
  }
  return null;
}
