// `deno task fuzz --runs 20000 [--seed 1]`: requests to every route of a real service, and agents that print anything. No
// answer is 500, or other than documented; the log stays whole; nothing appears outside the folders that are ours.

import fc from "fast-check";
import { join } from "@std/path";
import { readOptions } from "../support/options.ts";
import { openStore } from "../../core/kv/store.ts";
import { verify } from "../../core/kv/verify.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import type { OpenApiDocument } from "../../routes/api/openapi_document.ts";
import { agentProgram } from "../support/agent_program.ts";
import { openApiCheck } from "../support/openapi_check.ts";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { type FuzzedRequest, hostileLines, requests } from "./arbitraries.ts";

export interface FuzzReport {
  requests: number;
  statuses: Record<string, number>;
  tasks: number;
  events: number;
  /** What broke a promise, with what is needed to see it again. */
  violations: string[];
}

const answerWithinMs = 20_000;
const agentsLines = 60;
const patienceMs = 10_000;
const violationsKept = 20;

/** `runs` requests, and an agent's run for each hundred of them. */
export async function fuzz({ runs, seed }: { runs: number; seed: number }): Promise<FuzzReport> {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const canary = join(folder.path, "outside");
  const outputs = join(folder.path, "outputs");
  const count = await writeOutputs(outputs, { canary, seed, count: Math.max(5, Math.floor(runs / 100)) });
  const agent = await printer(folder.path, { outputs, count });
  const before = await namesIn(folder.path);
  const besideBefore = await namesIn(join(repository.path, ".."));
  const report: FuzzReport = { requests: 0, statuses: {}, tasks: 0, events: 0, violations: [] };
  const blame = (what: string) => void (report.violations.length < violationsKept && report.violations.push(what));
  let data: string;
  {
    await using service = await startService({
      repo: repository.path,
      data: folder.path,
      env: { ...agent, CODER_MAX_CONCURRENT: "3", CODER_STALL_SECONDS: "30" },
    });
    data = service.data;
    const document: OpenApiDocument = await (await service.call("/api/openapi.json")).json();
    const check = openApiCheck(document);
    for (const request of fc.sample(requests(document, canary), { seed, numRuns: runs })) {
      await send(service, request, { check, report, blame });
    }
    await letFinish(service);
    // These are left alone, so that the agents say all they have to say.
    for (let n = 0; n < count; n++) {
      await service.createTask({ prompt: `Say anything ${n}`, mode: n % 5 === 0 ? "plan" : "execute" });
    }
    await letFinish(service, { patient: true });
    report.tasks = (await service.health().then(({ tasks }) => Object.values(tasks))).reduce((sum, n) => sum + n, 0);
    for (let id = 1; id <= report.tasks; id++) {
      const read: FuzzedRequest = {
        method: "GET",
        path: `/api/tasks/${id}/events`,
        headers: { accept: "application/x-ndjson" },
        body: null,
      };
      await send(service, read, { check, report, blame });
      for (const path of ["", "/why", "/export", "/diff", "/log"]) {
        await send(service, { ...read, path: `/api/tasks/${id}${path}`, headers: {} }, { check, report, blame });
      }
    }
    for (const line of service.output.split("\n")) {
      if (/ failed: |Uncaught|panicked/.test(line)) blame(`The log says: ${line}`);
    }
    if (await service.stop() !== 0) blame("The service did not stop cleanly");
  }
  const store = await openStore(join(data, "coder.db"), { clock: systemClock, random: systemRandom });
  try {
    const { events, differences } = await verify(store.kv);
    report.events = events;
    for (const { task, what } of differences) blame(`verify: task ${task}: ${what}`);
  } finally {
    store.close();
  }
  const expected = new Set([...before, "data"]);
  for (const name of await namesIn(folder.path)) if (!expected.has(name)) blame(`A file outside: ${name}`);
  const beside = new Set([...besideBefore, "repo-worktrees"]);
  for (const name of await namesIn(join(repository.path, ".."))) {
    if (!beside.has(name)) blame(`A file outside: ${name}`);
  }
  return report;
}

interface Sending {
  check: ReturnType<typeof openApiCheck>;
  report: FuzzReport;
  blame(what: string): void;
}

