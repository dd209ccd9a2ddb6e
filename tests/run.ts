// `deno task test`: the checks, the tests of the inner loop, then every other test, with one verdict. What it prints last is
// `N passed, N failed`, alone on its line, and before it the names of what failed, wherever above; a check that does not pass
// counts as one failure, and so does a test run that ends without its own summary. Arguments go to `deno test`: then only those
// tests run, with what they need themselves.
//
// `deno task ok` (`--ok`) is the inner loop: the checks, and the tests that need deno and git alone, files at the same time
// and each property a few times.

import { depthVariable } from "./support/runs.ts";

interface Totals {
  passed: number;
  failed: number;
  /** What failed, as deno names it: with its file and line. */
  names: string[];
}

/** What the service needs is in `deno.lock`, which deno fetches whole at a first start; what tests need besides, is not. */
const lock = "--lock=tests/deno.lock";

/** Each is a run of deno of its own. */
const checks = [["fmt", "--check"], ["lint"], [
  "check",
  lock,
  "main.ts",
  "routes",
  "core",
  "islands",
  "cli",
  "tests",
  "bench",
]];

/** Tests that start neither claude nor chromium, and take seconds. All else in `tests/` is for `deno task test`. */
const innerLoop = [
  "domain",
  "view",
  "kv",
  "engine",
  "process",
  "routes",
  "islands",
  "cli",
  "host",
  "mutants",
  "floors_test.ts",
  "docs_test.ts",
]
  .map((name) => `tests/${name}`);

/**
 * Of these, files that take seconds each (real git on thousands of files, real processes, bounds of time), and those that change
 * the environment, which is one for all files that run at the same time: not for `ok`.
 */
const slow = [
  "engine/exchange/give_work_test.ts",
  "engine/run/archive_worktree_test.ts",
  "engine/run/git_folder_test.ts",
  "engine/service/history_test.ts",
  "engine/upkeep/retention_test.ts",
  "engine/upkeep/worktree_review_test.ts",
  "host/ensure_islands_test.ts",
  "host/launcher_chain_test.ts",
  "host/supervise_test.ts",
  "islands/code/highlight_worker_test.ts",
  "islands/parts/markdown_reader_test.ts",
  "kv/event_record_test.ts",
  "kv/group_commit_limits_test.ts",
  "kv/head_index_test.ts",
  "kv/restore_test.ts",
  "process/claude/claude_test.ts",
  "process/containment_test.ts",
  "process/demo/demo_test.ts",
  "process/gh_test.ts",
  "process/git/compared_test.ts",
  "process/git/configuration_copies_test.ts",
  "process/git/diff_files_test.ts",
  "process/git/exchange_test.ts",
  "process/git/exclusions_test.ts",
  "process/git/file_at_test.ts",
  "process/git/folder_at_test.ts",
  "process/git/folder_guard_test.ts",
  "process/git/folder_records_test.ts",
  "process/git/folder_restore_test.ts",
  "process/git/folder_runs_test.ts",
  "process/git/git_refs_test.ts",
  "process/git/git_test.ts",
  "process/git/git_worktrees_test.ts",
  "process/git/landing/checked_out_test.ts",
  "process/git/landing/integrate_test.ts",
  "process/git/landing/killed_test.ts",
  "process/git/landing/merge_into_test.ts",
  "process/git/landing/move_test.ts",
  "process/git/landing/preview_test.ts",
  "process/git/landing/rebase_test.ts",
  "process/git/nested_repositories_test.ts",
  "process/git/patch_test.ts",
  "process/git/points_test.ts",
  "process/git/push_test.ts",
  "process/git/set_aside_test.ts",
  "process/git/step_files_test.ts",
  "process/git/worktree_include_test.ts",
  "process/git/worktree_index_test.ts",
  "process/git/worktree_move_test.ts",
  "process/process_tree_test.ts",
  "process/project/step_process_test.ts",
  "process/remove_folder_test.ts",
  "process/sandbox/opened_sandbox_test.ts",
  "process/sandbox/sandboxes_test.ts",
  "process/subprocess_test.ts",
  "process/watcher_test.ts",
  "routes/api/events_test.ts",
  "routes/api/insights_test.ts",
  "routes/api/metrics_test.ts",
]
  .map((name) => `tests/${name}`);

/**
 * In a process of its own: deno cannot end a worker in the middle of a text that takes for ever, and such a worker takes its
 * core from all tests that follow.
 */
const alone = ["tests/islands/parts/markdown_reader_test.ts"];

/** The part of a property's runs that the inner loop tries. */
const innerDepth = "0.1";

