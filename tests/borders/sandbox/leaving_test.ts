// Nothing that an agent starts outlives its run, however the run, the service or the sandbox ends, and whatever it does not to
// be found: inside there are no marks to remove and no parents to lose.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { SandboxLevel } from "../../../core/domain/sandbox.ts";
import { startService } from "../../support/service.ts";
import { eventually } from "../../support/temp.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { confinedLevels, type SandboxWorld, sandboxWorld } from "./world.ts";

/** Every usual way to leave one's family, with an empty environment; `sleep` is asked for a time that says whose it is. */
const leavers = (seconds: string) => `
env -i setsid -f sleep ${seconds} > /dev/null 2>&1
(env -i setsid sleep ${seconds} > /dev/null 2>&1 &)
env -i nohup setsid sleep ${seconds} > /dev/null 2>&1 &
( ( (env -i setsid -f setsid -f sh -c 'trap "" TERM; sleep ${seconds}; true' > /dev/null 2>&1 &) & ) & )
`;
const leaverCount = 4;
const untilReady = `touch ready; sleep 600`;

interface LeavingWorld extends SandboxWorld {
  /** Pids of what the agent left. */
  left(): number[];
  /** Pids of all that is around its sandbox: by the data folder in their command line. */
  around(): number[];
  /** A run that has left everything and goes on, for the test to end. */
  started(): Promise<number>;
}

/** `stays`: the agent does not end by itself. */
async function leavingWorld(level: SandboxLevel, { stays }: { stays: boolean }): Promise<LeavingWorld> {
  // Of the test's own, and no time that anybody else waits.
  const seconds = `9${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const world = await sandboxWorld({ level, agent: `${leavers(seconds)}\n${stays ? untilReady : ""}` });
  const left = () => processes((words) => words[0] === "sleep" && words[1] === seconds);
  return {
    ...world,
    left,
    around: () => processes((words) => words.some((word) => word.includes(join(world.service.data, "sandbox")))),
    async started() {
      const { id } = await world.service.createTask({ prompt: "Stay" });
      await world.service.waitFor(id, (_, { type }) => type === "agent.ready");
      await eventually(() => left().length === leaverCount, { what: "all have left", timeoutMs: 30_000 });
      return id;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

function processes(fits: (words: string[]) => boolean): number[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter((pid) =>
    pid > 0 && fits(commandLine(pid).split("\0"))
  );
}

/** What belongs to a sandbox and to nobody else. */
function assertNothingLeft({ left, around, service }: LeavingWorld): void {
  assertEquals([left(), around()], [[], []]);
  assertEquals(Array.from(Deno.readDirSync(join(service.data, "sandbox")), ({ name }) => name), []);
}

for (const level of confinedLevels) {
  sandboxTest(`${level}: nothing lives after the run`, async () => {
    await using world = await leavingWorld(level, { stays: false });
    const { id } = await world.service.createTask({ prompt: "Leave" });
    await world.service.waitForStatus(id, "completed");
    assertNothingLeft(world);
  });

  sandboxTest(`${level}: nothing lives after a cancel`, async () => {
    await using world = await leavingWorld(level, { stays: true });
    const id = await world.started();
    await world.service.command(id, "cancel");
    await world.service.waitForStatus(id, "cancelled");
    assertNothingLeft(world);
  });

  sandboxTest(
    `${level}: when the service is killed all of it ends by itself; the next start leaves no trace`,
    async () => {
      await using world = await leavingWorld(level, { stays: true });
      const id = await world.started();
      assert(world.around().length > 0);
      await world.service.kill();
      await eventually(() => world.left().length === 0 && world.around().length === 0, {
        what: "all have ended",
      });
      await using service = await startService(world.options);
      await service.waitFor(id, (_, { type }, events) => type === "agent.ready" && count(events, "agent.ready") === 2);
      await service.command(id, "cancel");
      await service.waitForStatus(id, "cancelled");
      assertNothingLeft({ ...world, service });
    },
  );

  sandboxTest(`${level}: a cancel ends a sandbox whose outer program is stopped`, async () => {
    await using world = await leavingWorld(level, { stays: true });
    const id = await world.started();
    for (const pid of outerOf(world)) Deno.kill(pid, "SIGSTOP");
    await world.service.command(id, "cancel");
    await world.service.waitForStatus(id, "cancelled");
    assertNothingLeft(world);
  });

  sandboxTest(`${level}: the run fails in words when its sandbox is killed`, async () => {
    await using world = await leavingWorld(level, { stays: true });
    const id = await world.started();
    for (const pid of outerOf(world)) Deno.kill(pid, "SIGKILL");
    const task = await world.service.waitForStatus(id, "failed");
    assertMatch(task.error!, /sandbox/i);
    assertNothingLeft(world);
  });
}

/** Empty when it has ended. */
function commandLine(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`);
  } catch {
    return "";
  }
}

/** srt_process.ts. */
function outerOf({ around }: LeavingWorld): number[] {
  const found = around().filter((pid) => commandLine(pid).includes("srt_process.ts\0"));
  assertEquals(found.length, 1);
  return found;
}

function count(events: { type: string }[], type: string): number {
  return events.filter((event) => event.type === type).length;
}