async function send(service: TestService, request: FuzzedRequest, { check, report, blame }: Sending): Promise<void> {
  report.requests++;
  const { method, path, headers, body } = request;
  const gone = new AbortController();
  const timer = setTimeout(() => gone.abort(), answerWithinMs);
  const shown = JSON.stringify(request).slice(0, 1_500);
  try {
    const response = await service.call(path, { method, headers, body, redirect: "manual", signal: gone.signal });
    report.statuses[response.status] = (report.statuses[response.status] ?? 0) + 1;
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      await check.check({ method, path }, new Response(null, response)).catch((error) =>
        blame(`${error.message}: ${shown}`)
      );
      await response.body?.cancel();
      return;
    }
    const bytes = await response.bytes();
    const whole = new Response([204, 303, 304].includes(response.status) ? null : bytes, response);
    if (response.status >= 500) {
      blame(`${response.status} ${new TextDecoder().decode(bytes.subarray(0, 300))}: ${shown}`);
    }
    await check.check({ method, path }, whole).catch((error) => blame(`${error.message}: ${shown}`));
  } catch (error) {
    blame(`${error}: ${shown}`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What is not over is cancelled; if `patient`, what runs by itself gets its time before. An agent may well say that the API is
 * overloaded, which pauses the queue: then nobody waits.
 */
async function letFinish(service: TestService, { patient = false } = {}): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  await eventually(async () => {
    const board = await (await service.call("/api/board")).json();
    const open: { id: number; status: string }[] = [...board.queue, ...board.running, ...board.needs_you]
      .filter(({ status }) => !["completed", "failed", "cancelled"].includes(status));
    const waits = patient && performance.now() < endsAt && (await service.health()).pause === null;
    const toCancel = waits ? open.filter(({ status }) => status === "awaiting_approval") : open;
    for (const { id } of toCancel) {
      await (await service.call(`/api/tasks/${id}/cancel`, { method: "POST" })).body?.cancel();
    }
    return open.length === 0;
  }, { timeoutMs: 120_000, what: "all tasks are over" });
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

/** Writes what the agents will say; returns how many files there are. */
async function writeOutputs(
  folder: string,
  { canary, seed, count }: { canary: string; seed: number; count: number },
): Promise<number> {
  await Deno.mkdir(folder);
  const fixtures = new URL("../fixtures/claude_stream/", import.meta.url);
  const recorded: string[] = [];
  for (const name of ["edit.ndjson", "many.ndjson", "plan-approval.ndjson", "overloaded.ndjson", "unicode.ndjson"]) {
    const lines = (await Deno.readTextFile(new URL(name, fixtures))).split("\n").filter((line) => line !== "");
    recorded.push(...lines.slice(0, 40));
  }
  const lines = fc.array(hostileLines(recorded, canary), { maxLength: agentsLines });
  const newline = new Uint8Array([10]);
  for (const [index, output] of fc.sample(lines, { seed, numRuns: count }).entries()) {
    const file = await Deno.open(join(folder, String(index)), { write: true, create: true });
    await new Blob(output.flatMap((line) => [line as Uint8Array<ArrayBuffer>, newline])).stream().pipeTo(file.writable);
  }
  return count;
}

/** A stand-in for claude that calls a tool (else three such agents would pause the queue), prints one of the outputs, and ends well or badly, by turns. */
async function printer(
  folder: string,
  { outputs, count }: { outputs: string; count: number },
): Promise<Record<string, string>> {
  return await agentProgram(
    folder,
    `#!/bin/sh
if [ "$1" = --version ]; then echo "9.9.9 (Printer)"; exit 0; fi
IFS= read -r prompt
n=$(( $$ % ${count} ))
echo "$n" > work.txt
echo '{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]}}'
cat '${outputs}'/$n
[ $(( $$ % 3 )) -ne 0 ] || exit 1
echo '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s","total_cost_usd":0,"usage":{}}'
`,
  );
}

if (import.meta.main) {
  const values = readOptions({
    runs: { type: "string", default: "5000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  });
  const runs = Number(values.runs);
  const seed = Number(values.seed);
  const startedAt = performance.now();
  const report = await fuzz({ runs, seed });
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const violation of report.violations) console.error(`${violation}\n`);
  const statuses = Object.entries(report.statuses).map(([status, count]) => `${status}: ${count}`).join(", ");
  console.log(`seed ${seed}: ${report.requests} requests in ${seconds.toFixed(1)} s (${statuses})`);
  console.log(`${report.tasks} tasks, ${report.events} events, ${report.violations.length} violations`);
  Deno.exit(report.violations.length > 0 ? 1 : 0);
}
