// `deno task mutate`: takes guards out one by one (tests/mutants/), in a copy of the tree, and runs the tests that should see it. Says for
// each which test saw it and how long that took. Fails when one lives, when the list is older than a file, and when tests
// do not pass while all guards are there.
//
//   deno task mutate                     all of them
//   deno task mutate --only worktree     those with that word in their name, file or tests

import { dirname, join } from "@std/path";
import { readOptions } from "./support/options.ts";
import { mutants } from "./mutants/all.ts";
import { breakGuard, type Mutant } from "./mutants/mutant.ts";
import { depthVariable } from "./support/runs.ts";

/** A guard without which something never ends is seen, too. */
const longestMs = 180_000;

interface Outcome {
  isSeen: boolean;
  /** The first test that failed, or why there is none. */
  by: string;
  seconds: number;
}

const values = readOptions({ only: { type: "string", default: "" } });
const chosen = mutants.filter((one) => `${one.name} ${one.file} ${one.tests.join(" ")}`.includes(values.only));
const folder = await Deno.makeTempDir({ prefix: "personal-coder-mutants-" });
try {
  await copyTree(folder);
  const whole = new Map<string, Outcome>();
  let failed = 0;
  for (const mutant of chosen) {
    const tests = mutant.tests.join(" ");
    if (!whole.has(tests)) whole.set(tests, await runTests(mutant.tests));
    const outcome = whole.get(tests)!.isSeen ? null : await tryMutant(mutant);
    if (!outcome?.isSeen) failed++;
    const verdict = outcome === null ? "UNKNOWN" : outcome.isSeen ? "seen" : "LIVES";
    const { by, seconds } = outcome ?? { ...whole.get(tests)!, by: `with all guards: ${whole.get(tests)!.by}` };
    console.log(`${verdict.padEnd(8)}${seconds.toFixed(1).padStart(6)} s  ${mutant.name} (${mutant.file}): ${by}`);
  }
  console.log(`\n${chosen.length - failed} of ${chosen.length} were seen`);
  Deno.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** What git knows of the tree and what is new in it, as it lies there. */
async function copyTree(to: string): Promise<void> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  }).output();
  for (const file of new TextDecoder().decode(stdout).split("\0").filter((name) => name !== "")) {
    await Deno.mkdir(dirname(join(to, file)), { recursive: true });
    await Deno.copyFile(file, join(to, file)).catch((error) => {
      // Deleted, and not committed yet.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

async function tryMutant(mutant: Mutant): Promise<Outcome> {
  const path = join(folder, mutant.file);
  const content = await Deno.readTextFile(path);
  try {
    await Deno.writeTextFile(path, breakGuard(content, mutant));
    return await runTests(mutant.tests);
  } catch (error) {
    return { isSeen: false, by: String(error), seconds: 0 };
  } finally {
    await Deno.writeTextFile(path, content);
  }
}

async function runTests(tests: string[]): Promise<Outcome> {
  const startedAt = performance.now();
  const timeout = AbortSignal.timeout(longestMs);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--lock=tests/deno.lock", "--no-check", "--fail-fast", ...tests],
    cwd: folder,
    env: { NO_COLOR: "1", [depthVariable]: "0.1" },
    stdin: "null",
    stderr: "null",
    signal: timeout,
  }).output();
  const seconds = (performance.now() - startedAt) / 1_000;
  const text = new TextDecoder().decode(stdout);
  const test = /^(.+) \.\.\. FAILED/m.exec(text)?.[1];
  const by = success ? "every test passed" : timeout.aborted ? `no end within ${longestMs / 1_000} s` : test;
  return { isSeen: !success, by: by ?? (text.trim().split("\n").at(-1) || "the tests could not be run"), seconds };
}
