// `deno task test`: the checks of `deno task ok` and every test, with one verdict. What it prints last is
// `N passed, N failed`, alone on its line; a check that does not pass counts as one failure, and so does a test run that
// ends without its own summary. Arguments go to `deno test` instead of `tests/` and then only the tests run.

import { chromiumProgram } from "./support/browser.ts";
import { claudeProgram } from "./support/claude_program.ts";

interface Totals {
  passed: number;
  failed: number;
}

/** The places that hold sources; while one is not there yet, or empty, `deno check` would refuse it. */
const sources = ["main.ts", "routes", "core", "islands", "tests", "bench"];

async function runAll(): Promise<Totals> {
  let failedChecks = 0;
  if (Deno.args.length === 0) {
    const present = [];
    for (const source of sources) if (await holdsSources(source)) present.push(source);
    for (const args of [["fmt", "--check"], ["lint"], ["check", ...present]]) {
      console.log(`\ndeno ${args.join(" ")}`);
      const { success } = await deno(args, { stdout: "inherit" }).status;
      if (!success) failedChecks++;
    }
  }

  const missing = await missingPrograms();
  const tests = await runTests(Deno.args.length > 0 ? Deno.args : ["tests/"]);
  // Said last, since the failures of the tests that need them are long.
  for (const reason of missing) console.error(`\n${reason}`);
  return { passed: tests.passed, failed: tests.failed + failedChecks + missing.length };
}

async function holdsSources(path: string): Promise<boolean> {
  try {
    if (/\.tsx?$/.test(path)) return (await Deno.stat(path)).isFile;
    for await (const entry of Deno.readDir(path)) {
      if (await holdsSources(`${path}/${entry.name}`)) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** Why the real claude or the real browser cannot be run here. Nothing is skipped for it: the tests need both. */
async function missingPrograms(): Promise<string[]> {
  const found = await Promise.allSettled([claudeProgram(), chromiumProgram()]);
  return found.flatMap((program) => program.status === "rejected" ? [String(program.reason)] : []);
}

async function runTests(args: string[]): Promise<Totals> {
  const child = deno(["test", "-A", "--sanitize-ops", "--sanitize-resources", ...args], { stdout: "piped" });
  const output = await passOn(child.stdout);
  const { success } = await child.status;
  return readTotals(output, success);
}

function deno(args: string[], { stdout }: { stdout: "inherit" | "piped" }): Deno.ChildProcess {
  // A terminal gets its colours although deno may see a pipe.
  const env = Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : undefined;
  return new Deno.Command(Deno.execPath(), { args, env, stdin: "null", stdout, stderr: "inherit" }).spawn();
}

/** Copies a stream to our stdout as it comes and returns its end. */
async function passOn(stream: Deno.ChildProcess["stdout"]): Promise<string> {
  const keptCharacters = 10_000;
  const decoder = new TextDecoder();
  let kept = "";
  for await (const chunk of stream) {
    for (let written = 0; written < chunk.length;) written += await Deno.stdout.write(chunk.subarray(written));
    kept = (kept + decoder.decode(chunk, { stream: true })).slice(-keptCharacters);
  }
  return kept;
}

/** Reads deno's summary line. The exit code has the last word: a run that failed has at least one failure. */
export function readTotals(output: string, success: boolean): Totals {
  // deno-lint-ignore no-control-regex -- terminal colours
  const lines = output.replaceAll(/\x1b\[[\d;]*m/g, "").split("\n");
  const summary = lines.map((line) => /^(?:ok|FAILED) \| (\d+) passed\b.*? \| (\d+) failed\b/.exec(line))
    .findLast((match) => match !== null);
  if (!summary) console.error("The test run ended without a summary");
  const totals = { passed: Number(summary?.[1] ?? 0), failed: Number(summary?.[2] ?? 0) };
  const incomplete = !success || !summary;
  return { passed: totals.passed, failed: incomplete ? Math.max(totals.failed, 1) : totals.failed };
}

if (import.meta.main) {
  const { passed, failed } = await runAll();
  console.log(`\n${passed} passed, ${failed} failed`);
  Deno.exit(failed > 0 ? 1 : 0);
}
