// The program of the KV Connect server for the tests, and `deno task denokv`, which builds it into a cache folder, once, and
// prints where it is.

import { isAbsolute, join } from "@std/path";
import { cacheFolder, installOnce } from "../support/install_once.ts";

/** The version whose behaviour was measured. */
export const denokvVersion = "0.14.0";

const executable = join("bin", "denokv");

/** The program: where `DENOKV` says, in PATH, or as it was built; null where there is none. */
export const denokv = findProgram();
/** Why the tests that need it are skipped; null where it is there. CI says why it could not be built. */
export const denokvMissing = denokv !== null
  ? null
  : Deno.env.get("DENOKV_MISSING") || "denokv is not there; `deno task denokv` builds it, with cargo";
/** For the names of tests that need it. */
export const skipped = denokvMissing === null ? "" : ` (skipped: ${denokvMissing})`;

function findProgram(): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter(isAbsolute);
  const places = [Deno.env.get("DENOKV") ?? "", ...folders.map((folder) => join(folder, "denokv")), ...built()];
  return places.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}

function built(): string[] {
  try {
    return [join(cachedFolder(), executable)];
  } catch {
    return [];
  }
}

function cachedFolder(): string {
  return join(cacheFolder(), "personal-coder", `denokv-${denokvVersion}`);
}

/** Builds it, at the first call on this machine: 8 minutes of CPU. Throws with one line that says what to do. */
async function build(): Promise<string> {
  return await installOnce(cachedFolder(), {
    executable,
    async install(staging) {
      const args = ["install", "denokv", "--version", denokvVersion, "--locked", "--root", staging];
      const options = { args, stdin: "null", stdout: "inherit", stderr: "inherit" } as const;
      const { success } = await new Deno.Command("cargo", options).spawn().status.catch(noCargo);
      if (!success) throw new Error(`Cannot build denokv ${denokvVersion}: cargo says why`);
    },
  });
}

function noCargo(cause: unknown): never {
  throw new Error(
    "Cannot build denokv: cargo is not there; install Rust (rustup, or your system's package), or set DENOKV to a program",
    { cause },
  );
}

if (import.meta.main) {
  try {
    console.log(denokv ?? await build());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
