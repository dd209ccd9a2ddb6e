// A service that is killed or stopped cannot end its agents: they end nevertheless, before anybody else may work on their
// tasks, and without a new start.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { leaseTimes } from "../../core/engine/dispatch/worker_watch.ts";
import { processTable } from "../../core/process/process_table.ts";
import { ofType } from "../e2e/world.ts";
import { agentProgram } from "../support/agent_program.ts";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { watcherOf } from "../support/watcher.ts";
import { signal } from "./processes.ts";

/** A fake agent that minds no TERM, with a child that has neither its session nor its environment. */
const program = `#!/bin/bash
if [ "$1" = --version ]; then echo "0.0.0-fake (a fake agent of the tests)"; exit; fi
trap '' TERM INT
printf '{"type":"system","subtype":"init","session_id":"s","model":"fake","claude_code_version":"fake"}\\n'
env -i setsid -f bash -c 'trap "" TERM; while :; do sleep 1000; done'
printf '{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]}}\\n'
while :; do sleep 1000; done
`;

interface World extends AsyncDisposable {
  service: TestService;
  /** Of the service itself. */
  pid: number;
  watcher: number;
  /** Everything below it but the watcher. */
  agents: number[];
}

/** A service with a running task 1. */
async function world({ limited = false, env = {} }: { limited?: boolean; env?: Record<string, string> } = {}) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir());
  const repository = stack.use(await tempRepository());
  const agent = await agentProgram(folder.path, program);
  // A shared store makes no folder.
  await Deno.mkdir(join(folder.path, "data"));
  const options = { repo: repository.path, data: folder.path, limited, env: { ...agent, ...env } };
  const service = stack.use(await startService(options));
  const pid = limited ? (await below(service.pid)).find((one) => /main\.ts/.test(commandOf(one)))! : service.pid;
  await service.createTask({ prompt: "Go on and on" });
  await service.waitFor(1, (_, { type }) => type === "output.tool_use");
  const all = await below(pid);
  const watcher = await watcherOf(pid);
  const agents = all.filter((one) => one !== watcher);
  assert(watcher !== null && agents.length >= 4, `${all.map(commandOf)}`);
  stack.defer(() => agents.forEach((one) => signal(one, "SIGKILL")));
  return { service, pid, watcher, agents, [Symbol.asyncDispose]: () => stack.disposeAsync() } satisfies World;
}

async function below(pid: number): Promise<number[]> {
  const children = Map.groupBy(await processTable(), ({ parent }) => parent);
  const found: number[] = [pid];
  for (const one of found) found.push(...(children.get(one) ?? []).map(({ pid }) => pid));
  return found.slice(1);
}

function commandOf(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

/** Resolves with how long it took, in ms. */
async function gone(pids: number[], timeoutMs: number): Promise<number> {
  const startedAt = performance.now();
  await eventually(async () => {
    const living = (await processTable()).filter(({ isZombie }) => !isZombie);
    return !living.some(({ pid }) => pids.includes(pid));
  }, { timeoutMs, what: "none of them is alive" });
  return performance.now() - startedAt;
}

for (const limited of [false, true]) {
  Deno.test(`kill -9 of the service ${limited ? "under limited permissions " : ""}is the end of its agents`, async () => {
    await using first = await world({ limited });
    await using other = await world();
    signal(first.pid, "SIGKILL");
    await gone([...first.agents, first.watcher], 10_000);
    assertEquals((await other.service.task(1)).status, "in_progress");
    assertEquals((await below(other.pid)).filter((pid) => other.agents.includes(pid)), other.agents);
    assertEquals(await other.service.stop(), 0);
    await gone([other.watcher], 5_000);
  });
}

Deno.test("SIGSTOP of a service on a shared store is the end of its agents before others may take over; it begins anew", async () => {
  await using stopped = await world({ env: { PERSONAL_CODER_TEST_SHARE: "1" } });
  const { service, agents } = stopped;
  signal(service.pid, "SIGSTOP");
  const ms = await gone(agents, leaseTimes.deadMs);
  assert(ms > leaseTimes.stopMs - leaseTimes.beatMs, `after ${ms} ms`);
  signal(service.pid, "SIGCONT");
  await service.waitFor(1, (_, event) => event.type === "output.tool_use" && event.run === 2);
  const ends = ofType(await service.events(1), "run.finished");
  assertEquals(ends.map(({ data }) => [data.outcome, data.error]), [["lost", "The lease could not be kept"]]);
});
