// Every way a run can end, with agents that do not want to: the whole tree is gone each time, grandchildren included that
// have a session of their own, an empty environment and no parent.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { ofType } from "../e2e/world.ts";
import { agentProgram } from "../support/agent_program.ts";
import { startService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { killUnwatched } from "../support/watcher.ts";
import { signal } from "./processes.ts";

/** A fake agent: its first message is a shell script between BEGIN and END. */
const program = `#!/bin/bash
if [ "$1" = --version ]; then echo "0.0.0-fake (a fake agent of the tests)"; exit; fi
read -r message
init() { printf '{"type":"system","subtype":"init","session_id":"s","model":"fake","claude_code_version":"fake"}\\n'; }
work() { printf '{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]}}\\n'; }
result() { printf '{"type":"result","subtype":"%s","is_error":%s,"result":"fake","usage":{},"total_cost_usd":%s}\\n' "$1" "$2" "\${3:-0}"; }
# Grandchildren: in a session of its own, without the run's mark or without a parent either, and that do not mind a TERM.
tree() {
  setsid sleep 2001 &
  setsid env -i sleep "2002.$TAG" &
  env -i setsid -f sleep "2002.$TAG"
  env -i nohup setsid -f setsid -f sleep "2002.$TAG" > /dev/null 2>&1
  (trap '' TERM; setsid sleep 2003 & sleep 2004) &
  touch planted
}
eval "$(printf '%s' "$message" | sed 's/.*"text":"BEGIN \\(.*\\) END.*/\\1/')"
`;

const cases: Record<string, {
  script: string;
  spec?: Partial<TaskSpec>;
  cancel?: boolean;
  status: TaskView["status"];
  outcome: string;
  error: RegExp | null;
}> = {
  "a cancel": {
    script: "init; work; tree; sleep 2000",
    cancel: true,
    status: "cancelled",
    outcome: "cancelled",
    error: null,
  },
  "a cancel of one that ignores TERM": {
    script: "trap '' TERM INT; init; work; tree; while :; do sleep 1; done",
    cancel: true,
    status: "cancelled",
    outcome: "cancelled",
    error: null,
  },
  "a time limit": {
    script: "init; work; tree; sleep 2000",
    spec: { timeout_seconds: 2 },
    status: "failed",
    outcome: "timed_out",
    error: /Time limit of 2 s/,
  },
  "a stall": {
    script: "tree; sleep 2000",
    status: "failed",
    outcome: "stalled",
    error: /said nothing for 5 s/,
  },
  "a budget": {
    script: "init; work; tree; result error_max_budget_usd true 1.5; sleep 2000",
    spec: { max_budget_usd: 1 },
    status: "failed",
    outcome: "over_budget",
    error: /./,
  },
  "a good result, but no exit": {
    script: "init; work; tree; result success false; sleep 2000",
    status: "completed",
    outcome: "succeeded",
    error: null,
  },
  "a good end that leaves its tree": {
    script: "init; work; tree; result success false; cat > /dev/null; exit 0",
    status: "completed",
    outcome: "succeeded",
    error: null,
  },
  "an exit without a result": {
    script: "init; work; tree; exit 0",
    status: "failed",
    outcome: "failed",
    error: /exit code 0 and no result/,
  },
  "the death of the agent alone": {
    script: "init; work; tree; kill -9 $$",
    status: "failed",
    outcome: "failed",
    error: /signal SIGKILL and no result/,
  },
};

/** Pids of the grandchildren without a mark, which only their arguments tell. */
async function unmarked(tag: string): Promise<number[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["axww", "-o", "pid=,stat=,args="], stdin: "null" }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  return lines.filter((line) => new RegExp(`^ *\\d+ +[^Z ]\\S* +sleep 2002\\.${tag}$`).test(line)).map((line) =>
    parseInt(line)
  );
}