async function runAll(args: string[]): Promise<Totals> {
  if (args[0] === "--ok") {
    const env = { [depthVariable]: innerDepth };
    const files = await innerFiles({ without: slow });
    // Beside the tests, and told after them.
    const [checked, tested] = await Promise.all([
      runChecks(),
      runTests(["--parallel", "--no-check", ...files], env),
    ]);
    return add(tested, reportChecks(checked));
  }
  if (args.length > 0) return await runTests(args);
  let totals = reportChecks(await runChecks());
  totals = add(totals, await runTests(["--parallel", ...await innerFiles({ without: slow })]));
  totals = add(totals, await runTests(slow.filter((path) => !alone.includes(path))));
  totals = add(totals, await runTests(alone));
  const missing = await missingPrograms();
  totals = add(totals, await runTests([`--ignore=${innerLoop.join(",")}`, "tests/"]));
  // Said last, since the failures of the tests that need them are long.
  for (const reason of missing) console.error(`\n${reason}`);
  return totals;
}

/** The files of the inner loop but some: named one by one, which leaves no doubt about what runs. */
async function innerFiles({ without }: { without: string[] }): Promise<string[]> {
  const files: string[] = [];
  async function collect(path: string): Promise<void> {
    if (path.endsWith("_test.ts")) return void (without.includes(path) || files.push(path));
    if (/\.\w+$/.test(path)) return;
    for await (const { name } of Deno.readDir(path)) await collect(`${path}/${name}`);
  }
  for (const path of innerLoop) await collect(path);
  return files;
}

function add(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, names: [...a.names, ...b.names] };
}

interface Checked {
  name: string;
  success: boolean;
  said: string;
}

async function runChecks(): Promise<Checked[]> {
  const checked: Checked[] = [];
  for (const args of checks) {
    const { success, stdout, stderr } = await deno(args, { stdout: "piped", stderr: "piped" }).output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    checked.push({ name: `deno ${args.join(" ")}`, success, said: out! + error! });
  }
  return checked;
}

/** Each check that does not pass is one failure, and says why; one that passes is no test and counts as nothing. */
function reportChecks(checked: Checked[]): Totals {
  for (const { name, success, said } of checked) console.log(`\n${name}${success ? "" : `\n${said.trimEnd()}`}`);
  const names = checked.filter(({ success }) => !success).map(({ name }) => name);
  return { passed: 0, failed: names.length, names };
}

/** What cannot be run here, and why: without the real claude or browser tests fail, without a KV Connect server they are skipped. */
async function missingPrograms(): Promise<string[]> {
  const [{ claudeProgram }, { chromiumProgram }, { denokvMissing }] = await Promise.all([
    import("./support/claude_program.ts"),
    import("./support/browser.ts"),
    import("./cluster/denokv_program.ts"),
  ]);
  const found = await Promise.allSettled([claudeProgram(), chromiumProgram()]);
  return [
    ...found.flatMap((program) => program.status === "rejected" ? [String(program.reason)] : []),
    ...(denokvMissing === null ? [] : [`The tests of several machines were skipped: ${denokvMissing}`]),
  ];
}

async function runTests(args: string[], env: Record<string, string> = {}): Promise<Totals> {
  const child = deno(["test", "-A", lock, "--sanitize-ops", "--sanitize-resources", ...args], { stdout: "piped", env });
  const output = await passOn(child.stdout);
  const { success } = await child.status;
  return readTotals(output, success);
}

function deno(
  args: string[],
  { stdout, stderr = "inherit", env }: {
    stdout: "inherit" | "piped";
    stderr?: "inherit" | "piped";
    env?: Record<string, string>;
  },
): Deno.ChildProcess {
  // A terminal gets its colours although deno may see a pipe.
  const colours: Record<string, string> = Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : {};
  const options = { args, env: { ...colours, ...env }, stdin: "null", stdout, stderr } as const;
  return new Deno.Command(Deno.execPath(), options).spawn();
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
  const [passed, counted] = [Number(summary?.[1] ?? 0), Number(summary?.[2] ?? 0)];
  const failed = !success || !summary ? Math.max(counted, 1) : counted;
  const list = lines.findLastIndex((line) => line.trim() === "FAILURES");
  const names = list < 0 ? [] : lines.slice(list + 1).filter((line) => / => |\(uncaught error\)$/.test(line));
  if (failed > 0 && names.length === 0) names.push("a test run that did not end as it should");
  return { passed, failed, names };
}

if (import.meta.main) {
  const { passed, failed, names } = await runAll(Deno.args);
  if (names.length > 0) console.log(`\nFailed:\n${names.join("\n")}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  Deno.exit(failed > 0 ? 1 : 0);
}