/** A repository, the fake agent and a tag for what it leaves, of which nothing is left at the end. */
async function hidingWorld() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir());
  const repository = stack.use(await tempRepository());
  const agent = await agentProgram(folder.path, program);
  const tag = String(Math.floor(Math.random() * 1e9));
  stack.defer(async () => (await unmarked(tag)).forEach((pid) => signal(pid, "SIGKILL")));
  return {
    tag,
    options: {
      repo: repository.path,
      data: folder.path,
      env: { ...agent, TAG: tag, CODER_STALL_SECONDS: "5", CODER_MAX_CONCURRENT: "10" },
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("whatever ends a run ends its whole tree, and so do a soft stop and a second signal", async () => {
  await using world = await hidingWorld();
  const { tag, options } = world;
  await using service = await startService(options);
  const create = (title: string, script: string, spec: Partial<TaskSpec> = {}) =>
    service.createTask({ title, prompt: `BEGIN ${script} END`, ...spec });
  await Promise.all(
    Object.entries(cases).map(async ([name, { script, spec, cancel, status, outcome, error }]) => {
      const { id } = await create(name, script, spec);
      const running = await service.waitFor(id, (_, { type }) => type === "run.started");
      await eventually(() => Deno.stat(join(running.worktree!, "planted")).catch(() => null), {
        what: `${name}: planted`,
      });
      if (cancel) await service.command(id, "cancel");
      const task = await service.waitForStatus(id, status);
      assertEquals(task.outcome, outcome, name);
      if (error) assertMatch(task.error!, error, name);
      else assertEquals(task.error, null, name);
    }),
  );
  assertEquals([await service.descendants(), await unmarked(tag)], [[], []]);

  for (const name of ["soft", "stubborn"]) await create(name, "trap '' INT; init; work; tree; sleep 2000");
  const last = await create("very stubborn", "trap '' TERM INT; init; work; tree; while :; do sleep 1; done");
  const running = await service.waitFor(last.id, (_, { type }) => type === "output.tool_use");
  await eventually(() => Deno.stat(join(running.worktree!, "planted")).catch(() => null));
  const stoppedAt = performance.now();
  assertEquals(await service.stop(), 0);
  assert(performance.now() - stoppedAt < 20_000);
  assertEquals([await service.descendants(), await unmarked(tag)], [[], []]);

  await using again = await startService(options);
  await again.waitFor(last.id, (_, { type, run }) => type === "output.tool_use" && run === 2);
  signal(again.pid, "SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  // A later second one does not wait for anybody.
  const secondAt = performance.now();
  assertEquals(await again.stop(), 1);
  assert(performance.now() - secondAt < 2_000);
});

Deno.test("what a killed service and its watcher left running is ended by the next one, whoever its parents were", async () => {
  await using world = await hidingWorld();
  const { tag, options } = world;
  await using first = await startService(options);
  const { id } = await first.createTask({
    prompt: "BEGIN trap '' TERM; init; work; tree; while :; do sleep 1; done END",
  });
  const planted = () => eventually(async () => (await unmarked(tag)).length === 3, { what: "three are hiding" });
  await first.waitFor(id, (_, { type }) => type === "output.tool_use");
  await planted();
  await killUnwatched(first);
  assertEquals((await unmarked(tag)).length, 3);

  // The parents of these are gone, too, so that only what is below the helper is left to be found.
  const before = await unmarked(tag);
  for (const pid of await first.descendants()) if (await isAgent(pid)) signal(pid, "SIGKILL");
  await using second = await startService(options);
  await second.waitFor(id, (_, event) => event.type === "output.tool_use" && event.run === 2);
  await planted();
  assertEquals((await unmarked(tag)).filter((pid) => before.includes(pid)), []);
  const lost = ofType(await second.events(id), "run.finished")[0]!;
  assertMatch(lost.data.error!, /of its processes were still alive and were ended/);
  await second.command(id, "cancel");
  await second.waitForStatus(id, "cancelled");
  assertEquals([await second.descendants(), await unmarked(tag)], [[], []]);
});

async function isAgent(pid: number): Promise<boolean> {
  const command = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
  return /^\S*bash\0/.test(command);
}
